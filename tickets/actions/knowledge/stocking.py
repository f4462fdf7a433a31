"""Put a vendor's library in place from files: directories, topics, articles and paths; as often as one likes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from plans.models import Product
from tickets.actions.knowledge.filing import add_file
from tickets.actions.knowledge.paths import keep_steps
from tickets.actions.knowledge.writing import Shelf, Words, begin, put_on, put_out, stands_on, write_over
from tickets.knowledge.files import address_of
from tickets.knowledge.loading import Library
from tickets.models.knowledge import Article, ArticleVersion, Directory, LearningPath, Topic

SAID = ("title", "title_en", "body", "body_en", "video", "seconds", "chapters")


@transaction.atomic
def stock(*, libraries: Iterable[Library], author: str, at: datetime) -> Counter[str]:
    """Put libraries in place and return how many articles were added, changed or left as they were."""
    outcomes: Counter[str] = Counter()
    for library in libraries:
        _put_places(library)
        outcomes.update(_put_article(library, said, author, at) for said in library.articles)
        for position, path in enumerate(library.paths, start=1):
            _put_path(library.vendor, path, position)
    return outcomes


def _put_places(library: Library) -> None:
    for position, said in enumerate(library.directories, start=1):
        parent = Directory.objects.filter(vendor=library.vendor, code=said["parent"]).first()
        names = {"name": said["name"], "name_en": said["name_en"], "parent": parent, "position": position}
        Directory.objects.update_or_create(vendor=library.vendor, code=said["code"], defaults=names)
    for said in library.topics:
        names = {"name": said["name"], "name_en": said["name_en"]}
        Topic.objects.update_or_create(vendor=library.vendor, code=said["code"], defaults=names)


def _put_article(library: Library, said: Mapping[str, Any], author: str, at: datetime) -> str:
    shelf = _shelf(library.vendor, said)
    found = Article.objects.filter(vendor=library.vendor, code=said["code"]).select_related("current").first()
    article = found or begin(shelf=shelf, at=at, code=said["code"])
    words = _with_file(article, library, Words(**{name: said[name] for name in SAID}), author, at)
    if _says(article.current, words):
        return _moved(article, shelf)
    if article.state == Article.State.WITHDRAWN or article.versions.filter(published_at=None).exists():
        # Somebody took it down, or is writing on it and would lose their words.
        return "left"
    write_over(article=article, shelf=shelf, words=words, author=author, at=at)
    put_out(article=article, by=author, at=at)
    return "changed" if found else "added"


def _moved(article: Article, shelf: Shelf) -> str:
    """Move an article whose words stand to where its file puts it."""
    if stands_on(article, shelf):
        return "unchanged"
    put_on(article=article, shelf=shelf)
    return "changed"


def _with_file(article: Article, library: Library, words: Words, author: str, at: datetime) -> Words:
    """Return words whose video lies with us, where it is named as a file beside the library's."""
    if not words.video or words.video.startswith(("https://", "/")):
        return words
    path = library.folder / words.video
    row = add_file(article=article, name=path.name, content=path.read_bytes(), by=author, at=at)
    return replace(words, video=address_of(row))


def _says(version: ArticleVersion | None, words: Words) -> bool:
    return version is not None and all(getattr(version, name) == getattr(words, name) for name in SAID)


def _shelf(vendor: str, said: Mapping[str, Any]) -> Shelf:
    return Shelf(
        vendor=vendor,
        kind=said["kind"],
        module=said["module"],
        directory=Directory.objects.filter(vendor=vendor, code=said["directory"]).first(),
        products=list(Product.objects.filter(code__in=said["products"])),
        topics=list(Topic.objects.filter(vendor=vendor, code__in=said["topics"])),
    )


def _put_path(vendor: str, said: Mapping[str, Any], position: int) -> None:
    named = {name: said[name] for name in ("name", "name_en", "kind", "what", "what_en")}
    path, _is_new = LearningPath.objects.update_or_create(
        vendor=vendor, code=said["code"], defaults={**named, "position": position}
    )
    articles = {one.code: one for one in Article.objects.filter(vendor=vendor)}
    keep_steps(path=path, steps=[(articles[step["article"]], step["required"]) for step in said["steps"]])
