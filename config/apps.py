from django.apps import AppConfig

from config.celery import app as celery_app

__all__ = ["ProjectConfig", "celery_app"]


class ProjectConfig(AppConfig):
    """Load the Celery app with Django, so that a task called from a web request finds its broker."""

    name = "config"
    verbose_name = "守约"
