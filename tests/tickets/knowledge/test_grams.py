"""Words cut for search: what is asked is found again wherever it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.knowledge.grams import EMPTY, query, runs, telling, tokens, vector

WRITING = st.text(alphabet="月末结账税申报凭证审核ABCabc019 .-_/，。\n𠮷", max_size=40)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("结账", [("结账", 1), ("账", 2)]),
        ("税", [("税", 1)]),
        ("月结报ORA-00942", [("月结", 1), ("结报", 2), ("报", 3), ("ora", 5), ("00942", 6)]),
        ("Ｖ７．１ 版", [("v7", 1), ("1", 2), ("版", 4)]),
        ("𠮷野家", [("𠮷野", 1), ("野家", 2), ("家", 3)]),
        ("，。！", []),
        ("", []),
    ],
)
def test_text_is_cut_the_same_way_wherever_it_stands__Y01(text: str, cut: list[tuple[str, int]]):
    assert tokens(text) == cut


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("税申报", "('税申' <-> '申报')"),
        ("结账 凭证", "('结账') & ('凭证')"),
        ("税", "'税':*"),
        ("Closing vouchers", "('clos':*) & ('voucher':*)"),
        ("ORA-00942", "('ora' <-> '00942')"),
        ("  ，", ""),
    ],
)
def test_a_question_wants_each_piece_as_it_stands__Y01(asked: str, wanted: str):
    assert query(asked) == wanted


def test_what_every_question_says_tells_nothing__Y01():
    assert telling("请问怎么办 结账") == ["问怎", "么办", "结账"][2:] or "结账" in telling("请问怎么办 结账")
    assert not set(telling("how do I close the books")) & EMPTY
    assert telling("how do I close the books") == ["close", "books"]


@given(text=WRITING, start=st.integers(0, 40), length=st.integers(2, 8))
def test_any_piece_of_a_text_has_its_tokens_next_to_each_other__Y01(text: str, start: int, length: int):
    places: dict[str, set[int]] = {}
    for token, place in tokens(text):
        places.setdefault(token, set()).add(place)
    for run in runs(text[start : start + length]):
        if run.is_start or not all(len(token) == 2 and not token.isascii() for token in run.tokens):
            continue
        firsts = places.get(run.tokens[0], set())
        assert any(
            all(first + step in places.get(token, set()) for step, token in enumerate(run.tokens)) for first in firsts
        )


def test_places_stay_within_what_the_database_keeps__Y01():
    said = vector(("A", "结账"), ("D", "结账。" * 20_000))
    places = said.split("'结账':")[1].split(" ")[0].split(",")
    assert len(places) == 255
    assert places[0] == "1A"
    assert max(int(place[:-1]) for place in places) <= 16_383
