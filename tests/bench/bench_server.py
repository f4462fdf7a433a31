"""The product's own server, with the bare view beside its routes."""

from config.asgi import application
from tests.bench import bare_view

__all__ = ["application", "bare_view"]
