"""People who were forgotten: done here by an administrator, and on record without naming them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from plans.admin.kept import ByActions
from sla.clock import database_now
from tickets.actions.forgetting import forget
from tickets.models import Forgetting
from tickets.showing.keeping import PLACES

WARNING = _(
    "保存后立即抹除，不能撤销：姓名、邮箱、电话在各处换成中性的词，登录停用；工单、计时、数字和签名不变。"
    "先办结这个人的工单、会话和回电。"
)


@admin.register(Forgetting)
class ForgettingAdmin(ByActions, admin.ModelAdmin):
    """Adding one forgets the contact at once, for good; rows are never changed."""

    list_display = ("at", "contact", "reason", "by")
    list_select_related = ("contact", "by")
    autocomplete_fields = ("contact",)

    readonly_fields = ("at", "by", "where")

    def get_fieldsets(self, request: HttpRequest, obj: Forgetting | None = None) -> Any:
        """Say before it is done what it comes to."""
        if obj:
            return ((None, {"fields": ("contact", "reason", "at", "by", "where")}),)
        return ((None, {"fields": ("contact", "reason"), "description": WARNING}),)

    def has_change_permission(self, request: HttpRequest, obj: Forgetting | None = None) -> bool:
        return False

    @admin.display(description=_("涉及的记录"))
    def where(self, row: Forgetting) -> str:
        """Return how many rows of each kind named them."""
        return format_html_join("", "<div>{}: {}</div>", ((PLACES[key], n) for key, n in row.counts.items()))

    def save_model(self, request: HttpRequest, obj: Forgetting, form: Any, change: bool) -> None:
        """Forget the contact that was chosen."""
        actor: Any = request.user
        done = forget(contact=obj.contact, reason=obj.reason, actor=actor, at=database_now())
        # The row as it stands now: what is noted and said of it must not name the contact any more.
        obj.pk, obj.contact, obj.at, obj.by, obj._state.adding = done.pk, done.contact, done.at, done.by, False
