"""Rules that are not in force, run over what happened: nothing here changes a clock."""
