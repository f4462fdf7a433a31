"""The mailbox as an administrator sees it: what came in, what goes out, and what was given up."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from sla.admin import ReadOnly
from sla.clock import database_now
from tickets.delivering import send_again
from tickets.models import Delivery, InboundEvent


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):
    """One message to one person. Those given up are the dead letters; they can be sent again."""

    list_display = ("queued_at", "kind", "ticket", "address", "state", "attempts", "unknown_sends", "sent_at", "error")
    list_filter = ("state", "kind")
    list_select_related = ("ticket",)
    search_fields = ("address", "ticket__number", "message_id")
    exclude = ("rendered",)
    actions = ("send_again",)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether this user may send again what was given up."""
        return request.user.has_perm("tickets.change_delivery")

    @admin.action(description=_("重新发送失败的通知"), permissions=["resend"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        """Queue the chosen dead letters once more."""
        count = send_again(keys=list(deliveries.values_list("pk", flat=True)), at=database_now())
        messages.success(request, _("%(count)d 条通知将重新发送。") % {"count": count})


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnly, admin.ModelAdmin):
    """What arrived through a channel, and what became of it."""

    list_display = ("received_at", "channel", "state", "external_id", "ticket", "attempts", "error")
    list_filter = ("state", "channel")
    list_select_related = ("ticket",)
    search_fields = ("external_id", "ticket__number")
    exclude = ("raw",)
