"""What an escalation is about that belongs to a talk, not to a ticket: a chat that waits, a call owed, a question."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from plans.models import Contract, Customer, Team, User
from sla.models import Escalation
from tickets.models import CallBack, Chat, Post


@dataclass(frozen=True)
class Matter:
    """What is timed: what it is called, what is owed of it, where it is seen, and who answers for it.

    Words are in the language in use. `owner` is who is at it, None while nobody is.
    """

    title: str
    owed: str
    path: str
    contract: Contract | None
    team: Team | None
    customer: Customer | None
    kind: str
    owner: User | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """A kind of thing that holds a clock: what it says of itself, and which rows that needs."""

    matter: Callable[[Any], Matter]
    related: tuple[str, ...]


def _of_chat(chat: Chat) -> Matter:
    return Matter(
        title=_("云客服会话 %(code)s") % {"code": chat.code},
        owed=_("人工首次答复"),
        path=f"/console/chat/{chat.code}/",
        contract=chat.contract,
        team=chat.team or (chat.contract.team if chat.contract else None),
        customer=chat.customer,
        kind="chat",
        owner=chat.assignee,
    )


def _of_post(post: Post) -> Matter:
    return Matter(
        title=_("社区提问 %(code)s %(title)s") % {"code": post.code, "title": post.title},
        owed=_("官方答复"),
        path=f"/console/board/{post.code}/",
        contract=post.contract,
        team=post.contract.team if post.contract else None,
        customer=post.customer,
        kind="post",
    )


def _of_call_back(owed: CallBack) -> Matter:
    return Matter(
        title=_("未接来电 %(number)s") % {"number": owed.number},
        owed=_("回电"),
        path="/console/calls/backs/",
        contract=owed.contract,
        # Who has no contract is answered for by those who serve the vendor's customers.
        team=owed.contract.team if owed.contract else Team.objects.filter(vendor=owed.vendor).order_by("pk").first(),
        customer=owed.contact.customer if owed.contact else owed.contract.customer if owed.contract else None,
        kind="call_back",
        owner=owed.claimed_by,
    )


# By what a clock calls the thing that holds it. A new kind of talk is a function and a line here.
TALKS: dict[str, Talk] = {
    "chat": Talk(_of_chat, ("contract__team__lead", "contract__plan", "customer", "team__lead", "assignee")),
    "post": Talk(_of_post, ("contract__team__lead", "contract__plan", "customer")),
    "call_back": Talk(
        _of_call_back,
        ("contract__team__lead", "contract__plan", "contract__customer", "contact__customer", "claimed_by"),
    ),
}
OF_TALKS: Q = reduce(or_, (Q(**{f"milestone__clock__{name}__isnull": False}) for name in TALKS))
RELATED = tuple(f"milestone__clock__{name}__{row}" for name, talk in TALKS.items() for row in talk.related)


def thing_of(escalation: Escalation) -> tuple[str, Any]:
    """Return what holds an escalation's clock, by its kind. Raises LookupError where nothing does any more."""
    for name in TALKS:
        thing = getattr(escalation.milestone.clock, name, None)
        if thing is not None:
            return name, thing
    raise LookupError(f"Escalation {escalation.pk} is about nothing that is still there.")


def matter_of(escalation: Escalation) -> Matter | None:
    """Return what an escalation is about; None where it is no talk's."""
    try:
        name, thing = thing_of(escalation)
    except LookupError:
        return None
    return TALKS[name].matter(thing)
