from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = "工单"

    def ready(self) -> None:
        """Register the system checks."""
        autodiscover_modules("checks")
