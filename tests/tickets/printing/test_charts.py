"""Charts: whatever the figures are, everything drawn is a number and lies inside the picture."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tickets.printing.charts import (
    PAGE,
    PRINT,
    Bar,
    Frame,
    Part,
    Series,
    Tone,
    bars,
    columns,
    lines,
    share,
)
from tickets.printing.charts.canvas import cut, length
from tickets.printing.charts.plot import steps

AMOUNTS = st.floats(0, 1e12) | st.sampled_from([0.0, 1.0, 1e-9, 999_999_999.0])
NAMES = st.text(max_size=40)
WIDTHS = st.sampled_from([340.0, 640.0, 720.0])
TONES = [Tone.KEPT, Tone.MISSED, Tone.RUNNING, Tone.APART]
few = settings(max_examples=40, deadline=None)


def read(picture: str) -> ElementTree.Element:
    root = ElementTree.fromstring(re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", "", picture))
    check_inside(root)
    return root


def check_inside(root: ElementTree.Element) -> None:
    """Fail where a box or a point is no number or lies outside of the picture."""
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for one in root.iter():
        for name, most in (("x", width), ("y", height), ("cx", width), ("cy", height), ("x1", width), ("y2", height)):
            if name in one.attrib:
                assert -0.1 <= float(one.attrib[name]) <= most + 0.1, (name, one.attrib)
        if one.tag.endswith("rect"):
            assert float(one.attrib["x"]) + float(one.attrib["width"]) <= width + 0.2
            assert float(one.attrib["y"]) + float(one.attrib["height"]) <= height + 0.2
        for place in one.attrib.get("points", "").split():
            x, y = map(float, place.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height


def words_of(root: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in root.iter() if one.tag.endswith("text")]


@few
@given(st.lists(st.tuples(NAMES, AMOUNTS, AMOUNTS | st.none()), max_size=8), WIDTHS)
def test_bars_lie_inside_whatever_they_say(rows: list[tuple[str, float, float | None]], width: float):
    drawn = [Bar(name, value, f"{value:g}", previous) for name, value, previous in rows]
    assert len(words_of(read(bars(drawn, Frame("题", width=width))))) == 2 * len(rows)


@few
@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=24), WIDTHS, st.booleans())
@example([(0.0, 1e-9)], 340.0, False)
@example([(5e-324, 0.0)], 340.0, True)
def test_columns_lie_inside_whatever_they_say(values: list[tuple[float, float]], width: float, stacked: bool):
    names = [f"{place + 1}月" for place in range(len(values))]
    series = [
        Series("守约", Tone.KEPT, tuple(kept for kept, _ in values)),
        Series("超时", Tone.MISSED, tuple(missed for _, missed in values)),
    ]
    read(columns(names, series, Frame("题", width=width), stacked=stacked))


@few
@given(st.lists(st.floats(0, 1) | st.none(), max_size=24), WIDTHS, st.floats(0, 1) | st.none())
def test_lines_lie_inside_and_break_where_there_is_nothing(
    values: list[float | None], width: float, target: float | None
):
    names = [str(place) for place in range(len(values))]
    root = read(lines(names, [Series("首次响应", Tone.KEPT, tuple(values))], Frame("题", width=width), target=target))
    dots = [one for one in root.iter() if one.tag.endswith("circle")]
    assert len(dots) == sum(value is not None for value in values)


@few
@given(st.lists(AMOUNTS, max_size=4), WIDTHS)
def test_parts_of_a_share_fill_the_bar_and_none_is_too_thin_to_see(values: list[float], width: float):
    parts = [Part(f"部分{place}", value, f"{value:g}", TONES[place]) for place, value in enumerate(values)]
    root = read(share(parts, Frame("题", width=width)))
    drawn = [float(one.attrib["width"]) for one in root.iter() if one.attrib.get("height") in ("14", "7")]
    there = [value for value in values if value > 0]
    assert len(drawn) == max(len(there), 1)
    assert min(drawn) >= 1.5
    assert sum(drawn) == pytest.approx(width - max(len(there) - 1, 0), abs=1)


@pytest.mark.parametrize(
    ("highest", "scale"),
    [
        (0, [0, 1]),
        (5e-324, [0, 1]),
        (1e-9, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (97, [0, 50, 100]),
        (132, [0, 50, 100, 150]),
        (1_000_000, [0, 500_000, 1_000_000]),
    ],
)
def test_scales_have_few_round_steps_and_hold_the_highest(highest: float, scale: list[float]):
    assert steps(highest) == scale


def test_words_are_escaped_and_carry_no_markup():
    root = read(bars([Bar("<script>&", 1, "1")], Frame("<b>题</b>", "“&”")))
    assert "<script>&" in words_of(root)
    assert [one.text for one in root][:2] == ["<b>题</b>", "“&”"]


def test_picture_on_paper_has_colours_and_on_a_page_classes():
    series = [Series("线", Tone.KEPT, (0.5, 1.0))]
    on_page, on_paper = (lines(["1", "2"], series, Frame("题", paint=paint)) for paint in (PAGE, PRINT))
    assert 'class="stroke-kept"' in on_page
    assert "#" not in on_page
    assert "style" not in on_page, "the page allows no styles but its own sheets"
    assert 'stroke="#2f8766"' in on_paper
    assert "class" not in on_paper


def test_kept_and_missed_differ_in_shape_too():
    """A grey printer must still tell them apart."""
    series = [Series("守约", Tone.KEPT, (5.0,)), Series("超时", Tone.MISSED, (5.0,))]
    root = read(columns(["1月"], series, Frame("题"), stacked=True))
    boxes = [one for one in root.iter() if one.tag.endswith("rect") and float(one.attrib["height"]) > 20]
    kept, missed = (float(one.attrib["width"]) for one in boxes)
    assert missed < kept / 2


def test_long_names_are_cut_to_their_room():
    assert cut("总账", 100) == "总账"
    assert cut("一个非常长的模块名称", 60).endswith("…")
    assert length(cut("一个非常长的模块名称", 60)) <= 60
