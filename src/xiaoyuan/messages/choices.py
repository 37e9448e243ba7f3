"""Channels and states of messages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """The way a message takes."""

    INBOX = "inbox", _("inbox of this site")
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")
    HOOK = "hook", _("group chat robot")


class Delivery(models.TextChoices):
    """Where a message is on its way."""

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("given up")
