"""States and sizes of doorplates."""

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
