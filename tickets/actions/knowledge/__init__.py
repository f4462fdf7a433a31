"""Every write of the knowledge base: what articles say, where they stand, who read and looked for what."""
