from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class SlaConfig(AppConfig):
    name = "sla"
    verbose_name = "服务时限"

    def ready(self) -> None:
        """Register the system checks, which need the models to be there."""
        autodiscover_modules("checks")
