"""What a plan answers, gate by gate: each row is a promise of the documents."""

import pytest

from plans.coverage import Decision, cover
from plans.models import Contact, Product
from tests.hours import beijing

NOON = beijing("2026-03-02 11:00")


def ask(
    contact: Contact, product: str | None = None, category: str = "how_to", channel: str = "portal", **more
) -> Decision:
    """Ask the contact's own contracts about a product."""
    asked = {"contract": None, "item": None, "deployment": "", "at": NOON, **more}
    named = Product.objects.get(code=product) if product else None
    return cover(contact=contact, product=named, category=category, channel=channel, **asked)


@pytest.mark.parametrize(
    ("who", "product", "category", "channel", "outcome", "promise"),
    [
        ("ys", "yonsuite-finance", "how_to", "im", "covered", "Y07"),
        ("ys", "yonsuite-finance", "fault", "portal", "covered", "Y07"),
        ("ys", "yonsuite-finance", "requirement", "in_product", "covered", "Y07"),
        ("ys", "yonsuite-finance", "how_to", "hotline", "covered", "Y08"),
        ("ys", "yonsuite-finance", "customisation", "portal", "not_covered", "Y07"),
        ("ys", "yonsuite-finance", "third_party", "portal", "not_covered", "Y07"),
        ("ys", "yonsuite-finance", "operations", "portal", "not_covered", "Y07"),
        ("kd", "galaxy", "how_to", "portal", "covered", "K02"),
        ("kd", "galaxy", "how_to", "im", "covered", "K02"),
        ("kd", "galaxy", "data_environment", "community", "covered", "K02"),
        ("kd", "galaxy", "fault", "im", "redirected", "K03"),
        ("kd", "cosmic", "how_to", "im", "redirected", "K03"),
        ("kd", "galaxy", "how_to", "hotline", "covered", "K02"),
        ("kd", "galaxy", "customisation", "portal", "not_covered", "K02"),
        ("kd", "galaxy", "third_party", "im", "not_covered", "K02"),
        ("kd", "galaxy", "operations", "monitoring", "covered", "K04"),
        ("kd", "cosmic", "operations", "portal", "covered", "K05"),
    ],
)
def test_each_category_gets_the_answer_of_its_clause(cast, who, product, category, channel, outcome, promise):
    decision = ask(getattr(cast, who), product, category, channel)
    assert (decision.outcome, decision.promise) == (outcome, promise), decision.reason
    assert decision.is_open == (outcome != "not_covered")
    assert decision.clause.startswith("§")
    assert decision.reason
    assert bool(decision.policy) == decision.is_open
    if outcome != "covered":
        assert decision.ways_on
