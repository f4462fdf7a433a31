"""One small file a channel: what it sends, read into one form."""
