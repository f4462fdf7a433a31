"""Read YAML written by people: every mistake is told with its file, line and field, all of them at once."""

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, NamedTuple

import yaml
from django.utils.translation import gettext as _

NULL = "tag:yaml.org,2002:null"
TRUTHS = {"true": True, "false": False}
# No amount of anything is larger; JSON and the database hold it.
MOST = 10**9
# What PostgreSQL refuses or nobody can see.
UNSAVABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
# More words than these are not all told in one message.
TOLD = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, with where it stands."""

    path: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (f"{self.path}:{self.line}", self.field, self.message) if part)


class ReadingError(ValueError):
    """Raised when a file cannot be taken in; `problems` lists every mistake found, nothing was saved."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader is, which codes it may name, and the mistakes found so far."""

    path: str
    field: str = ""
    known: Mapping[str, Collection[str]] = dataclasses.field(default_factory=dict)
    problems: list[Problem] = dataclasses.field(default_factory=list)

    def at(self, name: str) -> "Place":
        """Return the place of a field inside this one."""
        return replace(self, field=f"{self.field}.{name}" if self.field else name)

    def knowing(self, kind: str, codes: Collection[str]) -> "Place":
        """Return this place with the codes of one more kind."""
        return replace(self, known={**self.known, kind: codes})

    def refuse(self, node: yaml.Node, message: str) -> None:
        """Note a mistake at a node."""
        self.problems.append(Problem(self.path, node.start_mark.line + 1, self.field, message))


Reader = Callable[[yaml.Node, Place], Any]
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Described:
    """A reader, and what it reads as a JSON Schema: what is published is what loads."""

    read: Reader
    schema: Schema

    def __call__(self, node: yaml.Node, place: Place) -> Any:
        """Read a node."""
        return self.read(node, place)


def described(schema: Schema) -> Callable[[Reader], Described]:
    """Return a decorator that says what a reader reads."""
    return lambda read: Described(read, schema)


def schema_of(read: Reader) -> Schema:
    """Return what a reader reads as a JSON Schema; anything, where it does not say."""
    return dict(read.schema) if isinstance(read, Described) else {}


class Field(NamedTuple):
    """How to read one key of a mapping; without `default` the key is required. `says` is for whoever writes it."""

    read: Reader
    default: Any = ...
    says: str = ""


def meant(word: str, words: Collection[str]) -> str:
    """Return the end of a message about an unknown word: the nearest known one, and what is allowed."""
    near = get_close_matches(word, words, n=1)
    told = _("、").join(sorted(words)[:TOLD]) + ("…" if len(words) > TOLD else "")
    allowed = _("可用：%s。") % told if words else _("这里还没有任何一项可用。")
    return _("是否要写“%s”？") % near[0] + allowed if near else allowed


def scalar(node: yaml.Node, place: Place) -> str | None:
    """Return the text of a single value, or None after noting that it is none."""
    if isinstance(node, yaml.ScalarNode) and node.tag != NULL:
        return str(node.value)
    place.refuse(node, _("应为单个值。"))
    return None


def text(longest: int = 400, *, empty: bool = False) -> Reader:
    """Return a reader of text of at most `longest` characters."""

    @described({"type": "string", "maxLength": longest, **({} if empty else {"minLength": 1})})
    def read(node: yaml.Node, place: Place) -> str:
        found = scalar(node, place)
        value = (found or "").strip()
        if found is not None and not value and not empty:
            place.refuse(node, _("不能为空。"))
        if len(value) > longest:
            message = _("最长 %(longest)d 个字符，现有 %(length)d 个。")
            place.refuse(node, message % {"longest": longest, "length": len(value)})
        if UNSAVABLE.search(value):
            place.refuse(node, _("含有不能保存的字符。"))
        return value

    return read


@described({"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"})
def code(node: yaml.Node, place: Place) -> str:
    """Return a code: small letters, digits and hyphens."""
    value = scalar(node, place) or ""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", value):
        place.refuse(node, _("代码只能用小写字母、数字和连字符。"))
    return value


@described({"type": "string", "pattern": r"^[a-z0-9][a-z0-9-]{0,62}(@[\w.-]{1,50})?$"})
def agreed_code(node: yaml.Node, place: Place) -> str:
    """Return the code of a policy: a code, with "@" and a contract's number behind it where it is that contract's."""
    value = scalar(node, place) or ""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}(@[\w.-]{1,50})?", value):
        place.refuse(node, _("代码只能用小写字母、数字和连字符。"))
    return value


def choice(words: Collection[str]) -> Reader:
    """Return a reader of one of some words."""

    @described({"enum": list(words)})
    def read(node: yaml.Node, place: Place) -> str:
        value = scalar(node, place) or ""
        if value not in words:
            place.refuse(node, _("不认识“%s”。") % value + meant(value, words))
        return value

    return read


def known(kind: str) -> Reader:
    """Return a reader of a code of some kind that must exist: a calendar, a product, a policy."""

    @described({"type": "string", "minLength": 1})
    def read(node: yaml.Node, place: Place) -> str:
        value = scalar(node, place) or ""
        if value not in place.known[kind]:
            place.refuse(node, _("没有名为“%s”的条目。") % value + meant(value, place.known[kind]))
        return value

    return read


