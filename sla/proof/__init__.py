"""A deadline explained, proved, derived again, and judged under the rule of its time."""
