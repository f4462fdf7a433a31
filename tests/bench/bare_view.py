"""What intake is measured against: a plain DRF view that validates the same fields and inserts the same rows.

It authenticates nobody, asks no plan and repeats safely nothing; it shares the server, the middleware and the database
with the product, whose own routes stand beside it.
"""

import secrets
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import include, path
from django.utils import timezone
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.models import Contact, Contract, Product
from sla.models import CalendarVersion, Clock, Milestone, Observation, Target
from tickets.api.intake_schema import IntakeSerializer
from tickets.models import Delivery, InboundEvent, Message, Ticket, TicketClock, TicketEvent


@cache
def known() -> dict[str, Any]:
    """Return the rows that new ones point to, read once."""
    contract = Contract.objects.select_related("plan").get()
    target = Target.objects.select_related("policy").filter(policy__code="yonsuite-premier-ticket").get()
    return {
        "contract": contract,
        "contact": Contact.objects.get(),
        "product": Product.objects.get(code="yonsuite-finance"),
        "target": target,
        "calendar": CalendarVersion.objects.current().get(code=target.calendar),
    }


class BareIntake(APIView):
    """Validate and insert, nothing else."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = []
    parser_classes = [JSONParser]

    def post(self, request: Request) -> Response:
        said = IntakeSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        with transaction.atomic():
            ticket = insert(said.validated_data)
        return Response({"ticket": ticket.number}, status=201)


def insert(said: dict[str, Any]) -> Ticket:
    """Insert the rows of one message, as the product has them."""
    at, rows = timezone.now(), known()
    contact, target = rows["contact"], rows["target"]
    ticket = Ticket.objects.create(
        number=secrets.token_hex(8), customer_id=contact.customer_id, contact=contact, contract=rows["contract"],
        product=rows["product"], channel="portal", category=said["category"], subject=said["subject"], opened_at=at,
        outcome="covered", next_due_at=at, external_id=said["external_id"], external_scope="bare",
    )  # fmt: skip
    InboundEvent.objects.create(
        channel="portal", raw=str(said).encode(), received_at=at, state="accepted", ticket=ticket
    )
    clock = Clock.objects.create(policy=target.policy, priority="normal", started_at=at)
    Observation.objects.create(clock=clock, kind="open", at=at, actor_kind="customer")
    Milestone.objects.create(
        clock=clock, metric="first_response", target=target, calendar_version=rows["calendar"], state="running",
        started_at=at, due_at=at, next_step_at=at,
    )  # fmt: skip
    TicketClock.objects.create(ticket=ticket, clock=clock)
    message = Message.objects.create(
        ticket=ticket, author_kind="customer", contact=contact, author_display=contact.name, body=said["body"], at=at
    )
    event = TicketEvent.objects.create(
        ticket=ticket, number=1, kind="opened", at=at, actor_kind="customer", message=message
    )
    Delivery.objects.create(
        kind="receipt", ticket=ticket, event=event, contact=contact, address=contact.email, language="zh-hans",
        timezone="Asia/Shanghai", message_id=secrets.token_hex(16), queued_at=at, not_before=at,
    )  # fmt: skip
    return ticket


urlpatterns = [path("bare/", BareIntake.as_view()), path("", include("config.urls"))]
settings.ROOT_URLCONF = __name__
