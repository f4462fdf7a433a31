"""Where agents are."""

from django.urls import include, path

from tickets.console import alerts, catalogue, classify, live, tasks, views
from tickets.console.calls import pages as calls
from tickets.console.coverage import report, ticket
from tickets.console.mail import pages as mail_pages
from tickets.console.what_if import what_if_page

app_name = "console"
urlpatterns = [
    path("", views.queue_page, name="queue"),
    path("rail/", views.rail_part, name="rail"),
    *live.urlpatterns,
    *calls.urlpatterns,
    *alerts.urlpatterns,
    *tasks.urlpatterns,
    *classify.urlpatterns,
    *report.urlpatterns,
    *ticket.urlpatterns,
    *mail_pages.urlpatterns,
    *catalogue.urlpatterns,
    path("rules/", include("tickets.console.rules.urls")),
    path("accounts/", include("tickets.console.accounts.urls")),
    path("knowledge/", include("tickets.console.knowledge.urls")),
    path("chat/", include("tickets.console.chat.urls")),
    path("board/", include("tickets.console.board.urls")),
    path("tickets/<str:number>/", views.ticket_page, name="ticket"),
    path("tickets/<str:number>/what-if/", what_if_page, name="what_if"),
    path("tickets/<str:number>/act/", views.act, name="act"),
    path("tickets/<str:number>/proof/<int:milestone>/", views.proof_page, name="proof"),
]
