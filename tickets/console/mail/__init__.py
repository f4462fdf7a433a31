"""Mail in the console: what became no ticket by itself, a mail as it came, and what is done about it."""
