"""Where customers are."""

from django.urls import path

from tickets.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("tickets/", views.tickets, name="tickets"),
    path("new/", views.home, name="new"),
]
