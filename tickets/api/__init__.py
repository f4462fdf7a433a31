"""The work, for other programs: the same reads and acts as the console and the portal, by role."""
