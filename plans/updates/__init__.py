"""Updates of products: what plans say of them, which windows lie ahead, and what a contract has to do with them."""

from plans.updates.reading import ahead

__all__ = ["ahead"]
