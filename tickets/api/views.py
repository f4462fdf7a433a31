"""Read tickets, and do with them what the console and the portal do."""

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.authentication import caller_of
from plans.models import User
from plans.wording import text_of
from sla.api.fields import proof_fields
from sla.api.problems import ProblemError
from sla.api.unread import untouched
from sla.models import Milestone
from sla.proof.verdicts import todays
from tickets.actions.idempotency import Answer, Asked, fingerprint_of, once
from tickets.answers import milestone_fields, milestones_of, verdict_fields
from tickets.api.acts import ACTS, Act, Deed, Doing, NothingSerializer
from tickets.api.answering import idempotency_key, respond
from tickets.api.conflicts import busy_is_conflict
from tickets.api.filters import TicketFilter
from tickets.api.pages import QueuePages
from tickets.api.serializers import (
    EventSerializer,
    SharedMilestoneSerializer,
    TicketDetailSerializer,
    TicketProofSerializer,
    TicketSerializer,
)
from tickets.models import Message, Ticket, TicketClock, TicketEvent
from tickets.showing.holders import Split, shares_fields, splits_of
from tickets.showing.promises import Promise
from tickets.showing.proof_changes import changes_of, moves_of

# The next deadline of a ticket as its customer knows it: what a team owes within the house is not theirs to see.
PROMISED_AT = Subquery(
    Milestone.objects.open()
    .filter(clock__ticket_clock__ticket=OuterRef("pk"), due_at__isnull=False)
    .exclude(clock__ticket_clock__part=TicketClock.Part.TEAM)
    .order_by("due_at")
    .values("due_at")[:1]
)
SHOWN = ("contract__plan", "customer", "contact", "product", "team", "assignee")


def user_of(request: Request) -> User:
    """Return who asks; the permission has made sure that it is a user."""
    user: Any = request.user
    return user


def seen_by(request: Request) -> QuerySet[Ticket]:
    """Return the tickets that whoever asks may see."""
    seen = Ticket.objects.visible_to(user_of(request)).select_related(*SHOWN)
    return seen if user_of(request).is_agent else seen.annotate(promised_at=PROMISED_AT)


def find_ticket(request: Request, number: str) -> Ticket:
    """Return one ticket. Raises Http404 for somebody else's as for one that never was."""
    ticket = seen_by(request).select_related(*SHOWN, "merged_into").filter(number=number).first()
    if ticket is None:
        raise Http404
    return ticket


class TicketList(ListAPIView[Ticket]):
    """List tickets, what is due next first."""

    serializer_class = TicketSerializer
    pagination_class = QueuePages
    filterset_class = TicketFilter
    queryset = Ticket.objects.none()

    def get_queryset(self) -> QuerySet[Ticket]:
        return seen_by(self.request)


class TicketDetail(APIView):
    """Read one ticket."""

    @extend_schema(responses=TicketDetailSerializer)
    def get(self, request: Request, number: str) -> Response:
        return Response(ticket_fields(request, number))


def ticket_fields(request: Request, number: str) -> dict[str, Any]:
    """Return a ticket as whoever asks may see it, as it is now."""
    context = {"request": request, "at": caller_of(request).at}
    shown: dict[str, Any] = TicketDetailSerializer(find_ticket(request, number), context=context).data
    return shown


class TicketEvents(APIView):
    """Read a ticket's ledger, oldest first; customers see the public lines."""

    @extend_schema(responses=EventSerializer(many=True))
    def get(self, request: Request, number: str) -> Response:
        events = events_for(user_of(request), find_ticket(request, number))
        return Response(EventSerializer(events, many=True, context={"request": request}).data)


def events_for(user: User, ticket: Ticket) -> QuerySet[TicketEvent]:
    """Return the lines of a ticket's ledger that a user may read, with what was said in them."""
    said = Message.objects.readable_by(user).prefetch_related("attachments")
    lines = ticket.events.readable_by(user).order_by("number")
    return lines.prefetch_related(Prefetch("message", said))


class TicketMilestones(APIView):
    """Read a ticket's promised times, and whose time they took so far."""

    @extend_schema(responses=SharedMilestoneSerializer(many=True))
    def get(self, request: Request, number: str) -> Response:
        at, is_internal = caller_of(request).at, user_of(request).is_agent
        ticket = find_ticket(request, number)
        rows = milestones_of(ticket, with_teams=is_internal)
        splits = splits_of(ticket, ticket.events.all(), rows, at)
        now = todays(rows, at) if is_internal else {}
        return Response([
            milestone_fields(row, at) | split_fields(splits[row.pk], is_internal) | verdict_fields(now.get(row.pk))
            for row in rows
        ])  # fmt: skip


