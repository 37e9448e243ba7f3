"""The one table of counters."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FigureCell(models.Model):
    """By how much a figure changed in a division on a day, for one value of the figure's own dimension."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    figure = models.CharField(max_length=40)
    dimension = models.CharField(max_length=80, blank=True)
    is_sample = models.BooleanField(default=False)
    day = models.DateField()
    delta = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("figure cell")
        verbose_name_plural = _("figure cells")
        constraints = [
            models.UniqueConstraint(
                fields=["county_id", "division_code", "figure", "dimension", "is_sample", "day"],
                name="figures_cell_once",
            ),
        ]
        indexes = [models.Index(fields=["figure", "division_code", "day"], name="figures_cell_read")]
