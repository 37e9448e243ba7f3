"""Django's entry for the messages package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagesConfig(AppConfig):
    """Messages."""

    name = "xiaoyuan.messages"
    label = "outbox"
    verbose_name = _("Messages")
    default_auto_field = "django.db.models.BigAutoField"
