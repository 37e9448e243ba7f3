"""Kinds of attachments."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class AttachmentKind(models.TextChoices):
    """What a file is."""

    PHOTO = "photo", _("photo")
    VOICE = "voice", _("voice recording")


WHOLE: Final = "whole"
THUMBNAIL: Final = "thumbnail"
"""Names under which the two sizes of a file are sealed."""
