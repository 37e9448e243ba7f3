"""Django's entry for the intake package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    """Import."""

    name = "xiaoyuan.intake"
    label = "intake"
    verbose_name = _("Import")
    default_auto_field = "django.db.models.BigAutoField"
