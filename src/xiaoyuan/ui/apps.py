"""Django's entry for the ui package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UiConfig(AppConfig):
    """Components."""

    name = "xiaoyuan.ui"
    label = "ui"
    verbose_name = _("Components")
    default_auto_field = "django.db.models.BigAutoField"
