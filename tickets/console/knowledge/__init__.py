"""The console's pages of what customers look up: written, published, and what is still missing."""
