"""Markdown as pages show it: made by markdown-it, then cleaned, so that nothing an author writes can run."""

import re
from functools import cache
from importlib import import_module
from typing import Any

from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

# Headings inside an article begin below the page's own.
LOWER = {f"h{level}": f"h{min(level + 1, 6)}" for level in range(1, 7)}
TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "tel"}
# A picture is one of ours: a page that fetched others' would tell them who reads.
OURS = re.compile(r"^/portal/help/files/\d+/$")
# An article speaks of its files by their names: ![](file:screen.png).
FILE = re.compile(r"(?<=\]\()file:([^)\s]+)(?=[)\s])")


@cache
def _parser() -> Any:
    # Loaded when an article is first shown: most processes never show one.
    parser = import_module("markdown_it").MarkdownIt("commonmark", {"html": False, "linkify": False})
    return parser.enable(["table", "strikethrough"])


def html_of(markdown: str, files: dict[str, str] | None = None) -> SafeString:
    """Return Markdown as clean HTML; `files` says where the files it names lie, by their names."""
    nh3: Any = import_module("nh3")
    named = FILE.sub(lambda found: (files or {}).get(found[1], found[0]), markdown)
    parser = _parser()
    parsed = parser.parse(named)
    for token in parsed:
        token.tag = LOWER.get(token.tag, token.tag)
    made = parser.renderer.render(parsed, parser.options, {})
    clean = nh3.clean(
        made, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, attribute_filter=_only_ours,
        link_rel="noopener nofollow",
    )  # fmt: skip
    return mark_safe(clean)


def _only_ours(tag: str, attribute: str, value: str) -> str | None:
    return None if tag == "img" and attribute == "src" and not OURS.match(value) else value


def text_of_markdown(markdown: str) -> str:
    """Return the words of Markdown alone, a line for each block: what is searched and quoted."""
    text = strip_tags(re.sub(r"</(p|li|h\d|td|th|pre|blockquote)>", "\n", html_of(markdown)))
    lines = (line.strip() for line in text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split("\n"))
    return "\n".join(line for line in lines if line)