def split_fields(split: Split, is_internal: bool) -> dict[str, Any]:
    """Return whose time a promise took: what counted, and what its pauses took out."""
    return {
        "shares": shares_fields(split.counted, is_internal=is_internal),
        "paused_shares": shares_fields(split.paused, is_internal=is_internal),
    }


PROOF_PARAMETERS = [
    OpenApiParameter("number", OpenApiTypes.INT, description="which run of the metric; the last unless said"),
    OpenApiParameter("part", OpenApiTypes.STR, enum=["ticket", "team"], description="`team`: owed within the house"),
]


class MilestoneProof(APIView):
    """Read why a deadline is when it is; of several runs the last, or the one numbered."""

    @extend_schema(responses=TicketProofSerializer, parameters=PROOF_PARAMETERS)
    def get(self, request: Request, number: str, metric: str) -> Response:
        ticket, asked = find_ticket(request, number), request.query_params
        part = asked.get("part", "") if user_of(request).is_agent else ""
        milestone = find_milestone(ticket, metric, asked.get("number", ""), part)
        promise = Promise(milestone, ticket, caller_of(request).at, user_of(request), is_proved=True)
        proof = replace(promise.proof, moves=[move for _kind, move in moves_of(promise)])
        fields = proof_fields(
            proof,
            state=milestone.state_at(promise.at),
            clause=text_of(promise.target, "clause"),
            naming=promise.naming,
        )
        return Response(TicketProofSerializer(fields | {"changes": changes_of(promise)}).data)


def find_milestone(ticket: Ticket, metric: str, run: str, part: str = "") -> Milestone:
    """Return a run of a metric, of a team's clock only if `part` says so. Raises Http404 when there is none."""
    timed = TicketClock.objects.filter(ticket=ticket)
    clocks = timed.filter(part=part) if part else timed.exclude(part=TicketClock.Part.TEAM)
    rows = Milestone.objects.filter(clock__in=clocks.values("clock"), metric=metric)
    if run:
        rows = rows.filter(number=run) if run.isdecimal() and len(run) < 5 else rows.none()
    named = rows.annotate(part=F("clock__ticket_clock__part")).select_related("target__policy", "calendar_version")
    milestone = named.order_by("-started_at", "-number").first()
    if milestone is None:
        raise Http404
    return milestone


class TicketAct(APIView):
    """Do something with a ticket; the answer is the ticket as it then is."""

    name: str = ""

    def act(self, request: Request, number: str) -> Response:
        """Do it, once a key, and return the answer."""
        act = ACTS[self.name]
        ticket = find_ticket(request, number)
        doing = doing_of(act, user_of(request))
        deed = Deed(ticket, body_of(act, request), user_of(request), caller_of(request).at)
        with busy_is_conflict(), transaction.atomic():
            answer = once(self.asked(request, number), lambda: self.done(doing, deed))
        return respond(answer)

    def done(self, doing: Doing, deed: Deed) -> Answer:
        """Act, and return the ticket as the answer."""
        doing(deed)
        return Answer(HTTPStatus.OK, ticket_fields(self.request, deed.ticket.number))

    def asked(self, request: Request, number: str) -> Asked:
        """Return this request as its sender named it."""
        caller = caller_of(request)
        said = json.dumps(untouched(request.data), sort_keys=True).encode()
        route = f"{self.name}:{number}"
        return Asked(caller.credential, route, idempotency_key(request), fingerprint_of(said, ""), caller.at)


def doing_of(act: Act, user: User) -> Doing:
    """Return what an act means in the role of a user. Raises ProblemError 403 when it is not theirs."""
    doing = act.by_agent if user.is_agent else act.by_customer
    if doing is None:
        raise ProblemError("not_allowed", _("只有服务人员可以这样做。"), status=HTTPStatus.FORBIDDEN)
    return doing


def body_of(act: Act, request: Request) -> dict[str, Any]:
    """Return the body that an act wants, checked; fields it does not name are not read, and named in the answer."""
    said = act.body(data=request.data)
    said.is_valid(raise_exception=True)
    checked: dict[str, Any] = said.validated_data
    return checked


def act_view(name: str) -> Any:
    """Return the view of one named act, described with its own body."""
    body = None if ACTS[name].body is NothingSerializer else ACTS[name].body

    @extend_schema(
        operation_id=f"tickets_{name}", request=body, responses=TicketDetailSerializer, description=ACTS[name].does
    )
    def post(self: TicketAct, request: Request, number: str) -> Response:
        return self.act(request, number)

    members = {"name": name, "post": post, "__doc__": TicketAct.__doc__}
    return type(f"Ticket{name.title()}", (TicketAct,), members).as_view()  # type: ignore[attr-defined]
