import os

from django.core.asgi import get_asgi_application

from config.body_limit import limited

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("SHOUYUE_PROCESS", "web")

application = limited(get_asgi_application())
