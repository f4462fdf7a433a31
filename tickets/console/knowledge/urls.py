"""Where articles are written."""

from tickets.console.knowledge import articles, paths, searches, shelves

app_name = "knowledge"
urlpatterns = [*articles.urlpatterns, *paths.urlpatterns, *searches.urlpatterns, *shelves.urlpatterns]
