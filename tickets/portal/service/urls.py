"""Where a customer's contracts are. Each subject's module names its own pages, under the contract's number."""

from django.urls import URLPattern, URLResolver

from tickets.portal.service import overview, plan, rights

app_name = "service"
urlpatterns: list[URLPattern | URLResolver] = [
    *overview.urlpatterns,
    *rights.urlpatterns,
    *plan.urlpatterns,
]
