"""A weekend of missed promises: who is told at once, who on Monday, who by the hour, and of what nobody is told."""

import re
from datetime import date, time

import pytest

from plans.models import Rota, RotaMember, User
from tests.clocks import calendar_row
from tests.stories.conftest import Walk

SATURDAY, SUNDAY, MONDAY = "2026-09-05", "2026-09-06", "2026-09-07"
CHINESE = re.compile("[\u4e00-\u9fff]")


def body_of(letter) -> str:
    return letter.get_body(preferencelist=("plain",)).get_content()


@pytest.fixture
def weekend(walk: Walk) -> Walk:
    """Return a walk in which the expert is on call, two read mail in office hours only, and one by the hour."""
    calendar_row("office")
    world = walk.world
    rota = Rota.objects.create(
        code="weekends", name="周末值班", team=world.team, starts_on=date(2026, 8, 31), hands_over_at=time(9)
    )
    RotaMember.objects.create(rota=rota, user=world.expert, place=1)
    for person, wish in (
        (world.lead, {"alert_calendar": "office"}),
        (world.technical_manager, {"alert_calendar": "office", "language": "en"}),
        (world.success_manager, {"alert_every": 60}),
        (world.expert, {"alert_calendar": "office", "alert_every": 1440}),
    ):
        User.objects.filter(pk=person.pk).update(**wish)
    return walk


def look_on(walk: Walk, day: str, first: int, last: int) -> None:
    """Let the workers look once an hour, from one hour of a day to another."""
    for hour in range(first, last):
        walk.sweep(f"{day} {hour:02d}:00:01")


def test_on_call_at_once_by_the_hour_and_on_monday_in_both_languages__C26(weekend: Walk):
    walk, world = weekend, weekend.world
    missed = walk.write_in(f"{SATURDAY} 10:00", "im", world.yonsuite)["ticket"]
    saved = walk.write_in(f"{SATURDAY} 10:05", "hotline", world.yonsuite)["ticket"]

    walk.sweep(f"{SATURDAY} 12:00:01")
    [at_once] = walk.letters_to(world.expert.email)
    assert missed in str(at_once["Subject"]), "who is on call has hours and a daily digest, and hears at once"
    assert not walk.letters_to(world.success_manager.email)

    walk.sweep(f"{SATURDAY} 12:05:01")
    look_on(walk, SATURDAY, 13, 21)
    by_the_hour = walk.letters_to(world.success_manager.email)
    assert "【超时】2 张工单" in str(by_the_hour[0]["Subject"]), "two breaches within the hour are one mail at its end"
    for person in (world.lead, world.technical_manager):
        assert not walk.letters_to(person.email), "nobody in office hours hears on Saturday"

    walk.act(f"{SUNDAY} 11:00", saved, "resolve", body="周日已处理。")
    look_on(walk, SUNDAY, 8, 21)
    walk.sweep(f"{MONDAY} 08:29:59")
    walk.sweep(f"{MONDAY} 08:30:00")
    [chinese] = walk.letters_to(world.lead.email)
    assert missed in body_of(chinese)
    assert saved not in body_of(chinese), "settled on Sunday: nobody reads of it on Monday"
    assert "按您设置的提醒时间" in body_of(chinese)

    [english] = walk.letters_to(world.technical_manager.email)
    assert english["Content-Language"] == "en"
    assert missed in str(english["Subject"])
    assert "in the hours that you have set" in body_of(english)
    words = [line for line in body_of(english).splitlines() if CHINESE.search(line)]
    assert all("月结时存货余额与总账不符" in line or "印" in line or "王会计" in line for line in words), words
