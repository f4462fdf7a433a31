"""What is done with calls: heard from a switchboard, noted by who took them, called back where nobody did."""
