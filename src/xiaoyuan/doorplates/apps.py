"""Django's entry for the doorplates package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DoorplatesConfig(AppConfig):
    """Doorplates."""

    name = "xiaoyuan.doorplates"
    label = "doorplates"
    verbose_name = _("Doorplates")
    default_auto_field = "django.db.models.BigAutoField"
