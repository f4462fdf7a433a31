"""A contract's service reports: asked for, read as drafts, given our words, delivered, made anew, taken back."""
