"""Keys of programs: issued, shown once, rotated and revoked."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.actions.keys import SCOPES, Holder, adjust_key, check_options, issue_key, revoke_key, rotate_key
from plans.admin.kept import ByActions
from plans.keys import own_limit
from plans.models import ApiKey
from plans.refusals import RefusedError
from sla.clock import database_now

MEANINGS: dict[str, LazyText] = {"api": _("以代表用户的权限读写"), "upsert": _("导入和更新客户")}
SEEN = (
    "name", "prefix", "allows", "user", "customer", "product", "limit", "created_at", "expires_at",
    "revoked_at", "last_used_at",
)  # fmt: skip
ONLY_SAVE = {"show_save_and_add_another": False, "show_save_and_continue": False}


def scope_words(scope: str) -> str:
    """Return a scope with what it allows."""
    return f"{scope} · {MEANINGS.get(scope, _('经这个渠道提交工单'))}"


def scope_choices() -> list[tuple[str, str]]:
    """Return every scope, in the reader's words."""
    return [(scope, scope_words(scope)) for scope in SCOPES]


class WithOptions(forms.ModelForm):
    """A form in which wrong options are told beside them."""

    def clean_options(self) -> object:
        options = self.cleaned_data["options"] or {}
        try:
            check_options(options)
        except RefusedError as refused:
            raise forms.ValidationError(refused.message) from refused
        return options


class KeyForm(WithOptions):
    """A key to be issued: whom it acts for, and what it may do."""

    scopes = forms.MultipleChoiceField(label=_("权限"), choices=scope_choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "user", "customer", "product", "expires_at", "signing_secret", "options")
        widgets = {"signing_secret": forms.PasswordInput(render_value=False)}


class HookForm(WithOptions):
    """How another program calls by a key that is there already."""

    class Meta:
        model = ApiKey
        fields = ("signing_secret", "options")
        widgets = {"signing_secret": forms.PasswordInput(render_value=False)}
        help_texts = {"signing_secret": _("留空则不改。")}


def kinds_of(key: ApiKey) -> set[str]:
    """Return under which names the requests of a key are counted."""
    kinds = {"intake", "hooks"} if any(scope.startswith("intake:") for scope in key.scopes) else set()
    return kinds | ({"api"} if {"api", "upsert"} & set(key.scopes) else set())


class ValidFilter(admin.SimpleListFilter):
    """Keys that work, and those that no longer do."""

    title = _("有效性")
    parameter_name = "valid"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("有效")), ("no", _("已停用或过期"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        valid = ApiKey.objects.valid(database_now()).values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=valid)
        return queryset.exclude(pk__in=valid) if self.value() == "no" else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(ByActions, admin.ModelAdmin):
    """Keys of programs: issued here, shown once, rotated and revoked from the list."""

    form = KeyForm
    issued_template = "admin/plans/apikey/issued.html"
    list_display = ("name", "prefix", "allows", "user", "customer", "limit", "expires_at", "revoked_at", "last_used_at")
    list_filter = (ValidFilter, "customer__country")
    list_select_related = ("user", "customer")
    search_fields = ("name", "prefix", "user__username", "user__name", "customer__name", "customer__name_en")
    autocomplete_fields = ("user", "customer", "product")
    actions = ("rotate", "revoke")

    @admin.display(description=_("权限"))
    def allows(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description=_("每分钟上限"))
    def limit(self, key: ApiKey) -> str:
        """Return how many requests a minute are let in: the key's own limit, else everybody's for what it may do."""
        usual = {name: most for name, most in settings.REQUESTS_PER_MINUTE.items() if name in kinds_of(key)}
        own = own_limit(key.options)
        return str(own) if own else ", ".join(f"{name} {most}" for name, most in usual.items())

    def get_fieldsets(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": KeyForm.Meta.fields})]
        fields = (*SEEN, *HookForm.Meta.fields)
        return [(None, {"fields": fields, "description": _("轮换和停用在密钥列表里：勾选密钥，再选动作。")})]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return SEEN if obj else ()

    def get_form(self, request: HttpRequest, obj: ApiKey | None = None, change: bool = False, **more: Any) -> Any:
        return super().get_form(request, obj, change, **(more | ({"form": HookForm} if obj else {})))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return super().add_view(request, form_url, {**(extra_context or {}), **ONLY_SAVE})

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Issue the key; its secret goes to the page that follows and nowhere else. One that is there is adjusted."""
        if change:
            kept = ApiKey.objects.get(pk=obj.pk)
            adjust_key(key=kept, options=obj.options, signing_secret=obj.signing_secret)
            return
        key, secret = issue_key(
            name=obj.name, scopes=obj.scopes, at=database_now(), expires_at=obj.expires_at,
            holder=Holder(obj.user, obj.customer, obj.product, obj.signing_secret, obj.options),
        )  # fmt: skip
        obj.pk, obj._state.adding = key.pk, False
        request.issued = (key, secret)  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        return self._shown_once(request, [request.issued])  # type: ignore[attr-defined]

    @admin.action(description=_("轮换所选密钥（旧密钥 7 天后失效）"), permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        """Issue the successors of keys and show their secrets once; if one cannot be rotated, none is."""
        try:
            return self._shown_once(request, rotated(queryset))
        except RefusedError as refused:
            self.message_user(request, refused.message, messages.ERROR)
            return None

    @admin.action(description=_("立即停用所选密钥"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End keys at once."""
        at = database_now()
        for key in queryset:
            revoke_key(key=key, at=at)
        self.message_user(request, gettext("所选密钥已停用。"), messages.SUCCESS)

    def _shown_once(self, request: HttpRequest, issued: list[tuple[ApiKey, str]]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **self.issued_context(issued),
            "title": _("请现在抄下密钥"),
            "opts": self.opts,
        }
        response = TemplateResponse(request, self.issued_template, context)
        response["Cache-Control"] = "no-store"
        return response

    def issued_context(self, issued: list[tuple[ApiKey, str]]) -> dict[str, Any]:
        """Return what the page shows that shows keys once."""
        return {"issued": issued}


@transaction.atomic
def rotated(keys: QuerySet[ApiKey]) -> list[tuple[ApiKey, str]]:
    """Rotate keys, all or none, and return their successors with the secrets."""
    at = database_now()
    return [rotate_key(key=key, at=at) for key in keys]
