"""Which posts a list shows, in which order, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from plans.models import User
from tickets.models import Post, Topic
from tickets.models.board import PostQuerySet

PAGE = 20
SORTS: dict[str, LazyText] = {
    "active": _("最近活跃"),
    "new": _("最新发布"),
    "unanswered": _("等待答复"),
    "votes": _("票数最多"),
}
ORDERS = {
    "active": ("-is_pinned", "-last_at", "-pk"),
    "new": ("-is_pinned", "-at", "-pk"),
    "unanswered": ("at", "pk"),
    "votes": ("-vote_count", "-last_at", "-pk"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list was asked for; what it does not know becomes the usual."""

    kind: str = ""
    topic: Topic | None = None
    sort: str = "active"
    page: str = "1"

    @classmethod
    def of(cls, said: Mapping[str, str], vendors: Sequence[str]) -> "Wish":
        """Return the wish of a request, as far as this reader has such places."""
        kind, sort, topic = said.get("kind", ""), said.get("sort", ""), said.get("topic", "")
        key = int(topic) if topic.isascii() and topic.isdecimal() and len(topic) < 10 else 0
        return cls(
            kind=kind if kind in Post.Kind.values else "",
            topic=Topic.objects.filter(vendor__in=vendors, pk=key).first() if key else None,
            sort=sort if sort in SORTS else "active",
            page=said.get("page", "1"),
        )

    def but(self, **changes: str) -> str:
        """Return the query that asks for the same with changes, from its first page on."""
        wanted = replace(self, **{"page": "1", **changes})  # type: ignore[arg-type]
        said = {
            "kind": wanted.kind, "topic": str(wanted.topic.pk) if wanted.topic else "",
            "sort": "" if wanted.sort == "active" else wanted.sort, "page": "" if wanted.page == "1" else wanted.page,
        }  # fmt: skip
        return "?" + urlencode({name: value for name, value in said.items() if value})

    def narrow(self, posts: PostQuerySet) -> PostQuerySet:
        """Narrow posts in sight to the wish, in its order."""
        found = posts.unanswered() if self.sort == "unanswered" else posts.standing()
        found = found.filter(kind=self.kind) if self.kind else found
        found = found.filter(topic=self.topic) if self.topic else found
        return found.order_by(*ORDERS[self.sort])

    def tabs(self) -> list[dict[str, object]]:
        """Return the kinds of posts as links, the current one marked."""
        kinds = [("", _("全部")), *((kind.value, kind.label) for kind in Post.Kind)]
        return [{"url": self.but(kind=code), "name": name, "is_current": code == self.kind} for code, name in kinds]

    def orders(self) -> list[dict[str, object]]:
        """Return the orders as links, the current one marked."""
        return [
            {"url": self.but(sort=code), "name": name, "is_current": code == self.sort} for code, name in SORTS.items()
        ]


def page_of(user: User, wish: Wish) -> Page[Post]:
    """Return the page that was asked for, or the nearest there is."""
    return Paginator(wish.narrow(Post.objects.visible_to(user)).shown(), PAGE).get_page(wish.page)
