"""Kinds and states of notices."""

from django.db import models
from django.utils.translation import pgettext_lazy


class NoticeKind(models.TextChoices):
    """What a notice is about."""

    GENERAL = "general", pgettext_lazy("notice", "announcement")
    WARNING = "warning", pgettext_lazy("notice", "warning of danger")
    POLICY = "policy", pgettext_lazy("notice", "policy")
    PUBLICITY = "publicity", pgettext_lazy("notice", "village affairs made public")
    ACTIVITY = "activity", pgettext_lazy("notice", "activity")
    STOPPAGE = "stoppage", pgettext_lazy("notice", "water, power or road closed")


class NoticeState(models.TextChoices):
    """Where a notice is on its way."""

    DRAFT = "draft", pgettext_lazy("notice", "being written")
    PUBLISHED = "published", pgettext_lazy("notice", "published")
    WITHDRAWN = "withdrawn", pgettext_lazy("notice", "withdrawn")


LONGEST_BODY = 4000
LONGEST_SPOKEN = 2000
