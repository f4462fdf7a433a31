from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import pgettext_lazy


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = pgettext_lazy("app", "工单")

    def ready(self) -> None:
        """Register the system checks."""
        autodiscover_modules("checks")
