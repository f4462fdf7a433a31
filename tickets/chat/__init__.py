"""The chat as a customer's browser speaks with it: from a page of ours, or of a product that embeds it."""
