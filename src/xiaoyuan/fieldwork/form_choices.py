"""What forms are for, and the states of their versions."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class FormPurpose(models.TextChoices):
    """Where a form is offered."""

    FREE = "free", _("at any time")
    VISIT = "visit", _("on home visits")
    INSPECTION = "inspection", _("on inspections")
    TASK = "task", _("with tasks")


class VersionState(models.TextChoices):
    """A version is written, then in use, then kept for its answers."""

    DRAFT = "draft", _("draft of a form")
    PUBLISHED = "published", _("in use")
    RETIRED = "retired", _("out of use")


STEPS: Final = {
    (VersionState.DRAFT, "publish"): VersionState.PUBLISHED,
    (VersionState.PUBLISHED, "retire"): VersionState.RETIRED,
}
"""The only ways on; a draft may also be thrown away."""
