"""Django's entry for the attachments package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttachmentsConfig(AppConfig):
    """Photos and voice recordings."""

    name = "xiaoyuan.attachments"
    label = "attachments"
    verbose_name = _("Photos and voice recordings")
    default_auto_field = "django.db.models.BigAutoField"
