"""Where a customer's contracts are. Each subject's module names its own pages, under the contract's number."""

from django.urls import URLPattern, URLResolver

from tickets.portal.service import (
    deliverables,
    engagements,
    gatherings,
    operations,
    overview,
    owed,
    plan,
    reports,
    rights,
    updates,
)

app_name = "service"
urlpatterns: list[URLPattern | URLResolver] = [
    # Before all that begin with a contract's number.
    *operations.urlpatterns,
    *overview.urlpatterns,
    *engagements.urlpatterns,
    *deliverables.urlpatterns,
    *gatherings.urlpatterns,
    *rights.urlpatterns,
    *owed.urlpatterns,
    *reports.urlpatterns,
    *updates.urlpatterns,
    *plan.urlpatterns,
]
