"""Where accounts are. Each subject's module names its own pages: a contract's under its number, others under `-/`."""

from django.urls import URLPattern, URLResolver, path

from tickets.console.accounts import contract, listing, upgrade

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", listing.listing, name="list"),
    *contract.urlpatterns,
    *upgrade.urlpatterns,
]
