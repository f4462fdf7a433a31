"""Writes of single contacts that came by another way than a customer's list."""

from collections.abc import Sequence

from plans.models import Contact


def keep_former(*, people: Sequence[Contact]) -> list[Contact]:
    """Save people who once asked, and who may not ask any more until somebody lets them, and return them."""
    for person in people:
        person.is_active = person.is_certified = False
    return Contact.objects.bulk_create(people)
