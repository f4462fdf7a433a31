"""What goes on by itself: each hop works off rows that an earlier one left."""