def number(least: int = 0, most: int = MOST) -> Reader:
    """Return a reader of a whole number between two bounds."""

    @described({"type": "integer", "minimum": least, "maximum": most})
    def read(node: yaml.Node, place: Place) -> int:
        value = scalar(node, place) or ""
        if not re.fullmatch(r"[+-]?\d{1,12}", value) or not least <= int(value) <= most:
            place.refuse(node, _("应为 %(least)d 到 %(most)d 之间的整数。") % {"least": least, "most": most})
            return least
        return int(value)

    return read


@described({"type": "number", "minimum": 0, "maximum": MOST})
def amount(node: yaml.Node, place: Place) -> Decimal:
    """Return a decimal number of zero or more."""
    value = scalar(node, place) or ""
    try:
        read = Decimal(value)
    except InvalidOperation:
        read = Decimal(-1)
    if not read.is_finite() or not 0 <= read <= MOST:
        place.refuse(node, _("应为不小于零的数，最大 %d。") % MOST)
        return Decimal(0)
    return read


@described({"type": "boolean"})
def flag(node: yaml.Node, place: Place) -> bool:
    """Return true or false."""
    value = scalar(node, place) or ""
    if value not in TRUTHS:
        place.refuse(node, _("应为 true 或 false。"))
    return TRUTHS.get(value, False)


def untouched(node: yaml.Node, place: Place) -> None:
    """Leave a value for later."""


@described({"type": "string", "format": "date"})
def day(node: yaml.Node, place: Place) -> date:
    """Return a date written as 2026-10-01."""
    value = scalar(node, place) or ""
    try:
        return date.fromisoformat(value)
    except ValueError:
        place.refuse(node, _("应为日期，如 2026-10-01。"))
        return date.min


def list_of(read: Reader, *, once: Sequence[str] = ()) -> Reader:
    """Return a reader of a list; no two entries may agree in all the keys of `once`."""

    @described({"type": "array", "items": schema_of(read)})
    def read_list(node: yaml.Node, place: Place) -> list[Any]:
        if not isinstance(node, yaml.SequenceNode):
            place.refuse(node, _("应为列表。"))
            return []
        entries = [read(child, place.at(str(number))) for number, child in enumerate(node.value, start=1)]
        if once:
            _refuse_twins(entries, node.value, once, place)
        return entries

    return read_list


def one_or_several(read: Reader, *, once: Sequence[str] = ()) -> Reader:
    """Return a reader of one thing, or of a list of such things; what was read is one thing or a list."""
    several = list_of(read, once=once)

    @described({"anyOf": [schema_of(read), schema_of(several)]})
    def read_either(node: yaml.Node, place: Place) -> Any:
        return several(node, place) if isinstance(node, yaml.SequenceNode) else read(node, place)

    return read_either


def _refuse_twins(entries: list[Any], nodes: list[yaml.Node], once: Sequence[str], place: Place) -> None:
    seen: set[tuple[Any, ...]] = set()
    for entry, node in zip(entries, nodes, strict=True):
        key = tuple(str(entry.get(name)) for name in once)
        if key in seen:
            place.refuse(node, _("重复：%s 已经出现过。") % "/".join(key))
        seen.add(key)


def mapping(fields: Mapping[str, Field], *, line: bool = False) -> Reader:
    """Return a reader of keys with values; with `line`, where it starts is kept under "line"."""

    @described(_object(fields))
    def read(node: yaml.Node, place: Place) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            place.refuse(node, _("应为键值表。"))
            return {}
        found = _keys(node, fields, place)
        values = {name: rule.read(found[name], place.at(name)) for name, rule in fields.items() if name in found}
        for name, rule in fields.items():
            if name not in found and rule.default is ...:
                place.at(name).refuse(node, _("缺少此项。"))
            values.setdefault(name, None if rule.default is ... else rule.default)
        return {**values, "line": node.start_mark.line + 1} if line else values

    return read


def _object(fields: Mapping[str, Field]) -> Schema:
    said = {name: {"description": rule.says} if rule.says else {} for name, rule in fields.items()}
    needed = [name for name, rule in fields.items() if rule.default is ...]
    return {
        "type": "object",
        "properties": {name: {**said[name], **schema_of(rule.read)} for name, rule in fields.items()},
        **({"required": needed} if needed else {}),
        "additionalProperties": False,
    }


def _keys(node: yaml.MappingNode, fields: Mapping[str, Field], place: Place) -> dict[str, yaml.Node]:
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name not in fields:
            place.at(name).refuse(key, _("不认识这个键。") + meant(name, fields))
        elif name in found:
            place.at(name).refuse(key, _("这个键写了两次。"))
        found[name] = value
    return found


def mapping_of(names: Collection[str], read: Reader) -> Reader:
    """Return a reader of a mapping whose keys are some of `names` and whose values all read alike."""
    return mapping({name: Field(read, None) for name in names})


def keys_of(node: yaml.Node) -> set[str]:
    """Return the keys of a mapping node; none where it is something else."""
    return {str(key.value) for key, _value in node.value} if isinstance(node, yaml.MappingNode) else set()


def refuse_inside(node: yaml.Node, place: Place, path: str, message: str) -> None:
    """Note a mistake at the node that a path such as "targets.1.amount" leads to, or as near to it as there is one."""
    for step in path.split("."):
        node = child(node, step) or node
    place.at(path).refuse(node, message)


def child(node: yaml.Node, step: str) -> yaml.Node | None:
    """Return the value of a mapping's key, or a list's entry by its number from 1; None where there is none."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and step.isdigit():
        return node.value[int(step) - 1] if 0 < int(step) <= len(node.value) else None
    return None
