import os

from django.core.asgi import get_asgi_application

from config.body_limit import limited

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SHOUYUE_PROCESS", "web")

framework = get_asgi_application()
# The front reads models, which the framework has loaded only now.
from config.front import fronted  # noqa: E402

application = limited(fronted(framework))
