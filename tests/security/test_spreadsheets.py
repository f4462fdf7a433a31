"""No cell of a file that we hand out is worked out by the program that opens it."""

from datetime import date
from decimal import Decimal

import pytest

from sla.holidays.rows import Day, write_rows
from sla.models import HolidayDate
from tickets.showing.spreadsheet import csv_lines

STARTS = "=+-@＝＋－＠\t\r\n"


@pytest.mark.parametrize("start", STARTS)
def test_a_cell_that_begins_like_a_formula_is_plain_text(start: str) -> None:
    said = f"{start}HYPERLINK(1)"
    (line,) = csv_lines([[said]])
    assert line.lstrip('\ufeff"').startswith("'")
    kept = write_rows([Day(date(2026, 10, 1), HolidayDate.Kind.MAKE_UP, said, said, "")]).decode("utf-8-sig")
    assert kept.count(f"'{start}") == 2


def test_a_number_below_zero_stays_a_number() -> None:
    assert list(csv_lines([[-3, Decimal("-1.5"), "-3"]])) == ["\ufeff-3,-1.5,'-3\r\n"]
