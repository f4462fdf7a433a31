"""The mailbox as an administrator sees it: what came in, what goes out, and what was given up."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sla.admin import INSIDES, ReadOnly
from sla.clock import database_now
from tickets.models import Delivery, InboundEvent, Ticket
from tickets.outbox import send_again


class OfTicket:
    """Lead from a row to its ticket in the console, where the work is."""

    @admin.display(description=_("工单"), ordering="ticket__number")
    def to_ticket(self, row: Any) -> str:
        ticket: Ticket | None = row.ticket
        if ticket is None:
            return "-"
        return format_html('<a href="{}">{}</a>', reverse("console:ticket", args=[ticket.number]), ticket.number)


@admin.register(Delivery)
class DeliveryAdmin(OfTicket, ReadOnly, admin.ModelAdmin):
    """One message to one person. Those given up are the dead letters; they can be sent again."""

    ordering = ("-pk",)
    list_display = ("queued_at", "kind", "to_ticket", "address", "state", "error", "attempts", "sent_at")
    list_display_links = ("queued_at", "kind")
    list_filter = ("state", "kind", "language")
    list_select_related = ("ticket",)
    search_fields = ("address", "ticket__number", "subject", "message_id", "error")
    fieldsets = (
        (None, {"fields": ("kind", "state", "error", "to_ticket", "address", "user", "contact", "subject",
                           "queued_at", "sent_at", "attempts", "unknown_sends")}),
        (INSIDES, {"fields": ("message_id", "event", "escalation", "carried_by", "not_before", "lease_until",
                              "language", "timezone"), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("to_ticket",)
    actions = ("send_again",)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether this user may send again what was given up."""
        return request.user.has_perm("tickets.change_delivery")

    @admin.action(description=_("重新发送失败的通知"), permissions=["resend"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        """Queue the chosen dead letters once more."""
        count = send_again(keys=list(deliveries.values_list("pk", flat=True)), at=database_now())
        said = ngettext("%(count)d 条通知将重新发送。", "%(count)d 条通知将重新发送。", count) % {"count": count}
        self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)


@admin.register(InboundEvent)
class InboundEventAdmin(OfTicket, ReadOnly, admin.ModelAdmin):
    """What arrived through a channel, and what became of it."""

    ordering = ("-pk",)
    list_display = ("received_at", "channel", "state", "external_id", "to_ticket", "attempts", "error")
    list_filter = ("state", "channel", "received_at")
    list_select_related = ("ticket",)
    search_fields = ("external_id", "ticket__number", "idempotency_key", "error")
    fieldsets = (
        (None, {"fields": ("channel", "state", "error", "to_ticket", "external_id", "received_at", "taken_at",
                           "attempts", "retry_at")}),
        (INSIDES, {"fields": ("api_key", "idempotency_key", "content_type"), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("to_ticket",)
