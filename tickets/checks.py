"""What must hold before anything starts."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from tickets.channels import registry


@register
def every_channel_has_its_adapter(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Return an error for each channel that is served but that no adapter reads."""
    missing = [key for key in registry.SERVED if key not in registry.ADAPTERS]
    return [
        Error(
            f"No adapter reads the channel {key!r}.",
            hint="Add a subclass of Channel with this key to tickets.channels.registry.ADAPTERS.",
            id="tickets.E001",
        )
        for key in missing
    ]
