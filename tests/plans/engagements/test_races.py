"""Twenty at once: an expert is booked once, a time of a quota is used once, the last place is taken once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from plans.actions.engagements import gathering as events
from plans.actions.engagements import timing
from plans.actions.quotas import lay_out
from plans.models import Attendee, Contact, Engagement
from plans.quotas.balances import balance_of
from plans.refusals import RefusedError
from tests.hours import beijing
from tests.plans.engagements.desk import asked, customer, slot, with_expert
from tests.world import World

AT, WHEN = "2026-03-03 09:00", "2026-03-20 09:00"
MANY = 20


def at_once(act: Callable[[int], object], times: int = MANY) -> list[str]:
    """Return what became of an act done by many threads at once, each on a connection of its own."""

    def one(number: int) -> str:
        try:
            act(number)
        except RefusedError as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(max_workers=times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_accept_at_once_an_expert_and_a_quota_serve_only_so_many__Y14():
    world = World()
    side = world.yonsuite
    lay_out(contract=side.contract, at=beijing("2026-01-01 09:00"))
    theirs = customer(side.contact)
    rivals = [asked(side.contract, "health_check", side.contact) for _ in range(MANY)]
    for rival in rivals:
        with_expert(rival, world.expert)
        insisting = timing.Insisting()
        timing.propose(engagement=rival, slot=slot(WHEN), actor=theirs, at=beijing(AT), insisting=insisting)
    became = at_once(
        lambda number: timing.accept(engagement=rivals[number], actor=world.success_manager, at=beijing(AT))
    )
    assert sorted(set(became)) == ["done", "expert_busy"]
    assert became.count("done") == 1
    assert Engagement.objects.filter(state=Engagement.State.AGREED).count() == 1
    _a_quota_is_used_as_often_as_there_is_of_it(world)
    _the_last_place_is_taken_once(world)


def _a_quota_is_used_as_often_as_there_is_of_it(world: World) -> None:
    contract, contact = world.yonsuite.contract, world.yonsuite.contact
    wanted = [asked(contract, "planning", contact) for _ in range(MANY)]
    for number, one in enumerate(wanted):
        when = slot(f"2026-04-{number + 1:02} 09:00")
        timing.propose(engagement=one, slot=when, actor=customer(contact), at=beijing(AT))
    became = at_once(
        lambda number: timing.accept(engagement=wanted[number], actor=world.success_manager, at=beijing(AT))
    )
    assert (became.count("done"), became.count("quota_used_up")) == (2, MANY - 2)
    balance = balance_of(contract.entitlements.get(item__service="planning"), beijing(WHEN).date())
    assert balance
    assert (balance.left, balance.reserved) == (0, 2)


def _the_last_place_is_taken_once(world: World) -> None:
    people = [
        Contact.objects.create(customer=world.kingdee.customer, name=f"学员{n}", email=f"s{n}@k.example")
        for n in range(MANY)
    ]
    event = events.publish(
        event=events.Event(
            service="vocational_certification", vendor="kingdee", title="认证", title_en="Certificate",
            slot=slot("2026-05-10 09:00"), places=3,
        ),
        actor=world.manager, at=beijing(AT),
    )  # fmt: skip
    became = at_once(
        lambda number: events.enrol(gathering=event, contact=people[number], actor=world.manager, at=beijing(AT))
    )
    assert (became.count("done"), became.count("full")) == (3, MANY - 3)
    assert Attendee.objects.filter(state=Attendee.State.ENROLLED, engagement__gathering=event).count() == 3
