"""Mail as an administrator sees it: the mailboxes, kept here as in the console, and what came in, to be read alone."""

from dataclasses import fields
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from plans.admin.kept import ByActions
from sla.admin import INSIDES, ReadOnly
from tickets.actions.mail import Settings, keep_mailbox
from tickets.models import Mail, Mailbox


@admin.register(Mailbox)
class MailboxAdmin(ByActions, admin.ModelAdmin):
    """Addresses that customers write to; where a password is kept is said here, never the password."""

    list_display = ("address", "name", "vendor", "product", "team", "host", "is_active", "polled_at", "error")
    list_filter = ("vendor", "is_active")
    list_select_related = ("product", "team")
    search_fields = ("address", "name")
    fieldsets = (
        (None, {"fields": ("name", "address", "vendor", "product", "team", "takes_plus", "is_active")}),
        (_("收信服务器"), {"fields": ("host", "port", "security", "username", "password", "folder",
                                      "trusted_server")}),
        (INSIDES, {"fields": ("polled_at", "error", "uid_validity", "last_uid"), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("polled_at", "error", "uid_validity", "last_uid")

    def save_model(self, request: HttpRequest, obj: Mailbox, form: Any, change: bool) -> None:
        """Keep the mailbox as the console does."""
        said = {one.name: getattr(obj, one.name) for one in fields(Settings)}
        was = Mailbox.objects.get(pk=obj.pk) if change else None
        kept = keep_mailbox(mailbox=was, settings=Settings(**said), actor=request.user)  # type: ignore[arg-type]
        obj.pk, obj._state.adding = kept.pk, False


@admin.register(Mail)
class MailAdmin(ReadOnly, admin.ModelAdmin):
    """What came by mail and what became of it; it is decided about in the console."""

    ordering = ("-pk",)
    list_display = ("received_at", "subject", "from_address", "kind", "state", "reason", "to_ticket", "mailbox")
    list_display_links = ("received_at", "subject")
    list_filter = ("state", "kind", "reason", "mailbox")
    list_select_related = ("ticket", "mailbox")
    search_fields = ("subject", "from_address", "message_id", "ticket__number")
    fieldsets = (
        (None, {"fields": ("subject", "from_name", "from_address", "is_verified", "contact", "to", "cc", "received_at",
                           "state", "reason", "to_ticket", "to_page", "handled_by", "handled_at")}),
        (INSIDES, {"fields": ("mailbox", "kind", "thread", "claims", "message_id", "digest", "sent_at", "flaws",
                              "left_out", "event"), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("to_ticket", "to_page")

    @admin.display(description=_("工单"), ordering="ticket__number")
    def to_ticket(self, mail: Mail) -> str:
        """Lead to the ticket in the console."""
        if mail.ticket is None:
            return "-"
        return format_html('<a href="{}">{}</a>', reverse("console:ticket", args=[mail.ticket.number]), mail.ticket)

    @admin.display(description=_("来信"))
    def to_page(self, mail: Mail) -> str:
        """Lead to the mail in the console, where its words are."""
        return format_html('<a href="{}">#{}</a>', reverse("console:mail_page", args=[mail.pk]), mail.pk)
