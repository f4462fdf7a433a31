"""Where agents are."""

from django.urls import include, path

from tickets.console import alerts, classify, tasks, views

app_name = "console"
urlpatterns = [
    path("", views.queue_page, name="queue"),
    path("rail/", views.rail_part, name="rail"),
    *alerts.urlpatterns,
    *tasks.urlpatterns,
    *classify.urlpatterns,
    path("rules/", include("tickets.console.rules.urls")),
    path("tickets/<str:number>/", views.ticket_page, name="ticket"),
    path("tickets/<str:number>/act/", views.act, name="act"),
    path("tickets/<str:number>/proof/<int:milestone>/", views.proof_page, name="proof"),
]
