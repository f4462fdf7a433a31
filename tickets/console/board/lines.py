"""Posts as lines of a list, with the time that is left to answer each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q
from django.utils.functional import Promise as LazyText
from django.utils.translation import pgettext_lazy

from plans.models import Role, User
from sla.models import Milestone
from tickets.console.guard import Reader
from tickets.models import Flag, Post, Ticket
from tickets.models.board import PostQuerySet
from tickets.showing.promises import Promise

VIEWS: dict[str, LazyText] = {
    "unanswered": pgettext_lazy("posts", "待答复"),
    "ticket": pgettext_lazy("posts", "已转工单"),
    "ideas": pgettext_lazy("posts", "创意"),
    "flags": pgettext_lazy("posts", "举报"),
    "all": pgettext_lazy("posts", "全部"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One post in a list, and the promise of an answer that it has."""

    post: Post
    promise: Promise | None


def seen_by(reader: Reader) -> PostQuerySet:
    """Return the posts that somebody looks after: of their team's vendor, or of all where they have none or lead."""
    rows = Post.objects.visible_to(reader.user)
    team = reader.user.team
    is_bound = team and reader.user.role in (Role.AGENT, Role.EXPERT)
    return rows.filter(vendor=team.vendor) if team and is_bound else rows


def promise_shown(row: Milestone, at: datetime, viewer: User) -> Promise:
    """Return a question's promise as pages draw it; it is asked for its strip and its clock alone, so no ticket is."""
    return Promise(row, Ticket(), at, viewer)


def lines_of(posts: Sequence[Post], at: datetime, viewer: User) -> list[Line]:
    """Return posts as lines, their promises read in one question."""
    rows = Milestone.objects.filter(clock__post__in=posts).select_related("target__policy", "clock__post")
    found: Mapping[int, Milestone] = {row.clock.post.pk: row for row in rows.order_by("number")}
    return [Line(one, promise_shown(found[one.pk], at, viewer) if one.pk in found else None) for one in posts]


def narrowed(posts: PostQuerySet, view: str) -> PostQuerySet:
    """Narrow posts to a view, what is due first in front."""
    if view == "unanswered":
        due = F("clock__milestones__due_at").asc(nulls_last=True)
        return posts.unanswered().filter(ticket=None).order_by(due, "at").distinct()
    if view == "ticket":
        return posts.unanswered().exclude(ticket=None).order_by("at")
    if view == "ideas":
        return posts.standing().filter(kind=Post.Kind.IDEA).order_by("-vote_count", "-last_at")
    if view == "flags":
        return posts.filter(pk__in=Flag.objects.filter(settled_at=None).values("post")).order_by("at")
    return posts.order_by("-last_at", "-pk")


def counts(posts: PostQuerySet) -> dict[str, int]:
    """Return how many posts wait in each view that somebody has to look at."""
    waiting = posts.unanswered()
    flags = Flag.objects.filter(Q(post__in=posts), settled_at=None).values("post").distinct()
    return {
        "unanswered": waiting.filter(ticket=None).count(),
        "ticket": waiting.exclude(ticket=None).count(),
        "flags": flags.count(),
    }
