"""What is handed over: what signing asks for, what it deducts, the working days that count, and what waits."""

from plans.deliverables.reading import find, still_to_hand_over, waiting_for

__all__ = ["find", "still_to_hand_over", "waiting_for"]
