"""Where accounts are. Each subject's module names its own pages: a contract's under its number, others under `-/`."""

from django.urls import URLPattern, URLResolver, path

from tickets.console.accounts import calendar, contract, customer, history, listing, owed, rights, signing, upgrade
from tickets.console.accounts.amending import page as amending
from tickets.console.accounts.deliverables import listing as deliverables
from tickets.console.accounts.deliverables import page as deliverables_page
from tickets.console.accounts.engagements import desk, gatherings
from tickets.console.accounts.engagements import listing as engagements
from tickets.console.accounts.engagements import page as engagements_page
from tickets.console.accounts.reports import listing as reports
from tickets.console.accounts.reports import page as report_page
from tickets.console.accounts.updates import urls as updates

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", listing.listing, name="list"),
    *customer.urlpatterns,
    *calendar.urlpatterns,
    *desk.urlpatterns,
    *gatherings.urlpatterns,
    *engagements_page.urlpatterns,
    *engagements.urlpatterns,
    *deliverables_page.urlpatterns,
    *deliverables.urlpatterns,
    *signing.urlpatterns,
    *contract.urlpatterns,
    *amending.urlpatterns,
    *history.urlpatterns,
    *rights.urlpatterns,
    *owed.urlpatterns,
    *reports.urlpatterns,
    *report_page.urlpatterns,
    *updates.urlpatterns,
    *upgrade.urlpatterns,
]
