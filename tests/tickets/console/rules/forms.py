"""The editor's form as a browser sends it."""

import re
from typing import Any

from django.http import HttpResponse

from sla.models import CalendarVersion

EDIT = "/console/rules/calendars/kingdee-5x8/edit/"
PAGE = "/console/rules/calendars/kingdee-5x8/"
WORKDAY = "08:30-12:00, 13:00-17:30"


def current(code: str = "kingdee-5x8") -> CalendarVersion:
    """Return the version in force of a calendar."""
    return CalendarVersion.objects.current().get(code=code)


def typed(base: int = 1, special: tuple[dict[str, str], ...] = (), **changes: Any) -> dict[str, Any]:
    """Return what the form of kingdee-5x8 sends, with changes."""
    said: dict[str, Any] = {
        "base": base, "name": "金蝶 5×8", "name_en": "Kingdee 5×8", "timezone": "Asia/Shanghai", "working_day": "8",
        "follows": "CN", "breaks": "whole", "note": "", "cause": "春节前改时间", "special-INITIAL_FORMS": "0",
        **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), WORKDAY), "special-TOTAL_FORMS": str(len(special)),
    }  # fmt: skip
    for number, row in enumerate(special):
        said |= {f"special-{number}-{field}": value for field, value in row.items()}
    return said | changes


def text_of(answer: HttpResponse) -> str:
    """Return the words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))
