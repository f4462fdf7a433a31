"""The door by which other programs bring messages in."""
