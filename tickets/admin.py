"""The mailbox as an administrator sees it: what came in, what goes out, what was given up, and whom rules call."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from plans.admin.kept import ByActions
from sla.admin import INSIDES, ReadOnly
from sla.clock import database_now
from tickets.actions import webhooks
from tickets.forgetting_admin import ForgettingAdmin
from tickets.key_admin import KeyAdmin
from tickets.mail_admin import MailAdmin, MailboxAdmin
from tickets.models import Chat, Delivery, InboundEvent, Post, PostBack, Ticket, WebhookEndpoint
from tickets.site_admin import SiteAdmin
from tickets.telling.outbox import send_again

__all__ = ["ForgettingAdmin", "KeyAdmin", "MailAdmin", "MailboxAdmin", "SiteAdmin"]


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
    list_filter = ("state", "kind", "channel", "language")
    list_select_related = ("ticket",)
    search_fields = ("address", "ticket__number", "subject", "message_id", "error")
    fieldsets = (
        (None, {"fields": ("kind", "state", "error", "to_ticket", "address", "user", "contact", "subject",
                           "queued_at", "sent_at", "attempts", "unknown_sends")}),
        (INSIDES, {"fields": ("message_id", "event", "escalation", "bulletin", "channel", "endpoint",
                              "carried_by", "not_before", "lease_until",
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


@admin.register(Chat)
class ChatAdmin(OfTicket, ReadOnly, admin.ModelAdmin):
    """Conversations; what is said in them stands in the console, where they are held."""

    ordering = ("-pk",)
    list_display = ("opened_at", "code", "vendor", "state", "customer", "assignee", "to_ticket", "rating")
    list_display_links = ("opened_at", "code")
    list_filter = ("vendor", "state", "channel", "ended_by")
    list_select_related = ("ticket", "customer", "assignee")
    search_fields = ("code", "customer__name", "contact__name", "ticket__number")
    fieldsets = (
        (None, {"fields": ("code", "vendor", "channel", "state", "customer", "contact", "contract", "product",
                           "assignee", "team", "to_ticket", "opened_at", "waiting_since", "accepted_at", "ended_at",
                           "ended_by", "rating", "rating_words")}),
        (INSIDES, {"fields": ("language", "module", "tenant", "page", "plan_rank", "message_count", "customer_read",
                              "agent_read", "customer_at", "agent_at", "rated_at"), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("to_ticket",)


@admin.register(Post)
class PostAdmin(OfTicket, ReadOnly, admin.ModelAdmin):
    """What stands in the community; it is answered and kept in order in the console."""

    ordering = ("-pk",)
    list_display = ("at", "code", "vendor", "kind", "title", "author_display", "state", "to_ticket", "source")
    list_display_links = ("at", "code")
    list_filter = ("vendor", "kind", "state", "source")
    list_select_related = ("ticket",)
    search_fields = ("code", "title", "author_display", "external_id", "ticket__number")
    fieldsets = (
        (None, {"fields": ("code", "vendor", "kind", "title", "author_display", "customer", "product", "topic", "state",
                           "idea_state", "to_ticket", "refusal", "at", "last_at", "hidden_at", "hidden_why")}),
        (INSIDES, {"fields": ("source", "external_id", "url", "api_key", "contract", "allows_post_back", "is_pinned",
                              "comment_count", "vote_count", "view_count"), "classes": ("collapse",)}),
    )  # fmt: skip
    readonly_fields = ("to_ticket",)


@admin.register(PostBack)
class PostBackAdmin(ReadOnly, admin.ModelAdmin):
    """Our answers on their way to forums; those given up are sent again from the post in the console."""

    ordering = ("-pk",)
    list_display = ("queued_at", "comment", "state", "attempts", "sent_at", "error")
    list_filter = ("state",)
    list_select_related = ("comment",)
    fields = ("comment", "mark", "state", "error", "queued_at", "not_before", "attempts", "sent_at", "lease_until")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ByActions, admin.ModelAdmin):
    """Programs that rules may call: added here with a secret that is shown once, moved, switched off and on."""

    list_display = ("name", "kind", "shown_url", "is_active", "last_call", "note", "created_at")
    list_filter = ("is_active", "kind")
    search_fields = ("name",)
    actions = ("renew_secret", "switch_off", "switch_on")

    def get_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        kept = ("is_active", "last_call", "note", "created_at")
        if obj is None:
            return ("name", "url")
        return ("name", "kind", "shown_url", *kept) if obj.is_robot else ("name", "url", *kept)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: WebhookEndpoint | None = None) -> tuple[str, ...]:
        return ("name", "kind", "shown_url", "is_active", "last_call", "note", "created_at") if obj else ()

    @admin.display(description=_("地址"))
    def shown_url(self, endpoint: WebhookEndpoint) -> str:
        """Return where it is, without what lets anybody write there."""
        return endpoint.shown_url

    @admin.display(description=_("最近一次回调"))
    def last_call(self, endpoint: Any) -> str:
        """Return how the last call went that was tried, and why it failed if it did."""
        if endpoint.last_state is None:
            return gettext("还没有回调过。")
        if endpoint.last_sent_at:
            return gettext("%(at)s 送达。") % {"at": date_format(localtime(endpoint.last_sent_at), "Y-m-d H:i")}
        words = {"ticket": endpoint.last_ticket__number, "n": endpoint.last_attempts, "why": endpoint.last_error}
        if endpoint.last_state == Delivery.State.QUEUED:
            return gettext("%(ticket)s：试了 %(n)d 次没有送达，还会再试。%(why)s") % words
        return gettext("%(ticket)s：没有送达，试了 %(n)d 次。%(why)s") % words

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        """Return endpoints, each with what became of its last call."""
        last = Delivery.objects.filter(endpoint=OuterRef("pk")).called()
        told = ("state", "sent_at", "attempts", "error", "ticket__number")
        found: QuerySet[WebhookEndpoint] = super().get_queryset(request).filter(retired_at=None)
        return found.annotate(**{f"last_{name}": Subquery(last.values(name)[:1]) for name in told})

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool) -> None:
        """Add the endpoint, or call it under another address from now on."""
        if change and not obj.is_robot:
            webhooks.move(endpoint=obj, url=obj.url)
        if change:
            return
        added = webhooks.add(name=obj.name, url=obj.url)
        obj.pk, obj.secret, obj._state.adding = added.pk, added.secret, False

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._shown_once(request, [obj])

    @admin.action(description=_("更换所选地址的签名密钥"), permissions=["change"])
    def renew_secret(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> HttpResponse:
        """Give endpoints new secrets and show them once."""
        return self._shown_once(request, [webhooks.renew_secret(endpoint=one, at=database_now()) for one in queryset])

    @admin.action(description=_("停用所选回调地址"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Call endpoints no more."""
        for endpoint in queryset:
            webhooks.switch_off(endpoint=endpoint, note=str(request.user))

    @admin.action(description=_("启用所选回调地址"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        """Call endpoints again."""
        for endpoint in queryset:
            webhooks.switch_on(endpoint=endpoint)

    def _shown_once(self, request: HttpRequest, endpoints: list[WebhookEndpoint]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": gettext("请现在抄下签名密钥"), "opts": self.opts}
        page = "admin/tickets/webhookendpoint/secret.html"
        response = TemplateResponse(request, page, {**context, "endpoints": endpoints})
        response["Cache-Control"] = "no-store"
        return response
