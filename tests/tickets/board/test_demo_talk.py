"""The demo's community reads like life."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password

from sla.clock import database_now
from tests.clocks import clock_at
from tests.world import plans
from tickets.actions.board.timing import promise_of
from tickets.demo import community, library
from tickets.demo.cast import put_in_place
from tickets.models import Post


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("wall", ["2026-11-22 03:10", "2026-11-25 15:00"])
def test_one_is_answered_one_became_a_ticket_and_one_is_due_soon__Y04_K01(wall: str):
    plans()
    with clock_at(wall):
        now = database_now()
        put_in_place(password=make_password("x"), now=now)
        library.fill(now=now)
        community.talk(now=now)
    assert Post.objects.count() == 9
    assert Post.objects.filter(official__isnull=False).count() == 2
    assert Post.objects.get(ticket__isnull=False).official is not None
    assert set(Post.objects.unanswered().values_list("vendor", flat=True)) == {"yonsuite", "kingdee"}
    for waiting in Post.objects.unanswered():
        promise = promise_of(waiting)
        assert promise is not None
        assert promise.due_at is not None
        assert timedelta() < promise.due_at - now
    assert Post.objects.filter(kind="idea").count() == 3
