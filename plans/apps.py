from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import pgettext_lazy


class PlansConfig(AppConfig):
    name = "plans"
    verbose_name = pgettext_lazy("app", "计划与客户")

    def ready(self) -> None:
        """Register the system checks, which need the models to be there."""
        autodiscover_modules("checks")
