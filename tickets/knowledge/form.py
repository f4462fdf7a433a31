"""The form of a file of articles: what may stand in it, and what each key is for."""

from typing import Any

import yaml
from django.utils.translation import gettext as _

from sla.rules.reading import Field, Place, Reader, choice, code, flag, known, list_of, mapping, number, text
from tickets.models.knowledge import Article, LearningPath

TITLE, BODY = text(120), text(60_000)
NAMED = {
    "code": Field(code, says="Small letters, digits, hyphens. 小写字母、数字和连字符。"),
    "name": Field(text(80)),
    "name_en": Field(text(120)),
}
CHAPTER = mapping({
    "at": Field(number(0, 24 * 3600), says="Where it begins, in seconds. 从第几秒开始。"),
    "title": Field(text(80)),
    "title_en": Field(text(120), ""),
})  # fmt: skip


def article(node: yaml.Node, place: Place) -> dict[str, Any]:
    """Return one article. Notes a mistake where it says nothing, or English without a title."""
    read: dict[str, Any] = ARTICLE(node, place)
    if not read.get("body") and read.get("kind") != Article.Kind.VIDEO:
        place.at("body").refuse(node, _("请写正文。"))
    if read.get("body_en") and not read.get("title_en"):
        place.at("title_en").refuse(node, _("写了英文正文，就要有英文标题。"))
    if read.get("kind") == Article.Kind.VIDEO and not read.get("video"):
        place.at("video").refuse(node, _("请给出视频的地址。"))
    return read


ARTICLE: Reader = mapping({
    "code": NAMED["code"],
    "kind": Field(choice(Article.Kind.values)),
    "products": Field(list_of(known("product")), []),
    "module": Field(text(80), ""),
    "directory": Field(known("directory"), ""),
    "topics": Field(list_of(known("topic")), []),
    "title": Field(TITLE),
    "title_en": Field(text(160), ""),
    "body": Field(BODY, "", "Markdown."),
    "body_en": Field(BODY, ""),
    "video": Field(text(400), "", "https://… or the name of a file beside this one. 地址或旁边的文件名。"),
    "seconds": Field(number(0, 24 * 3600), 0),
    "chapters": Field(list_of(CHAPTER), []),
})  # fmt: skip
STEP = mapping({"article": Field(known("article")), "required": Field(flag, True)})
PATH = mapping({
    **NAMED,
    "kind": Field(choice(LearningPath.Kind.values)),
    "what": Field(text(300)),
    "what_en": Field(text(400)),
    "steps": Field(list_of(STEP, once=["article"])),
})  # fmt: skip
FILE = {
    "vendor": Field(known("vendor")),
    "directories": Field(list_of(mapping({**NAMED, "parent": Field(known("directory"), "")}), once=["code"]), []),
    "topics": Field(list_of(mapping(NAMED), once=["code"]), []),
    "articles": Field(list_of(article, once=["code"]), []),
    "paths": Field(list_of(PATH, once=["code"]), []),
}
