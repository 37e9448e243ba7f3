"""Django's entry for the centre package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CentreConfig(AppConfig):
    """Digital centre."""

    name = "xiaoyuan.centre"
    label = "centre"
    verbose_name = _("Digital centre")
    default_auto_field = "django.db.models.BigAutoField"
