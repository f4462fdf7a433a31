from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class PlansConfig(AppConfig):
    name = "plans"
    verbose_name = pgettext_lazy("app", "计划与客户")
