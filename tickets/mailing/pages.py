"""The HTML of a mail: made safe to be shown, and as plain text."""

import html
import re

import nh3

# More than so many characters of HTML are not looked at.
LONGEST = 400_000
SHOWN = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt", "em",
    "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q",
    "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "u", "ul",
})  # fmt: skip
# No style, class or id: what a mail looks like is ours to say. Pictures only from the mail itself.
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
SCHEMES = {"http", "https", "mailto", "cid"}
LINES = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr", "pre", "table"}
DROPPED = {"script", "style", "title", "head"}
TAG = re.compile(r"<(/?)([a-z0-9]+)[^<>]*>")
ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]{0,4000}>?")
DEEPEST_ELEMENT = 256
# What needs no end, so that many of it do not lie in each other.
# So many different words on a page are names of attributes of one element; each is compared with all the others.
MOST_WORDS, FEWEST_CHARACTERS = 20_000, 80_000
WORD = re.compile(r"[^\s/\"'=<>]+")
FLAT = frozenset({
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
    "param", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "wbr",
})  # fmt: skip
# Far beyond what people quote; a page that nests deeper is flattened from there on.
DEEPEST = 20
BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")


def is_too_deep(page: str) -> bool:
    """Tell whether elements lie in each other deeper than any mail program nests, or one has more attributes than any.

    Parsers take square time on both.
    """
    depth = 0
    for tag in ANY_TAG.finditer(page[:LONGEST]):
        if tag[2].lower() in FLAT:
            continue
        depth += -1 if tag[1] and depth else 0 if tag[1] else 1
        if depth > DEEPEST_ELEMENT:
            return True
    return len(page) > FEWEST_CHARACTERS and len(set(WORD.findall(page[:LONGEST]))) > MOST_WORDS


def safe(page: str) -> str:
    """Return a page with nothing in it that runs, loads from elsewhere or hides; meant for a sandbox all the same.

    A page that is too deep is not shown at all: its words are its text.
    """
    if is_too_deep(page):
        return ""
    kept = nh3.clean(
        page[:LONGEST],
        tags=set(SHOWN),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=SCHEMES,
        clean_content_tags=DROPPED,
        link_rel="noopener noreferrer nofollow",
        attribute_filter=_attribute,
    )
    return kept[:LONGEST]


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Keep of pictures only those that came along: what is fetched elsewhere tells the sender who reads when."""
    if tag == "img" and name == "src" and not value.strip().lower().startswith("cid:"):
        return None
    return value


def as_text(page: str) -> str:
    """Return the words of a page, line by line; what it quotes is marked as plain mail does."""
    if is_too_deep(page):
        flat = html.unescape(ANY_TAG.sub(" ", page[:LONGEST]))
        return "\n".join(BLANKS.sub(" ", line).strip() for line in flat.split("\n"))
    plain = nh3.clean(page[:LONGEST], tags=LINES | {"td"}, attributes={}, clean_content_tags=DROPPED, link_rel=None)
    found: list[str] = []
    depth, start = 0, 0
    line = ""
    for tag in TAG.finditer(plain):
        line += plain[start : tag.start()].replace("\n", " ")
        start = tag.end()
        closing, name = tag[1] == "/", tag[2]
        if name == "td":
            line += " " if closing else ""
            continue
        if line.strip() or name == "br" or (closing and name in ("p", "li", "tr") and found and found[-1].strip("> ")):
            found.append(_quoted(line, depth))
            line = ""
        if name == "blockquote":
            depth = max(0, depth - 1) if closing else min(depth + 1, DEEPEST)
    line += plain[start:].replace("\n", " ")
    return "\n".join([*found, _quoted(line, depth)]).strip("\n")


def _quoted(line: str, depth: int) -> str:
    said = BLANKS.sub(" ", html.unescape(line)).strip()
    return f"{'>' * depth} {said}".rstrip() if depth else said
