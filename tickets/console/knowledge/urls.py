"""Where articles are written."""

from tickets.console.knowledge import articles, paths, searches

app_name = "knowledge"
urlpatterns = [*articles.urlpatterns, *paths.urlpatterns, *searches.urlpatterns]
