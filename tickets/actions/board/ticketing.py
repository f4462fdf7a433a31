"""A question that nobody answered in time becomes a ticket, whose answer comes back to it. Source: Y04, K02"""

import re
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from plans.coverage import Decision, cover
from plans.models import User
from plans.models.people import Language
from plans.quotas.words import in_both
from plans.wording import text_of
from sla.actors import SYSTEM, Actor
from sla.clock import database_now
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind
from tickets.actions.board.answering import make_official
from tickets.actions.board.journal import follow_as, note, tell_author, tell_team
from tickets.actions.board.standing import author_of, check_moderator, to_moderate, to_write_on
from tickets.actions.board.talking import say
from tickets.actions.deciding import REASON, REASON_EN, Cause, Facts, row_of
from tickets.actions.opening import Opening, open_ticket
from tickets.models import BoardEvent, Category, Channel, Comment, Message, Post, Priority, Ticket

Kind = BoardEvent.Kind
# Under what a question's code is known among the ids that tickets come by.
SCOPE = "board"
LEFT_OUT = "……"
# Each run of letters is looked at once: a customer may write twenty thousand of them.
ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+")
PHONE = re.compile(r"(?<!\d)(?:\+?\d[\d -]{6,14}\d)(?!\d)")

log = structlog.get_logger(__name__)


def turn_overdue(*, limit: int = 20, later_than: timedelta = timedelta()) -> int:
    """Make tickets of up to `limit` questions whose time ran out, and return how many were looked at.

    Each by itself: one that raises leaves the others alone, and is tried again.
    """
    now = database_now()
    due = Post.objects.overdue(now - later_than).order_by("at", "pk").distinct()
    keys = list(due.values_list("pk", flat=True)[:limit])
    return sum(_turn_alone(key, now) for key in keys)


def _turn_alone(key: int, now: datetime) -> bool:
    try:
        with transaction.atomic():
            free = Post.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=key).first()
            if free is None or not Post.objects.overdue(now).filter(pk=key).exists():
                return False
            turn(post=free, by=SYSTEM, at=now)
    except Exception as error:  # noqa: BLE001  one poisoned row must not stop the others, nor the sweep
        log.error("question_not_turned", post=key, error=f"{type(error).__name__}: {error}"[:400])
        return False
    return True


def open_now(*, post: Post, actor: User, at: datetime) -> Ticket:
    """Make a ticket of a question at once; what the plan refuses is kept as when the time runs out by itself.

    Raises ActionRefusedError with the plan's reason where there can be none.
    """
    with transaction.atomic():
        post = to_moderate(post, actor)
        _check_question(post)
        ticket = turn(post=post, by=author_of(actor).actor, at=at)
    if ticket is None:
        raise ActionRefusedError("not_covered", text_of(post, "refusal"), ways_on=[_("直接写官方答复。")])
    return ticket


def _check_question(post: Post) -> None:
    if post.kind != Post.Kind.QUESTION or post.merged_into_id or post.hidden_at:
        raise ActionRefusedError("not_a_question", _("只有仍在展示的提问可以转为工单。"))
    if post.ticket:
        raise ActionRefusedError("has_ticket", _("这个提问已经转为工单 %(number)s。") % {"number": post.ticket.number})


def turn(*, post: Post, by: Actor, at: datetime) -> Ticket | None:
    """Open a ticket for whoever asked, linked both ways; None where it may not be, which its team is told with why.

    Call inside atomic with the post locked.
    """
    if post.contact is None or not post.contact.is_active:
        _refuse(post, None, in_both(lambda: _("论坛里的作者没有对应的联系人，无法替他提交工单。")), by, at)
        return None
    decision = cover(
        post.contact, None, None, post.product, "", Category.HOW_TO, Channel.COMMUNITY, at, vendor=post.vendor
    )
    ticket = _opened(post, decision, by, at)
    if ticket is None:
        return None
    post.ticket, post.refused_at, post.refusal, post.refusal_en = ticket, None, "", ""
    post.save(update_fields=["ticket", "refused_at", "refusal", "refusal_en"])
    event = note(post, Kind.TICKET, by, at, ticket=ticket.number)
    tell_author(event, post.author or post.contact.user)
    return ticket


