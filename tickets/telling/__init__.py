"""Who is told what, when, and in whose words."""
