"""Pages on paper: documents as PDF, and the charts that page, print and mail have in common. Knows no rows."""
