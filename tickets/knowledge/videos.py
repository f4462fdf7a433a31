"""The chapters of a video as pages list them."""

from typing import Any

from plans.wording import is_english
from tickets.models.knowledge import ArticleVersion


def chapters_of(version: ArticleVersion) -> list[dict[str, Any]]:
    """Return the chapters: `at` in seconds, `clock` as a player shows it, and the title in the reader's language."""
    return [
        {
            "at": said["at"],
            "clock": _clock(int(said["at"])),
            "title": (is_english() and said.get("title_en")) or said["title"],
        }
        for said in version.chapters
    ]


def _clock(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}:{rest:02d}"
