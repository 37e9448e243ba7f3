"""What every row of the register carries: its home, its division, its origin; and what a geometry carries."""

from typing import ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.scoping import ScopedManager
from xiaoyuan.register.choices import HeightDatum, LayerClass


class County(models.Model):
    """The home of data. Its id never changes, its code may: rows refer to the id."""

    code = models.CharField(max_length=6, unique=True)
    name = models.CharField(max_length=60)
    next_cid = models.BigIntegerField(default=1)
    shows_sample = models.BooleanField(
        default=False, help_text=_("Pages of this county show the sample rows instead of real ones.")
    )

    class Meta:
        verbose_name = _("county")
        verbose_name_plural = _("counties")
        constraints = [
            # A cid is a uint32 in the tiles.
            models.CheckConstraint(
                condition=models.Q(next_cid__lte=4294967295), name="register_county_cid_fits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"


SHOWN: Final = models.Q(is_sample=models.F("county__shows_sample"))
"""The rows that pages of a county show and count: its sample rows or its real ones, never both."""


class ScopedRow(models.Model):
    """A row that belongs to a county and a division and can be read only within a scope."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="+")
    division_code = models.CharField(max_length=15)
    is_sample = models.BooleanField(default=False)
    source_row_id = models.BigIntegerField(null=True)
    row_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ScopedManager()

    division_scope_field: ClassVar[str] = "division_code"
    household_scope_field: ClassVar[str] = ""

    class Meta:
        abstract = True


class PlaceRow(ScopedRow):
    """A scoped row that stands on maps by its shape, or will once somebody surveyed it.

    The shape is WKB in CGCS2000 degrees (EPSG:4490) beside its bounds; all five are null together.
    """

    cid = models.BigIntegerField(help_text=_("Number in tiles; unique in the county, never reused."))
    wkb = models.BinaryField(null=True)
    min_lon = models.FloatField(null=True)
    min_lat = models.FloatField(null=True)
    max_lon = models.FloatField(null=True)
    max_lat = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    height_datum = models.CharField(max_length=10, choices=HeightDatum, default=HeightDatum.UNKNOWN)
    layer_class = models.CharField(max_length=10, choices=LayerClass, default=LayerClass.PUBLIC)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    source_key = models.CharField(max_length=80, blank=True, help_text=_("Key in the file it came from."))

    class Meta:
        abstract = True


class GeometryRow(PlaceRow):
    """A place that is nothing without its shape."""

    wkb = models.BinaryField()
    min_lon = models.FloatField()
    min_lat = models.FloatField()
    max_lon = models.FloatField()
    max_lat = models.FloatField()

    class Meta:
        abstract = True
