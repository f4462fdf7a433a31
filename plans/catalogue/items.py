"""What a plan gives, with what it contains."""

from plans.models import Item, Plan


def items_of(plan: Plan) -> list[Item]:
    """Return the items of a plan and of what it includes; where both have one, the plan's own."""
    found: dict[tuple[str, str], Item] = {}
    chain: Plan | None = plan
    while chain is not None:
        for item in chain.items.all():
            found.setdefault((item.promise, item.service), item)
        chain = chain.includes
    return list(found.values())
