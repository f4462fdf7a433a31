"""A customer's own contracts: what they give, what is owed, what was delivered."""
