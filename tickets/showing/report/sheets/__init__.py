"""The sections of a report, each a function that returns its sheet's blocks."""
