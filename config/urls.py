from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from config import health
from tickets import attachments

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/", include("tickets.intake.urls")),
    path("attachments/<int:pk>/", attachments.download, name="attachment"),
]

# An API that answers a page of HTML to an error is none.
handler400 = "sla.problems.bad_request"
handler403 = "sla.problems.forbidden"
handler404 = "sla.problems.not_found"
handler500 = "sla.problems.server_error"
