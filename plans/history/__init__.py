"""What a contract said on any day: its history, folded."""

from plans.history.applied import Applied, AppliedProduct, AppliedRight, as_of

__all__ = ["Applied", "AppliedProduct", "AppliedRight", "as_of"]
