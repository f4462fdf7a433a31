"""Many at once, and workers that die: a round is decided once, and its time deducted once."""

from decimal import Decimal

import pytest

from plans.actions.deliverables import deeming, due, object_to
from plans.models import AccountNotice, DeliverableStep, Engagement, QuotaEntry
from plans.refusals import RefusedError
from sla.clock import database_now
from tests.clocks import clock_at
from tests.hours import beijing
from tests.plans.deliverables.papers import PDF, granted, handed, last, left, paper, signed
from tests.plans.engagements.desk import asked
from tests.plans.engagements.test_races import at_once
from tests.world import World

LATE = "2026-10-14 17:30:01"


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_and_signers_at_the_deadline_one_decides_and_books__K06_K12():
    world = World()
    side = world.kingdee
    granted(side.contract, 8)
    deliverable = handed(side, world.technical_manager)
    at_once(lambda _number: due(at=beijing(LATE)), times=8)
    assert left(side.contract) == (6, 2)
    assert DeliverableStep.objects.filter(deliverable=deliverable, kind="deemed").count() == 1
    assert AccountNotice.objects.filter(kind="deliverable_deemed").count() == 1
    user, second = side.contact.user, handed(side, world.technical_manager, files=[paper(content=PDF + b"2")])

    def decide(number: int) -> object:
        if number % 3 == 0:
            return due(at=beijing(LATE))
        if number % 3 == 1:
            return signed(second, user, "2026-10-14 17:29")
        return object_to(deliverable=second, words="不对", actor=user, at=beijing("2026-10-14 17:29"))

    became = at_once(decide, times=9)
    outcome = last(second).outcome
    assert outcome in ("signed", "objected", "deemed")
    assert became.count(f"already_{outcome}") >= 5
    assert DeliverableStep.objects.filter(deliverable=second, kind__in=["signed", "objected", "deemed"]).count() == 1
    used = QuotaEntry.objects.filter(kind="consume", key__startswith=f"sign-off:{second.pk}:").count()
    assert used == (0 if outcome == "objected" else 1)
    _two_reports_of_one_engagement_deduct_its_time_once(world)
    _one_form_sent_by_many_hands_over_once(world)


def _two_reports_of_one_engagement_deduct_its_time_once(world: World) -> None:
    side, before = world.kingdee, left(world.kingdee.contract)[1]
    engagement = asked(side.contract, "critical_moment", side.contact)
    Engagement.objects.filter(pk=engagement.pk).update(state="delivered", starts_at=beijing("2026-09-28 09:00"))
    engagement.refresh_from_db()
    files = [[paper(content=PDF + bytes([number]))] for number in range(6)]
    reports = [
        handed(side, world.technical_manager, engagement=engagement, files=each, person_days=Decimal("0.5"))
        for each in files
    ]
    user = side.contact.user
    became = at_once(lambda number: signed(reports[number], user, "2026-10-09 10:00"), times=6)
    assert became == ["done"] * 6
    assert left(side.contract)[1] - before == Decimal("0.5")


def _one_form_sent_by_many_hands_over_once(world: World) -> None:
    files = [paper(content=PDF + b"5")]
    became = at_once(lambda _number: handed(world.kingdee, world.technical_manager, files=files), times=4)
    assert sorted(became) == ["done", *["handed_over_already"] * 3]


@pytest.mark.django_db
def test_a_worker_that_dies_halfway_leaves_nothing_and_the_next_one_confirms_once__K06(world: World, monkeypatch):
    side = world.kingdee
    granted(side.contract, 8)
    deliverable = handed(side, world.technical_manager)

    def die(*_said: object, **_more: object) -> None:
        raise RuntimeError("the mail row could not be written")

    with monkeypatch.context() as broken:
        broken.setattr(deeming, "inform", die)
        assert due(at=beijing(LATE)) == 1, "put off, with the error kept"
    assert left(side.contract) == (8, 0)
    assert last(deliverable).is_open
    deliverable.refresh_from_db()
    assert "could not be written" in deliverable.error
    assert due(at=beijing("2026-10-14 18:00")) == 0, "left alone for an hour"
    with clock_at("2026-10-14 19:00"):
        assert due(at=database_now()) == 1
    assert left(side.contract) == (6, 2)
    with pytest.raises(RefusedError, match="视同确认"):
        signed(deliverable, side.contact.user, "2026-10-14 19:01")
