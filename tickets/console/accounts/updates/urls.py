"""Where updates are in the console: their own pages under `-/updates/`, a contract's under its number."""

from tickets.console.accounts.updates import contract, desk, feed, packages, requests, window

urlpatterns = [
    *desk.urlpatterns,
    *window.urlpatterns,
    *requests.urlpatterns,
    *packages.urlpatterns,
    *feed.urlpatterns,
    *contract.urlpatterns,
]
