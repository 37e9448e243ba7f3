"""Panels and states of what a screen shows of a division."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PanelId(models.TextChoices):
    """The panels of a division."""

    POPULATION = "population", _("Population")
    INDUSTRY = "industry", _("Industry")
    ECOLOGY = "ecology", _("Ecology")
    PLACES = "places", _("Places")


class PanelState(models.TextChoices):
    """Whether a panel has something to say."""

    OK = "ok", _("with records")
    EMPTY = "empty", _("without records")
