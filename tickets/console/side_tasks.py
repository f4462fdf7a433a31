"""Work beside a ticket as the console shows it: the tasks, and the forms that ask a colleague."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.models import User
from plans.models.people import STAFF_ROLES
from sla.refusals import ActionRefusedError
from tickets.actions import side_tasks
from tickets.console.guard import Reader
from tickets.models import SideTask, Ticket
from tickets.showing.wording import name_of

# Done ones that a ticket still shows.
SHOWN_DONE = 5


@dataclass(frozen=True)
class Task:
    """One task as pages show it."""

    row: SideTask
    reader: Reader

    @property
    def id(self) -> int:
        return self.row.pk

    @property
    def title(self) -> str:
        return self.row.title

    @property
    def assignee(self) -> str:
        return name_of(self.row.assignee)

    @property
    def is_mine(self) -> bool:
        return self.row.assignee_id == self.reader.user.pk

    @property
    def done_by(self) -> str:
        return self.row.done_by

    @property
    def is_done(self) -> bool:
        return self.row.done_at is not None


def tasks_of(ticket: Ticket, reader: Reader) -> list[Task]:
    """Return a ticket's tasks: those to be done, oldest first, then the last few done."""
    rows = list(ticket.side_tasks.select_related("assignee").order_by("created_at", "pk"))
    done = sorted((row for row in rows if row.done_at), key=lambda row: row.done_at or row.created_at, reverse=True)
    return [Task(row, reader) for row in (*(row for row in rows if not row.done_at), *done[:SHOWN_DONE])]


def waiting_for(reader: Reader) -> QuerySet[SideTask]:
    """Return what a reader was asked to do, for tickets that they may see."""
    seen = Ticket.objects.visible_to(reader.user).values("pk")
    return SideTask.objects.waiting_for(reader.user).filter(ticket__in=seen)


class AskForm(forms.Form):
    """What is to be done for a ticket, and by whom."""

    title = forms.CharField(
        max_length=side_tasks.LONGEST_TITLE,
        error_messages={
            "required": gettext_lazy("请写明要办什么。"),
            "max_length": gettext_lazy("请写短些，最多 200 个字。"),
        },
    )
    to = forms.ModelChoiceField(
        User.objects.filter(is_active=True, role__in=STAFF_ROLES),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("没有这位服务人员。")},
    )


class TaskForm(forms.Form):
    """Which task."""

    task = forms.IntegerField(min_value=1)


def find_task(ticket: Ticket, said: dict[str, Any]) -> SideTask:
    """Return a ticket's task. Raises ActionRefusedError for another's."""
    task = ticket.side_tasks.filter(pk=said["task"]).select_related("ticket", "assignee").first()
    if task is None:
        raise ActionRefusedError("unknown_task", _("这张工单没有这件协办。"))
    return task
