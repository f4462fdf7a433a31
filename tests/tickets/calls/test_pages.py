"""The hotline's pages: how it is answered, what was left on the voice mail, and the form. Source: Y08, K09"""

import re
from datetime import timedelta

import pytest

from tests.clocks import clock_at
from tickets.console.calls import figures, listing
from tickets.console.guard import Reader
from tickets.models import Call, Ticket
from tickets.models.calls import SOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(hotline, client, world, django_assert_max_num_queries):
    """Have five calls told of on one day, and return a function that reads a page of the console."""
    with clock_at("2026-09-28 09:05"):
        for name in ("ringing", "leg-answered", "completed"):
            hotline(f"twilio/{name}.txt")
        hotline("tencent/cdr.json", change=("17905572", "17905573"))
        hotline("huawei-cec/release.json")
        hotline("twilio/no-answer.txt", change=("CA1111", "CA9999"))
        hotline("twilio/recording.txt", change=("CallSid=CA1111", "TranscriptionText=call+me&CallSid=CA9999"))

        def page(path, user=world.agent, **posted):
            client.force_login(user)
            with django_assert_max_num_queries(40):
                answer = client.post(path, posted) if posted else client.get(path)
            return answer.content.decode()

        yield page


def test_how_the_hotline_is_answered_is_shown_by_day_and_to_leads_by_agent__Y08_K09(told, world):
    reader = Reader(world.agent, Call.objects.latest("rang_at").rang_at + timedelta(minutes=4))
    today = figures.today(reader)
    assert (today.calls, today.answered, today.missed, today.asked_us) == (4, 3, 1, 4)
    waits = [call.answered_at - call.rang_at for call in Call.objects.exclude(answered_at=None)]
    assert today.soon == len([wait for wait in waits if wait <= SOON])
    assert (today.wait, today.lost) == (sum(waits, timedelta()) / 3, "25%")
    days = figures.by_day(reader)
    assert [one.calls for one in days] == [4]
    assert figures.by_agent(reader) == []
    lead = told("/console/calls/figures/", world.lead)
    assert "谁接的" in lead
    assert "25%" in told("/console/calls/")
    world.expert.team.vendor = "kingdee"
    theirs = Reader(world.expert, reader.at)
    assert (figures.today(theirs).calls, listing.calls_for(theirs, listing.VIEWS[0]).count()) == (0, 0)
    assert listing.calls_for(theirs, listing.VIEWS[0], "0001").count() == 4


def test_what_was_said_to_a_machine_stands_with_the_call_that_is_owed__Y08(told):
    page = told("/console/calls/backs/")
    assert "call me" in page
    assert 'href="tel:+8613800000001"' in page
    assert "听录音" in page


def test_who_looks_for_somebody_is_told_of_no_faults_and_the_number_is_theirs__K09(told, world):
    contact = world.yonsuite.contact
    page = told("/console/calls/new/", find="1", find_words="王会计", question="")
    assert (f'value="{contact.pk}"' in page, "请写下客户" in page) == (True, False)
    told("/console/calls/new/", contact=contact.pk, question="x", outcome="note", category="how_to", priority="urgent")
    assert Call.objects.latest("pk").caller == contact.phone


def test_a_call_goes_to_any_ticket_that_is_named_and_is_found_by_four_digits__Y18(told, world):
    call = Call.objects.filter(state="ended", contact=world.yonsuite.contact).first()
    ticket = world.open_ticket(at="2026-09-28 08:45")
    said = {"question": "催办", "outcome": "existing", "other": ticket.number.lower(), "contact": call.contact_id}
    told(f"/console/calls/{call.code}/", category="how_to", priority="urgent", seen="", **said)
    assert Ticket.objects.get(calls=call) == ticket
    assert re.search(r'name="seen" value="2026-\S+\+00:00"', told(f"/console/calls/{call.code}/"))
    assert call.code in told("/console/calls/?q=0001")
