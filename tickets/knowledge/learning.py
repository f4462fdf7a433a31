"""Paths through the articles, and how far somebody is on them. Source: K14"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from plans.models import User
from tickets.models.knowledge import Article, ArticleReading, LearningPath, LearningStep


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step of a path, for one person."""

    row: LearningStep
    reading: ArticleReading | None

    @property
    def finished_at(self) -> datetime | None:
        return self.reading.finished_at if self.reading else None

    @property
    def is_begun(self) -> bool:
        return self.reading is not None and self.reading.finished_at is None


@dataclass(frozen=True, slots=True)
class ShownPath:
    """A path with one person's progress: what is not required does not hold anybody up."""

    row: LearningPath
    steps: Sequence[ShownStep]

    @property
    def required(self) -> int:
        return sum(step.row.is_required for step in self.steps)

    @property
    def done(self) -> int:
        return sum(step.row.is_required and step.finished_at is not None for step in self.steps)

    @property
    def is_done(self) -> bool:
        return bool(self.required) and self.done == self.required

    @property
    def is_begun(self) -> bool:
        return any(step.reading for step in self.steps)

    @property
    def share(self) -> int:
        """Return the percent that is learned."""
        return 100 * self.done // self.required if self.required else 0

    @property
    def next(self) -> ShownStep | None:
        """Return the first step to go on with."""
        open_steps = [step for step in self.steps if step.finished_at is None]
        return next((step for step in open_steps if step.row.is_required), open_steps[0] if open_steps else None)


def paths_for(user: User, vendors: Sequence[str]) -> list[ShownPath]:
    """Return the open paths of some vendors, with a user's progress: begun ones first."""
    rows = LearningPath.objects.filter(is_open=True, vendor__in=vendors)
    shown = [one for one in _with_progress(rows, user) if one.steps]
    return sorted(shown, key=lambda one: (one.is_done, not one.is_begun))


def path_for(user: User, vendors: Sequence[str], code: str) -> ShownPath | None:
    """Return one open path with a user's progress; None where there is none."""
    found = _with_progress(LearningPath.objects.filter(is_open=True, vendor__in=vendors, code=code)[:1], user)
    return found[0] if found and found[0].steps else None


def _with_progress(rows: QuerySet[LearningPath], user: User) -> list[ShownPath]:
    seen = LearningStep.objects.filter(article__state=Article.State.PUBLISHED).select_related("article__current")
    paths = list(rows.prefetch_related(Prefetch("steps", queryset=seen)))
    articles = {step.article_id for path in paths for step in path.steps.all()}
    readings = {one.article_id: one for one in ArticleReading.objects.filter(user=user, article__in=articles)}
    return [ShownPath(path, _steps(path, readings)) for path in paths]


def _steps(path: LearningPath, readings: Mapping[int, ArticleReading]) -> list[ShownStep]:
    return [ShownStep(step, readings.get(step.article_id)) for step in path.steps.all()]
