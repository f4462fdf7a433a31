"""What an agent can do with a ticket from its page: the form of each act, and the action behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from plans.models import Team, User
from plans.models.people import STAFF_ROLES
from sla.models.policies import Metric
from sla.refusals import ActionRefusedError
from tickets.actions import side_tasks
from tickets.actions import ticket as actions
from tickets.actions.idempotency import Answer, Asked, fingerprint_of, once
from tickets.console.guard import Reader
from tickets.console.side_tasks import AskForm, TaskForm, find_task
from tickets.ledger import actor_of
from tickets.models import Status, Ticket
from tickets.models.ticket import WAITING

LONGEST = 100_000


class Act(forms.Form):
    """An act that needs no words."""


class Words(Act):
    """An act that says something."""

    body = forms.CharField(
        max_length=LONGEST,
        error_messages={
            "required": gettext_lazy("请写下内容。"),
            "max_length": gettext_lazy("太长了，请分成几条，或作为附件。"),
        },
    )


class MaybeWords(Act):
    """An act that may say something."""

    body = forms.CharField(max_length=LONGEST, required=False)


class Call(Words):
    """A phone call, answered or not."""

    answered = forms.BooleanField(required=False)


class Wait(Act):
    """For whom the work waits, and until when where that was agreed; words say why."""

    until = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": gettext_lazy("请选一个日期和时间。")},
    )
    body = forms.CharField(max_length=LONGEST, required=False)

    def __init__(self, said: Mapping[str, Any]) -> None:
        super().__init__(said)
        # A keyword of the language cannot be a class attribute.
        self.fields["for"] = forms.ChoiceField(choices=[("customer", ""), ("third_party", "")])


class Acknowledge(Act):
    """Which promised time is taken on; all that are late or threatened where none is named."""

    metric = forms.ChoiceField(choices=[("", ""), *Metric.choices], required=False)


class Assign(Act):
    """Who works on it from now on: a colleague by their key, or a team as `team:` and its key."""

    to = forms.CharField(max_length=40, error_messages={"required": gettext_lazy("请选一位同事。")})

    def clean_to(self) -> User | Team:
        kind, _colon, key = self.cleaned_data["to"].rpartition(":")
        staff = User.objects.filter(is_active=True, role__in=STAFF_ROLES)
        rows: QuerySet[Any] = Team.objects.all() if kind == "team" else staff
        found: User | Team | None = rows.filter(pk=key).first() if key.isdecimal() and len(key) < 10 else None
        if found is None:
            raise forms.ValidationError(_("没有这个团队。") if kind == "team" else _("没有这位服务人员。"))
        return found


class Merge(Act):
    """The number of the ticket that it becomes part of."""

    into = forms.CharField(max_length=20, error_messages={"required": gettext_lazy("请写工单号。")})


class Line(Act):
    """The number of a line of the ledger."""

    event = forms.IntegerField(
        min_value=1, max_value=1_000_000, error_messages={"required": gettext_lazy("请选一条。")}
    )


@dataclass(frozen=True)
class Deed:
    """One act by one agent: the ticket, what was said, and who at which instant."""

    ticket: Ticket
    said: dict[str, Any]
    reader: Reader

    @property
    def who(self) -> dict[str, Any]:
        """Return what every action is told."""
        return {"ticket": self.ticket, "actor": self.reader.user, "at": self.reader.at}


def _wait(deed: Deed) -> Ticket:
    return actions.wait(**deed.who, wait_for=deed.said["for"], until=deed.said["until"], remark=deed.said["body"])


def _assign(deed: Deed) -> Ticket:
    to = deed.said["to"]
    if isinstance(to, Team):
        return actions.hand_over(**deed.who, team=to)
    return actions.assign(**deed.who, to=to)


def _merge(deed: Deed) -> Ticket:
    number = deed.said["into"].strip().upper()
    into = Ticket.objects.visible_to(deed.reader.user).filter(number=number).first()
    if into is None:
        raise ActionRefusedError("unknown_ticket", _("没有工单 %(number)s。") % {"number": number})
    return actions.merge(**deed.who, into=into)


def _ask(deed: Deed) -> Ticket:
    who, said = actor_of(deed.reader.user), deed.said
    task = side_tasks.add(ticket=deed.ticket, title=said["title"], assignee=said["to"], actor=who, at=deed.reader.at)
    return task.ticket


def _tick_off(deed: Deed) -> Ticket:
    task = find_task(deed.ticket, deed.said)
    return side_tasks.finish(task=task, actor=deed.reader.user, at=deed.reader.at).ticket


@dataclass(frozen=True)
class Kind:
    """An act by its code: its form, what it does, and what is said once it is done."""

    form: type[forms.Form]
    do: Callable[[Deed], Ticket]
    done: LazyText


KINDS: dict[str, Kind] = {
    "acknowledge": Kind(
        Acknowledge, lambda deed: actions.acknowledge(**deed.who, **deed.said), gettext_lazy("已知悉，不再重复提醒。")
    ),
    "accept": Kind(Act, lambda deed: actions.accept(**deed.who), gettext_lazy("已接单。")),
    "assign": Kind(Assign, _assign, gettext_lazy("已分配。")),
    "reply": Kind(Words, lambda deed: actions.reply(**deed.who, body=deed.said["body"]), gettext_lazy("已发给客户。")),
    "note": Kind(Words, lambda deed: actions.note(**deed.who, body=deed.said["body"]), gettext_lazy("备注已存。")),
    "progress": Kind(
        Words, lambda deed: actions.progress(**deed.who, body=deed.said["body"]), gettext_lazy("进展已反馈。")
    ),
    "call": Kind(Call, lambda deed: actions.log_call(**deed.who, **deed.said), gettext_lazy("通话已记录。")),
    "wait": Kind(Wait, _wait, gettext_lazy("开始等待。")),
    "resume": Kind(Act, lambda deed: actions.resume(**deed.who), gettext_lazy("已恢复处理。")),
    "resolve": Kind(
        MaybeWords, lambda deed: actions.resolve(**deed.who, body=deed.said["body"]), gettext_lazy("已标为解决。")
    ),
    "reopen": Kind(
        MaybeWords, lambda deed: actions.reopen(**deed.who, body=deed.said["body"]), gettext_lazy("已重新打开。")
    ),
    "close": Kind(Act, lambda deed: actions.close(**deed.who), gettext_lazy("已关闭。")),
    "merge": Kind(Merge, _merge, gettext_lazy("已合并。")),
    "retract": Kind(Line, lambda deed: actions.retract(**deed.who, **deed.said), gettext_lazy("已撤回。")),
    "publish": Kind(Line, lambda deed: actions.publish(**deed.who, **deed.said), gettext_lazy("已公开给客户。")),
    "unpublish": Kind(Line, lambda deed: actions.unpublish(**deed.who, **deed.said), gettext_lazy("已取消公开。")),
    "ask": Kind(AskForm, _ask, gettext_lazy("已请同事协办。")),
    "tick_off": Kind(TaskForm, _tick_off, gettext_lazy("协办已勾掉。")),
}

# What the composer offers, in its order.
COMPOSED: dict[str, tuple[str, LazyText]] = {
    "reply": ("reply", pgettext_lazy("act", "回复")),
    "note": ("note", pgettext_lazy("act", "内部备注")),
    "progress": ("progress", pgettext_lazy("act", "进展反馈")),
    "call": ("call", pgettext_lazy("act", "记录通话")),
    "wait": ("waiting", pgettext_lazy("act", "等待")),
    "resolve": ("resolved", pgettext_lazy("act", "解决")),
}


def offered(ticket: Ticket, user: User) -> set[str]:
    """Return the codes of the acts that make sense for a ticket as it stands."""
    if ticket.status == Status.MERGED:
        return set()
    if ticket.is_ended:
        return {"reopen", "note", "merge"} | ({"close"} if ticket.status == Status.RESOLVED else set())
    usual = {*COMPOSED, "assign", "merge", "close", "classify"}
    taken = set() if ticket.assignee_id == user.pk else {"accept"}
    return usual | taken | ({"resume"} if ticket.status in WAITING else set())


@transaction.atomic
def carry_out(kind: Kind, deed: Deed, sending: str) -> None:
    """Do it, once a sending: the same form sent twice is one act. Raises ActionRefusedError."""
    scope, route = f"user:{deed.reader.user.pk}", f"console:{deed.ticket.number}"
    said = fingerprint_of(repr(sorted((name, str(value)) for name, value in deed.said.items())).encode(), "")
    # Other words from a page that was sent before are another act: nobody takes back what they typed.
    asked = Asked(scope, route, f"{sending} {said}" if sending else "", said, deed.reader.at)
    once(asked, lambda: Answer(303, {"number": kind.do(deed).number}))
