from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from config.celery import app as celery_app

__all__ = ["BackOfficeConfig", "ProjectConfig", "celery_app"]


class ProjectConfig(AppConfig):
    """Load the Celery app with Django, so that a task called from a web request finds its broker."""

    name = "config"
    verbose_name = "守约"


class BackOfficeConfig(AdminConfig):
    """Django's admin, with the site of `config.back_office`."""

    default_site = "config.back_office.BackOffice"
