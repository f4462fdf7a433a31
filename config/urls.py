from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import demo_mail, demo_widget, health, metrics, openapi
from plans import amending_api, signing_api
from plans import api as plans_api
from plans.catalogue import api as catalogue_api
from plans.deliverables import api as deliverables_api
from plans.engagements import acting_api, gatherings_api
from plans.engagements import api as engagements_api
from plans.history import api as history_api
from plans.obligations import api as obligations_api
from plans.quotas import api as quotas_api
from plans.quotas import booking_api
from plans.updates import api as updates_api
from sla.api import views as sla_api
from tickets import attachments, deliverable_files
from tickets.api import imports
from tickets.chat import script

API = [
    path("sla/due/", sla_api.DueView.as_view(), name="sla-due"),
    path("customers/upsert/", plans_api.CustomersUpsert.as_view(), name="customers-upsert"),
    path("contracts/", signing_api.Contracts.as_view(), name="contracts"),
    path("contracts/<str:number>/", history_api.ContractAsOf.as_view(), name="contract"),
    path("contracts/<str:number>/history/", history_api.ContractHistory.as_view(), name="contract-history"),
    path("contracts/<str:number>/renew/", signing_api.ContractRenewal.as_view(), name="contract-renewal"),
    path("contracts/<str:number>/term/", signing_api.ContractTerm.as_view(), name="contract-term"),
    path("contracts/<str:number>/overrides/", plans_api.ContractOverrides.as_view(), name="contract-overrides"),
    path(
        "contracts/<str:number>/overrides/withdraw/",
        amending_api.ContractWithdrawals.as_view(),
        name="contract-withdrawals",
    ),
    path("contracts/<str:number>/plan/", amending_api.ContractPlan.as_view(), name="contract-plan"),
    path("contracts/<str:number>/upgrade/", catalogue_api.ContractUpgrade.as_view(), name="contract-upgrade"),
    path("plans/", catalogue_api.Plans.as_view(), name="plans"),
    path("plans/<str:code>/", catalogue_api.PlanVersion.as_view(), name="plan"),
    path("plans/<str:code>/changes/", catalogue_api.PlanChanges.as_view(), name="plan-changes"),
    path(
        "contracts/<str:number>/entitlements/", quotas_api.ContractEntitlements.as_view(), name="contract-entitlements"
    ),
    path(
        "contracts/<str:number>/obligations/",
        obligations_api.ContractObligations.as_view(),
        name="contract-obligations",
    ),
    path(
        "contracts/<str:number>/obligations/<int:pk>/meet/",
        obligations_api.ObligationMet.as_view(),
        name="obligation-met",
    ),
    path(
        "contracts/<str:number>/obligations/<int:pk>/waive/",
        obligations_api.ObligationWaived.as_view(),
        name="obligation-waived",
    ),
    path(
        "contracts/<str:number>/obligations/<int:pk>/take-back/",
        obligations_api.ObligationTakenBack.as_view(),
        name="obligation-taken-back",
    ),
    path(
        "contracts/<str:number>/frequencies/",
        obligations_api.ContractFrequencies.as_view(),
        name="contract-frequencies",
    ),
    path(
        "contracts/<str:number>/engagements/",
        engagements_api.ContractEngagements.as_view(),
        name="contract-engagements",
    ),
    path("engagements/<slug:code>/", engagements_api.EngagementDetail.as_view(), name="engagement-detail"),
    *(
        path(f"engagements/<slug:code>/{name}/", acting_api.act_view(name), name=f"engagement-{name}")
        for name in acting_api.ACTS
    ),
    path("gatherings/", gatherings_api.Gatherings.as_view(), name="gatherings"),
    path("gatherings/<int:pk>/", gatherings_api.GatheringDetail.as_view(), name="gathering-detail"),
    *(
        path(f"gatherings/<int:pk>/{name}/", gatherings_api.act_view(name), name=f"gathering-{name}")
        for name in gatherings_api.ACTS
    ),
    path("updates/", updates_api.Updates.as_view(), name="updates"),
    path("contracts/<str:number>/updates/", updates_api.ContractUpdates.as_view(), name="contract-updates"),
    path("contracts/<str:number>/updates/running/", updates_api.ContractRunning.as_view(), name="contract-running"),
    path("update-requests/<slug:code>/", updates_api.UpdateRequestDetail.as_view(), name="update-request"),
    *(
        path(f"update-requests/<slug:code>/{name}/", updates_api.act_view(name), name=f"update-request-{name}")
        for name in updates_api.ACTS
    ),
    *(
        path(f"contracts/<str:number>/ledger/{name}/", booking_api.act_view(name), name=f"ledger-{name}")
        for name in booking_api.ACTS
    ),
    path(
        "contracts/<str:number>/deliverables/",
        deliverables_api.ContractDeliverables.as_view(),
        name="contract-deliverables",
    ),
    path("deliverables/<slug:code>/", deliverables_api.DeliverableDetail.as_view(), name="deliverable-detail"),
    path("deliverables/<slug:code>/rounds/", deliverables_api.DeliverableRounds.as_view(), name="deliverable-rounds"),
    *(
        path(f"deliverables/<slug:code>/{name}/", deliverables_api.act_view(name), name=f"deliverable-{name}")
        for name in deliverables_api.ACTS
    ),
    path("contracts/<str:number>/statement/", quotas_api.ContractStatement.as_view(), name="contract-statement"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.MetricsView.as_view(), name="metrics"),
    path("", include("config.accounts.urls")),
    path("portal/", include("tickets.portal.urls")),
    path("console/", include("tickets.console.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", openapi.Schema.as_view(), name="schema"),
    path("api/docs/", openapi.Docs.as_view(), name="docs"),
    path("api/v1/", include([*API, path("", include("tickets.api.urls"))])),
    path("hooks/", include("tickets.hooks.urls")),
    path("chat/", include("tickets.chat.urls")),
    path("static/widget/shouyue.js", script.script, name="widget"),
    path("schemas/plan.schema.json", catalogue_api.schema_file, name="plan-schema"),
    path("schemas/mapping.schema.json", imports.mapping_schema_file, name="mapping-schema"),
    path("attachments/<int:pk>/", attachments.download, name="attachment"),
    path("deliverable-files/<int:pk>/", deliverable_files.deliverable_file, name="deliverable_file"),
]
if settings.DEMO_MAIL:
    urlpatterns += [path("demo/mail/", include(demo_mail)), path("demo/widget/", include(demo_widget))]

# An API that answers a page of HTML to an error is none.
handler400 = "sla.api.problems.bad_request"
handler403 = "sla.api.problems.forbidden"
handler404 = "sla.api.problems.not_found"
handler500 = "sla.api.problems.server_error"
