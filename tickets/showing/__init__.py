"""What pages and letters say of a ticket: words, strips, tables. Reads only."""
