"""The product's addresses with the demo mail among them, as where the runner's own mail server is used."""

from django.urls import include, path

from config import demo_mail, urls

urlpatterns = [path("demo/mail/", include(demo_mail)), *urls.urlpatterns]
