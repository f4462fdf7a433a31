"""Bounded amounts of what a contract gives: windows, balances, statements."""

from plans.quotas.balances import Balance, balance_of, balances_of

__all__ = ["Balance", "balance_of", "balances_of"]
