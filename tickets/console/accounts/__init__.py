"""Customers by their contracts: what was agreed, what it gives, what is owed and what was delivered."""
