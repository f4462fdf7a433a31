"""When everything of the demo's tickets happened: laid out backwards from the moment of seeding, on working days."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla.calendar import Calendar
from tickets.demo.script import Opened, Story, Turn

BEIJING = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
# A ticket younger than this never moves to a later day: it might not be over by now.
SETTLED = timedelta(days=14)
# What others than our people do; they may do it on a closed day.
OUTSIDERS = ("bot", "customer", "reopen")


@dataclass(frozen=True, slots=True)
class Scene:
    """Something of a story that happened at an instant; `turn` None is the opening, `until` ends a wait."""

    at: datetime
    story: Story
    turn: Turn | None = None
    until: datetime | None = None


def scenes(story: Story, *, calendar: Calendar, now: datetime) -> list[Scene]:
    """Return what has happened of a story by `now`; what our people do on a closed day moves to the next open one."""
    at = opening(story.opened, calendar=calendar, now=now)
    found = [Scene(at, story)]
    for turn in story.turns:
        at += turn.after
        if story.opened.days and turn.do not in OUTSIDERS:
            at = on_open_day(at, calendar)
        days = turn.fields.get("until_days")
        found.append(Scene(at, story, turn, on_open_day(at + days * DAY, calendar) if days else None))
    return [scene for scene in found if scene.at < now]


def opening(opened: Opened, *, calendar: Calendar, now: datetime) -> datetime:
    """Return the instant at which a story begins; a closed day becomes the open day nearest to it."""
    if not opened.days:
        return now - timedelta(minutes=opened.minutes)
    day = now.astimezone(BEIJING).date() - opened.days * DAY
    wall = datetime.combine(day, time.fromisoformat(opened.time), BEIJING)
    return nearest_open_day(wall, calendar=calendar, no_later_than=now - SETTLED)


def nearest_open_day(at: datetime, *, calendar: Calendar, no_later_than: datetime) -> datetime:
    """Return the same wall time on the nearest day with opening hours; the earlier one of two."""
    for distance in range(400):
        for moved in (at - distance * DAY, at + distance * DAY):
            if is_open_day(moved, calendar) and moved <= max(at, no_later_than):
                return moved
    return at


def on_open_day(at: datetime, calendar: Calendar) -> datetime:
    """Return the same wall time on this day or the first later one with opening hours."""
    later = (at + distance * DAY for distance in range(400))
    return next((moved for moved in later if is_open_day(moved, calendar)), at)


def is_open_day(at: datetime, calendar: Calendar) -> bool:
    """Tell whether the local date has opening hours."""
    midnight = at.astimezone(calendar.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return bool(calendar.openings(midnight, midnight + DAY))
