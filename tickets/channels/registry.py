"""Which adapter reads which channel."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from tickets.channels.base import Channel
from tickets.channels.community import Community
from tickets.channels.hotline import Hotline
from tickets.channels.im import Im
from tickets.channels.in_product import InProduct
from tickets.channels.portal import Portal

# Channels that programs post to. Mail and monitoring come in other forms and are not served yet.
SERVED = ("im", "hotline", "portal", "community", "in_product")
ADAPTERS: dict[str, Channel] = {
    adapter.key: adapter for adapter in (Im(), Hotline(), Portal(), Community(), InProduct())
}


@register
def every_channel_has_its_adapter(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Return an error for each channel that is served but that no adapter reads."""
    missing = [key for key in SERVED if key not in ADAPTERS]
    return [
        Error(
            f"No adapter reads the channel {key!r}.",
            hint="Add a subclass of Channel with this key to tickets.channels.registry.ADAPTERS.",
            id="tickets.E001",
        )
        for key in missing
    ]
