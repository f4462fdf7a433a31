"""Where the chat is embedded, as an administrator keeps it: origins, product, and a secret that is shown once."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.admin.kept import ByActions
from tickets.actions.sites import add_site, change_site, end_previous_secret, renew_secret
from tickets.actions.visiting import USED
from tickets.chat.sessions import WRONG
from tickets.models import Site


class SiteForm(forms.ModelForm):
    """A site, its origins a line each."""

    origins = forms.CharField(
        label=_("允许的来源"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("每行一个，如 https://erp.example，不带路径。不填就只能用在我们自己的页面。"),
    )  # fmt: skip

    class Meta:
        model = Site
        fields = ("code", "name", "name_en", "vendor", "product", "channel", "origins", "allows_anonymous", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["origins"] = "\n".join(self.instance.origins)

    def clean_origins(self) -> list[str]:
        """Return the lines that are not empty, each once."""
        lines = (line.strip() for line in self.cleaned_data["origins"].splitlines())
        return list(dict.fromkeys(line for line in lines if line))


@admin.register(Site)
class SiteAdmin(ByActions, admin.ModelAdmin):
    """Pages and products that embed the chat."""

    form = SiteForm
    list_display = ("code", "name", "vendor", "product", "channel", "allows_anonymous", "is_active", "how_to")
    list_filter = ("vendor", "is_active")
    list_select_related = ("product",)
    search_fields = ("code", "name")
    actions = ("renew", "end_previous")

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def get_urls(self) -> list[URLPattern]:
        told = self.admin_site.admin_view(self.told)
        return [path("<int:pk>/embed/", told, name="tickets_site_embed"), *super().get_urls()]

    @admin.display(description=_("接入说明"))
    def how_to(self, site: Site) -> str:
        """Lead to the tag to copy."""
        url = reverse("admin:tickets_site_embed", args=[site.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("标签与签名示例"))

    def told(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the tag to copy, and how a host signs who its user is. Raises Http404."""
        site = Site.objects.filter(pk=pk).first()
        if site is None or not self.has_view_permission(request, site):
            raise Http404
        return self._page(request, gettext("把云客服放进页面"), [site])

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        """Keep the site; a new one gets its secret."""
        if change:
            change_site(row=obj)
        else:
            add_site(row=obj)

    def response_add(self, request: HttpRequest, obj: Site, post_url_continue: str | None = None) -> HttpResponse:
        return self._shown_once(request, [obj])

    @admin.action(description=_("更换所选接入点的签名密钥"), permissions=["change"])
    def renew(self, request: HttpRequest, queryset: QuerySet[Site]) -> HttpResponse:
        """Give sites new secrets and show them once; the old ones count until they are ended."""
        return self._shown_once(request, [renew_secret(site=site) for site in queryset])

    @admin.action(description=_("停用所选接入点的上一个密钥"), permissions=["change"])
    def end_previous(self, request: HttpRequest, queryset: QuerySet[Site]) -> None:
        """Take the secrets before no more."""
        for site in queryset:
            end_previous_secret(site=site)

    def _shown_once(self, request: HttpRequest, sites: list[Site]) -> HttpResponse:
        return self._page(request, gettext("请现在抄下签名密钥"), sites, is_secret_shown=True)

    def _page(
        self, request: HttpRequest, title: str, sites: list[Site], *, is_secret_shown: bool = False
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request), "title": title, "opts": self.opts, "sites": sites,
            "product": settings.PUBLIC_URL, "is_secret_shown": is_secret_shown,
            "codes": [*WRONG.items(), ("identity_used", USED)],
        }  # fmt: skip
        response = TemplateResponse(request, "admin/tickets/site/embed.html", context)
        response["Cache-Control"] = "no-store"
        return response
