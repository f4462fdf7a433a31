"""Live pages: a word that something happened, from whoever wrote it to every page that is open on it."""