def _opened(post: Post, decision: Decision, by: Actor, at: datetime) -> Ticket | None:
    """Open the ticket, or keep why it may not be; nobody is charged for what opens by itself."""
    told = decision.told
    why = (told[Language.CHINESE].reason, told[Language.ENGLISH].reason)
    if not decision.is_open or (decision.outcome == "chargeable" and by == SYSTEM):
        _refuse(post, decision, why, by, at)
        return None
    try:
        with transaction.atomic():
            return open_ticket(opening=_opening(post, decision), at=at)
    except ActionRefusedError as refusal:
        # Another ticket has just taken the last one that the plan counts.
        _refuse(post, decision, (refusal.message, refusal.message), by, at)
        return None


def _opening(post: Post, decision: Decision) -> Opening:
    assert post.contact is not None
    where = f"{settings.PUBLIC_URL}/portal/board/{post.code}/"
    return Opening(
        contact=post.contact,
        decision=decision,
        channel=Channel.COMMUNITY,
        category=Category.HOW_TO,
        subject=post.title,
        body=f"{post.body}\n\n{post.url or where}",
        product=post.product,
        external_id=post.code,
        external_scope=SCOPE,
    )


def _refuse(post: Post, decision: Decision | None, why: tuple[str, str], by: Actor, at: datetime) -> None:
    """Keep why a question cannot become a ticket, and have its team answer it on the board instead."""
    if decision and post.contact:
        row = row_of(decision, _facts(post), Cause.REFUSED, at)
        row.post = post
        row.save(force_insert=True)
    post.refused_at, post.refusal, post.refusal_en = at, why[0][:REASON], why[1][:REASON_EN]
    post.save(update_fields=["refused_at", "refusal", "refusal_en"])
    event = note(post, Kind.REFUSED, by, at, clause=decision.clause if decision else "")
    tell_team(event)


def _facts(post: Post) -> Facts:
    assert post.contact is not None
    return Facts(post.contact, post.product, Category.HOW_TO, Channel.COMMUNITY, Priority.NORMAL)


def draft_of(post: Post) -> str:
    """Return the first answer in a question's ticket as it may stand in public; nothing while there is none.

    Internal notes and files are left out, and so is whatever says who the customer is.
    """
    if post.ticket is None or not post.allows_post_back:
        return ""
    ticket = post.ticket.merged_into or post.ticket
    said = Message.objects.filter(ticket=ticket, is_public=True, retracted_at=None, author_kind=ActorKind.AGENT)
    first = said.filter(at__gte=post.ticket.opened_at).order_by("at", "pk").first()
    return scrubbed(first.body, ticket) if first else ""


def scrubbed(text: str, ticket: Ticket) -> str:
    """Return a text without the names, addresses and numbers that tell who a ticket's customer is."""
    for name in sorted(_names(ticket), key=len, reverse=True):
        text = text.replace(name, LEFT_OUT)
    return PHONE.sub(LEFT_OUT, ADDRESS.sub(LEFT_OUT, text))


def _names(ticket: Ticket) -> set[str]:
    contact, customer = ticket.contact, ticket.customer
    said = (
        contact.name, contact.name_en, contact.email, contact.phone, customer.name, customer.name_en, ticket.number,
        ticket.contract.number, ticket.tenant,
    )  # fmt: skip
    return {one for one in said if len(one) > 1}


@transaction.atomic
def post_back(*, post: Post, body: str, actor: User, at: datetime) -> Comment:
    """Let the answer to a question's ticket stand on the board as the official one, and return it.

    Raises ActionRefusedError where whoever asked did not allow it, and for words that tell who the customer is.
    """
    check_moderator(actor, post.vendor)
    post = to_write_on(post, actor)
    if post.ticket is None:
        raise ActionRefusedError("no_ticket", _("这个提问没有转为工单。"), ways_on=[_("直接写官方答复。")])
    if not post.allows_post_back:
        raise ActionRefusedError(
            "not_allowed", _("提问人没有同意公开工单的答复。"), ways_on=[_("写一条不引用工单内容的官方答复。")]
        )
    if scrubbed(body, post.ticket.merged_into or post.ticket) != body:
        raise ActionRefusedError(
            "names_customer",
            _("答复里有客户的姓名、单位、邮箱、电话或编号，不能公开。"),
            ways_on=[_("删去这些内容再贴回。")],
        )
    said = say(post=post, body=body, who=author_of(actor), parent=None, at=at)
    make_official(post=post, comment=said, who=author_of(actor), at=at, is_from_ticket=True)
    note(post, Kind.POSTED_BACK, author_of(actor).actor, at, comment=said, ticket=post.ticket.number)
    follow_as(post, actor, at)
    return said
