"""Where the community is answered and kept in order."""

from django.urls import path

from tickets.console.board import acts, pages

app_name = "board"
urlpatterns = [
    path("", pages.listing, name="list"),
    path("<slug:code>/", pages.post_page, name="post"),
    path("<slug:code>/act/", acts.act, name="act"),
]
