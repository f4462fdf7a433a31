"""Why a ticket is covered, or not: kept in both languages, told in the reader's."""

import pytest
from django.utils import translation

from tests.hours import beijing
from tests.world import World
from tickets.actions import ticket as actions
from tickets.actions.ticket import Classification
from tickets.answers import decision_of, intake_fields
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def english(world: World) -> Ticket:
    """Return a ticket of a contact who is written to in English."""
    contact = world.yonsuite.contact
    contact.language = "en"
    contact.save()
    return world.open_ticket(at="2026-09-28 09:00")


def said_in(language: str, ticket: Ticket) -> str:
    with translation.override(language):
        decision = decision_of(ticket)
        return " ".join([decision["clause"], decision["reason"], *decision["ways_on"]])


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def test_an_agent_reads_in_chinese_why_an_english_customer_is_covered__Y19(english: Ticket):
    assert "2 个工作小时内" in said_in("zh-hans", english)
    assert "within 2 working hours" in said_in("en", english)
    assert not is_chinese(said_in("en", english))


def test_the_intake_answers_in_the_customers_language_whatever_the_caller_reads__Y19(english: Ticket):
    with translation.override("zh-hans"):
        answer = intake_fields(english, [], english.opened_at)
    assert not is_chinese(answer["decision"]["reason"])


@pytest.mark.parametrize("reads", ["zh-hans", "en"])
def test_what_an_agent_insists_on_is_kept_in_both_languages__Y07(world: World, english: Ticket, reads: str):
    with translation.override(reads):
        there = actions.reclassify(
            ticket=english,
            to=Classification("normal", "customisation", english.product, "", english.contract),
            reason="它是客开",
            actor=world.agent,
            at=beijing("2026-09-28 09:30"),
            insists=True,
        )
    there.refresh_from_db()
    assert "可能另行计费" in said_in("zh-hans", there)
    assert "charged" in said_in("en", there)
    assert not is_chinese(said_in("en", there))
