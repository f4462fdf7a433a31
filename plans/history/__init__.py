"""What a contract said on any day: its history, folded."""
