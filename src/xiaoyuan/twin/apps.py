"""Django's entry for the twin package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TwinConfig(AppConfig):
    """Twin."""

    name = "xiaoyuan.twin"
    label = "twin"
    verbose_name = _("Twin")
    default_auto_field = "django.db.models.BigAutoField"
