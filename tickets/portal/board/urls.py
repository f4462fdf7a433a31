"""Where customers talk with each other and with us."""

from django.urls import path

from tickets.portal.board import deeds, pages

app_name = "board"
urlpatterns = [
    path("", pages.home, name="home"),
    path("ask/", pages.ask, name="ask"),
    path("suggest/", pages.suggest, name="suggest"),
    path("solved/", deeds.solved, name="solved"),
    path("mine/", pages.mine, name="mine"),
    path("<slug:code>/", pages.post, name="post"),
    path("<slug:code>/comment/", deeds.comment, name="comment"),
    path("<slug:code>/vote/", deeds.vote, name="vote"),
    path("<slug:code>/follow/", deeds.follow, name="follow"),
    path("<slug:code>/flag/", deeds.flag, name="flag"),
    path("<slug:code>/accept/", deeds.accept, name="accept"),
    path("<slug:code>/edit/", deeds.edit, name="edit"),
    path("<slug:code>/withdraw/", deeds.withdraw, name="withdraw"),
]
