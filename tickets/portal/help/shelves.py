"""Where articles stand in the help centre, and the lists of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from plans.models import Contact, Product, User
from plans.wording import name_of, text_of
from tickets.models.knowledge import Article, ArticleQuerySet, Directory, Topic

PAGE = 20
LONGEST_MODULE = 80


@dataclass(frozen=True, slots=True)
class Wish:
    """Which articles a list was asked for: keys of rows, a kind, a module; what is none of ours narrows nothing."""

    directory: Directory | None = None
    topic: Topic | None = None
    product: Product | None = None
    kind: str = ""
    module: str = ""

    @classmethod
    def of(cls, said: Mapping[str, str], vendors: Sequence[str]) -> "Wish":
        """Return the wish of a request, as far as this reader has such places."""
        kind = said.get("kind", "")
        return cls(
            directory=Directory.objects.filter(vendor__in=vendors, pk=_key(said, "directory")).first(),
            topic=Topic.objects.filter(vendor__in=vendors, pk=_key(said, "topic")).first(),
            product=Product.objects.filter(vendor__in=vendors, pk=_key(said, "product")).first(),
            kind=kind if kind in Article.Kind.values else "",
            module=said.get("module", "").replace("\0", "")[:LONGEST_MODULE],
        )

    def url(self, **changes: str) -> str:
        """Return the query that asks for the same with changes."""
        rows = {"directory": self.directory, "topic": self.topic, "product": self.product}
        said = {name: str(row.pk) if row else "" for name, row in rows.items()}
        said |= {"kind": self.kind, "module": self.module} | changes
        return "?" + urlencode({name: value for name, value in said.items() if value})

    def narrow(self, articles: ArticleQuerySet) -> ArticleQuerySet:
        """Narrow articles to the wish; a directory brings those below it along."""
        if self.directory:
            articles = articles.filter(Q(directory=self.directory) | Q(directory__parent=self.directory))
        if self.topic:
            articles = articles.filter(topics=self.topic)
        if self.product:
            articles = articles.filter(Q(products=self.product) | Q(products=None))
        if self.module:
            articles = articles.filter(module=self.module)
        return articles.filter(kind=self.kind) if self.kind else articles

    @property
    def title(self) -> str:
        """Return what a list of these is called."""
        named = [name_of(row) for row in (self.directory, self.topic, self.product) if row]
        said = [text_of(Article(module=self.module), "area")] if self.module else []
        return " · ".join([*named, *said, *([str(Article.Kind(self.kind).label)] if self.kind else [])])


def _key(said: Mapping[str, str], name: str) -> int:
    value = said.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0


def vendors_of(contact: Contact) -> list[str]:
    """Return the vendors whose articles a contact may read: those that their organisation ever signed with."""
    return sorted(set(contact.customer.contracts.values_list("plan__vendor", flat=True)))


def page_of(user: User, wish: Wish, number: str) -> Page[Article]:
    """Return one page of what a wish asks for, last changed first."""
    found = wish.narrow(Article.objects.visible_to(user)).shown().order_by("-updated_at", "-pk").distinct()
    return Paginator(found, PAGE).get_page(number)


def places(user: User, vendors: Sequence[str]) -> dict[str, Any]:
    """Return the ways into the help centre that lead somewhere: directories, topics, kinds, products and modules."""
    seen = Article.objects.visible_to(user)
    held = {
        name: set(seen.values_list(name, flat=True)) for name in ("directory", "topics", "products", "kind", "module")
    }
    below = Directory.objects.filter(vendor__in=vendors, pk__in=held["directory"])
    counted = dict(seen.order_by().values_list("directory").annotate(n=Count("pk")))
    children = list(below.exclude(parent=None).select_related("parent"))
    tops = {one.pk: one for one in below.filter(parent=None)}
    tops |= {one.parent.pk: one.parent for one in children if one.parent}
    return {
        "shelves": [_shelf(top, children, counted) for top in sorted(tops.values(), key=lambda one: one.position)],
        "topics": Topic.objects.filter(pk__in=held["topics"]),
        "kinds": [(kind.value, kind.label) for kind in Article.Kind if kind.value in held["kind"]],
        "products": Product.objects.filter(vendor__in=vendors, pk__in=held["products"]),
        "modules": [Article(module=name) for name in sorted(held["module"]) if name],
    }


def _shelf(top: Directory, children: Sequence[Directory], counted: Mapping[int, int]) -> dict[str, Any]:
    below = [one for one in children if one.parent_id == top.pk]
    count = counted.get(top.pk, 0) + sum(counted.get(one.pk, 0) for one in below)
    return {"row": top, "below": below, "count": count}


def related(user: User, article: Article, most: int = 5) -> list[Article]:
    """Return other articles of the same directory or topics, last changed first."""
    same = Q(topics__in=article.topics.all())
    if article.directory_id:
        same |= Q(directory=article.directory_id)
    found = Article.objects.visible_to(user).filter(same).exclude(pk=article.pk)
    return list(found.shown().order_by("-updated_at", "-pk").distinct()[:most])
