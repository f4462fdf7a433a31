"""Read files of articles written by people: every mistake with its file, line and field, all of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import gettext as _

from plans.models import Product, Vendor
from sla.rules.parsing import compose
from sla.rules.reading import Place, Problem, ReadingError, child, mapping, refuse_inside
from tickets.knowledge.form import FILE
from tickets.models.knowledge import Article, Directory, Topic

BROUGHT = {"directories": "directory", "topics": "topic", "articles": "article"}


@dataclass(frozen=True, slots=True)
class Library:
    """What one file brings, and the folder where the files it names lie."""

    vendor: str
    folder: Path
    directories: list[dict[str, Any]]
    topics: list[dict[str, Any]]
    articles: list[dict[str, Any]]
    paths: list[dict[str, Any]]


def read(paths: Iterable[Path]) -> list[Library]:
    """Return what files bring. Raises ReadingError with every mistake found in them."""
    problems: list[Problem] = []
    found = [library for path in paths if (library := _read(path, problems))]
    if problems:
        raise ReadingError(problems)
    return found


def _read(path: Path, problems: list[Problem]) -> Library | None:
    shown = path.relative_to(settings.ROOT) if path.is_relative_to(settings.ROOT) else path
    place = Place(str(shown), problems=problems).knowing("vendor", set(Vendor.objects.values_list("code", flat=True)))
    node = compose(path, place)
    if node is None:
        return None
    whole = mapping(FILE)(node, _knowing(node, place))
    _check_files(whole.get("articles") or [], node, place, path.parent)
    return Library(folder=path.parent, **{name: whole[name] for name in FILE}) if not problems else None


def _check_files(articles: list[dict[str, Any]], node: yaml.Node, place: Place, folder: Path) -> None:
    """Note videos that lie nowhere: an address, or a file in the folder of the file that names it."""
    for number, said in enumerate(articles, start=1):
        video = said.get("video") or ""
        is_beside = video and Path(video).name == video and (folder / video).is_file()
        if video and not video.startswith("https://") and not is_beside:
            refuse_inside(
                node, place, f"articles.{number}.video", _("既不是 https:// 开头的地址，旁边也没有这个文件。")
            )


def _knowing(node: yaml.Node, place: Place) -> Place:
    """Return the place knowing what a file may name: its vendor's products, and what stands or is brought."""
    vendor = getattr(child(node, "vendor"), "value", "")
    place = place.knowing("product", _codes(Product.objects.filter(vendor=vendor)))
    standing: dict[str, Any] = {"directory": Directory, "topic": Topic, "article": Article}
    for name, kind in BROUGHT.items():
        stood = _codes(standing[kind].objects.filter(vendor=vendor))
        place = place.knowing(kind, stood | _written(node, name))
    return place


def _codes(rows: Any) -> set[str]:
    return set(rows.exclude(code="").values_list("code", flat=True))


def _written(node: yaml.Node, name: str) -> set[str]:
    part = child(node, name)
    entries = part.value if isinstance(part, yaml.SequenceNode) else []
    written = (child(entry, "code") for entry in entries)
    return {str(one.value) for one in written if isinstance(one, yaml.ScalarNode)}
