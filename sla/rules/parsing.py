"""YAML becomes a tree of nodes, or a mistake with its line in plain words: bad bytes, bad marks, endless nesting."""

from pathlib import Path
from typing import Any

import yaml
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.rules.reading import Place, Problem

# The loader in C is ten times as fast; where it is not built, the other reads the same.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# No file of ours is half as deep; the loader in C ends the process where its stack is full.
DEEPEST = 50
# What the parser says, and what is to be done; of what it says the first that is found counts.
WRONG_WRITING: dict[str, LazyText] = {
    "tab character": gettext_lazy("缩进里有制表符，请改用空格"),
    "cannot start any token": gettext_lazy("有不能这样开头的字符：以它开头的文字要加引号，缩进只用空格"),
    "mapping values are not allowed": gettext_lazy("一行里有两个冒号：请给含冒号的文字加引号，并看上一行的缩进"),
    "unexpected end of stream": gettext_lazy("引号没有合上"),
    "undefined alias": gettext_lazy("没有这个锚点：以 * 开头的文字要加引号"),
    "duplicate anchor": gettext_lazy("这个锚点写了两次"),
    "another document": gettext_lazy("一个文件只写一份，去掉多出的 ---"),
    "',' or ']'": gettext_lazy("方括号没有合上，或缺少逗号"),
    "',' or '}'": gettext_lazy("花括号没有合上，或缺少逗号"),
    "expected key": gettext_lazy("缩进与上面各行不一致"),
    "'-' indicator": gettext_lazy("缩进与上面各行不一致"),
    "block end": gettext_lazy("缩进与上面各行不一致"),
    "expected ':'": gettext_lazy("键的后面缺少冒号"),
    "control characters": gettext_lazy("含有看不见的控制字符"),
    "special characters": gettext_lazy("含有看不见的控制字符"),
}


def compose(path: Path, place: Place) -> yaml.Node | None:
    """Return the tree of a YAML file, or None after noting why there is none."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        place.problems.append(Problem(place.path, 1, "", _unread(error)))
        return None
    try:
        return compose_text(raw.decode("utf-8-sig"), place)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        place.problems.append(Problem(place.path, line, "", _("文件不是 UTF-8 编码，请另存为 UTF-8。")))
        return None


def compose_text(written: str, place: Place) -> yaml.Node | None:
    """Return the tree of YAML, or None after noting why there is none."""
    try:
        deep = _too_deep(written)
        node = None if deep else yaml.compose(written, Loader=LOADER)
    except yaml.YAMLError as error:
        place.problems.append(Problem(place.path, _line(error, written), "", _wrong(error)))
        return None
    if deep:
        message = _("套得太深：最多 %d 层。") % DEEPEST
        place.problems.append(Problem(place.path, deep, "", message))
    elif node is None:
        place.problems.append(Problem(place.path, 1, "", _("文件是空的。")))
    return node


def _unread(error: OSError) -> str:
    known = {FileNotFoundError: _("没有这个文件。"), IsADirectoryError: _("这是目录，不是文件。"),
             PermissionError: _("没有读这个文件的权限。")}  # fmt: skip
    return known.get(type(error)) or _("读不了这个文件：%s。") % (error.strerror or error)


def _too_deep(written: str) -> int:
    """Return the line on which lists and mappings stand too deep in one another; 0 where none do."""
    depth = 0
    for event in yaml.parse(written, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                return int(event.start_mark.line) + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return 0


def _line(error: yaml.YAMLError, written: str) -> int:
    if isinstance(error, yaml.MarkedYAMLError):
        return int(error.problem_mark.line) + 1 if error.problem_mark else 1
    position = getattr(error, "position", None)
    return written.count("\n", 0, position) + 1 if isinstance(position, int) else 1


def _wrong(error: yaml.YAMLError) -> str:
    """Return what is wrong in the reader's language; what the parser says, where it is none of the usual things."""
    said = str(getattr(error, "problem", "") or error).partition("\n")[0]
    words = next((told for words, told in WRONG_WRITING.items() if words in said), None)
    return _("YAML 写法有误：%s。") % (words or f"“{said}”")
