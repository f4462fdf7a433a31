"""A service report as people read it: the same sheets on the page and on paper, in the reader's language."""
