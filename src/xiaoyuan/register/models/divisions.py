"""Divisions, what became of renamed and merged ones, and grids."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.register.choices import DivisionLevel, DivisionOrigin
from xiaoyuan.register.models.base import ScopedRow


class Division(models.Model):
    """An administrative division. A code table without scope: everybody may know that a village exists."""

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=120)
    level = models.CharField(max_length=10, choices=DivisionLevel)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    urban_rural_class = models.CharField(max_length=3, blank=True)
    origin = models.CharField(max_length=10, choices=DivisionOrigin)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    outline_wkb = models.BinaryField(null=True)
    outline_is_sample = models.BooleanField(default=False)
    min_lon = models.FloatField(null=True)
    min_lat = models.FloatField(null=True)
    max_lon = models.FloatField(null=True)
    max_lat = models.FloatField(null=True)
    office_phone = models.CharField(max_length=30, blank=True)
    source_row_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("division")
        verbose_name_plural = _("divisions")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(valid_until__isnull=True),
                name="register_division_code_now",
            ),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=False) | models.Q(level=DivisionLevel.PROVINCE),
                name="register_division_has_parent",
            ),
        ]
        indexes = [models.Index(fields=["name"], name="register_division_name")]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


class DivisionSuccession(models.Model):
    """A division that became another: renamed, recoded, merged or split, on a day."""

    predecessor = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="predecessions")
    on = models.DateField()

    class Meta:
        verbose_name = _("division succession")
        constraints = [
            models.UniqueConstraint(
                fields=["predecessor", "successor", "on"], name="register_division_succession_once"
            ),
        ]


class Grid(ScopedRow):
    """A grid of a village: the beat of one grid worker. Code: village 12 + 3 digits."""

    code = models.CharField(max_length=15)
    name = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("grid")
        verbose_name_plural = _("grids")
        constraints = [models.UniqueConstraint(fields=["county", "code"], name="register_grid_code")]
