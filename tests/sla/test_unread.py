"""What of a body nobody read, also inside objects inside it."""

import copy
import json

import pytest
from rest_framework import serializers

from sla.api.unread import NAMED, Read, untouched

SENT = {
    "caller": {"name": "王", "nmae": "王"},
    "files": [{"name": "a"}, {"nmae": "b"}, 5],
    "rest": {"x": {"y": 1}},
    "typo": 1,
}


def read_of_it(sent: Read) -> None:
    """Read some fields as a form does."""
    sent["caller"].get("name")
    for one in sent.get("files"):
        isinstance(one, dict) and one.get("name")
    assert "rest" in sent


@pytest.mark.parametrize(
    ("take", "unread"),
    [
        (read_of_it, ["caller.nmae", "files.1.nmae", "typo"]),
        # What is taken whole was read, however it is taken.
        (dict, []),
        (json.dumps, []),
        (copy.deepcopy, []),
        (lambda sent: dict(sent["caller"]), ["files", "rest", "typo"]),
        (lambda sent: json.dumps(sent["rest"]), ["caller", "files", "typo"]),
        (lambda sent: sent["caller"] == {}, ["files", "rest", "typo"]),
        # Whoever only compares reads nothing.
        (untouched, ["caller", "files", "rest", "typo"]),
        (lambda sent: sent == Read(SENT), ["caller", "files", "rest", "typo"]),
    ],
)
def test_what_nobody_asked_for_is_named_by_its_path(take, unread):
    sent = Read(json.loads(json.dumps(SENT)))
    take(sent)
    assert sent.unread == unread
    assert (sent, untouched(sent), json.loads(json.dumps(sent))) == (SENT, SENT, SENT)


def test_a_nested_form_names_what_it_does_not_know():
    class Caller(serializers.Serializer):
        name = serializers.CharField()

    class Form(serializers.Serializer):
        caller = Caller()
        files = Caller(many=True)
        rest = serializers.JSONField()

    sent = Read({**SENT, "files": [{"name": "a", "size": 3}]})
    form = Form(data=sent)
    assert form.is_valid()
    assert sent.unread == ["caller.nmae", "files.0.size", "typo"]
    assert form.validated_data["rest"] == SENT["rest"]


def test_many_and_deep_ones_are_bounded():
    wide = Read({"a": {f"x{n}": n for n in range(100)}})
    wide["a"].get("b")
    assert len(wide.unread) == NAMED
    inner: dict = {}
    for _level in range(900):
        inner = {"a": inner}
    deep: Read = Read(inner)
    step = deep
    while step:
        step = step["a"]
    assert (deep.unread, untouched(deep) == inner) == ([], True)
