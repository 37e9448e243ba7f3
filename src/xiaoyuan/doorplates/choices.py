"""States and sizes of doorplates, and how far the work on them is."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PlateState(models.TextChoices):
    """Where a plate is in its life."""

    PLANNED = "planned", _("planned")
    PRINTED = "printed", _("printed")
    INSTALLED = "installed", _("installed")
    VERIFIED = "verified", _("verified")
    DAMAGED = "damaged", _("damaged")
    REVOKED = "revoked", _("revoked")
    REPLACED = "replaced", _("replaced")


class PlateSize(models.TextChoices):
    """The three sizes of plates (Tianjin's rule); what they measure says `sizes.MEASURES`."""

    LARGE = "large", _("large, 570 × 370 mm")
    MEDIUM = "medium", _("medium, 270 × 170 mm")
    SMALL = "small", _("small, 150 × 90 mm")


class WorkState(models.TextChoices):
    """How far long work is."""

    QUEUED = "queued", _("in the making")
    DONE = "done", _("finished")
    FAILED = "failed", _("did not work out")


class OrderState(models.TextChoices):
    """Where an order for metal is."""

    QUEUED = "queued", _("files in the making")
    READY = "ready", _("files ready")
    FAILED = "failed", _("files could not be made")
    DELIVERED = "delivered", _("delivered by the maker")
    CANCELLED = "cancelled", _("called off")
