"""Where days off come from: a data package, calendar files, tables of rows; and what taking them in would change."""
