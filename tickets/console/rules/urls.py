"""Where the rules are. Each subject's module names its own pages; its first is called as in nav.SUBJECTS."""

from django.urls import URLPattern, URLResolver, path

from tickets.console.rules import (
    alerts,
    backtests,
    calendars,
    deliveries,
    drafts,
    endpoints,
    engine,
    holidays,
    imports,
    keeping,
    mailboxes,
    notices,
    policies,
    rota_editor,
    rota_past,
    rotas,
)
from tickets.console.rules.overview import overview

app_name = "rules"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview, name="overview"),
    *alerts.urlpatterns,
    *calendars.urlpatterns,
    *deliveries.urlpatterns,
    *endpoints.urlpatterns,
    *engine.urlpatterns,
    *mailboxes.urlpatterns,
    *holidays.urlpatterns,
    *imports.urlpatterns,
    *keeping.urlpatterns,
    *notices.urlpatterns,
    *backtests.urlpatterns,
    *drafts.urlpatterns,
    *policies.urlpatterns,
    *rota_editor.urlpatterns,
    *rotas.urlpatterns,
    *rota_past.urlpatterns,
]
