"""Kinds of accounts and states of entries, appeals and exchanges."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Account(models.TextChoices):
    """The side of a posting."""

    HOUSEHOLD = "household", _("household")
    ISSUED = "issued", _("issued by the village")
    REDEEMED = "redeemed", _("exchanged for goods")


class EntryKind(models.TextChoices):
    """Why points moved."""

    AWARD = "award", _("by a rule")
    REDEEM = "redeem", _("exchange")
    REVERSAL = "reversal", _("taken back")


class EntryState(models.TextChoices):
    """Where an entry is on its way into the ledger."""

    NOTICE = "notice", _("on public notice")
    BOOKED = "booked", _("booked")
    WITHDRAWN = "withdrawn", _("withdrawn")


class AppealState(models.TextChoices):
    """What became of an appeal."""

    OPEN = "open", _("open")
    UPHELD = "upheld", _("upheld")
    DISMISSED = "dismissed", _("dismissed")
