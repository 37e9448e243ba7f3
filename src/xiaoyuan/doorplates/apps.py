"""Django's entry for the doorplates package."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class DoorplatesConfig(AppConfig):
    """Doorplates."""

    name = "xiaoyuan.doorplates"
    label = "doorplates"
    verbose_name = _("Doorplates")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let set-up say when plates could not be printed here."""
        from xiaoyuan.doorplates.checks import check_print_font

        register(check_print_font)
