"""Where customers look things up."""

from django.urls import path

from tickets.portal.help import deeds, pages

app_name = "help"
urlpatterns = [
    path("", pages.home, name="home"),
    path("all/", pages.listing, name="list"),
    path("find/", pages.find, name="find"),
    path("suggest/", pages.suggest, name="suggest"),
    path("solved/", deeds.solved, name="solved"),
    path("files/<int:pk>/", pages.file, name="file"),
    path("paths/", pages.paths, name="paths"),
    path("paths/<slug:code>/", pages.path, name="path"),
    path("<slug:number>/", pages.article, name="article"),
    path("<slug:number>/finish/", deeds.finish, name="finish"),
    path("<slug:number>/watch/", deeds.watch, name="watch"),
    path("<slug:number>/judge/", deeds.judge, name="judge"),
]
