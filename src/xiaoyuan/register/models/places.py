"""Courtyards, buildings, rooms, addresses, parcels, roads, water and elevation models."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.register.choices import (
    AddressStatus,
    BuildingUse,
    HeightDatum,
    LayerClass,
    ParcelUse,
    RoadClass,
    RoofKind,
    Structure,
    WaterKind,
)
from xiaoyuan.register.models.base import County, GeometryRow, PlaceRow, ScopedRow
from xiaoyuan.register.models.divisions import Grid


class Courtyard(PlaceRow):
    """A courtyard: the place a doorplate names. It outlives the people who live there.

    A ledger may know it before anybody surveyed it: it then has no shape yet and stands on no map.
    """

    code = models.CharField(max_length=40, help_text=_("Number in the village's own list."))
    name = models.CharField(max_length=120, blank=True)
    group = models.CharField(_("villager group"), max_length=40, blank=True)
    grid = models.ForeignKey(Grid, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("courtyard")
        verbose_name_plural = _("courtyards")
        constraints = [
            models.UniqueConstraint(fields=["county", "cid"], name="register_courtyard_cid"),
            models.UniqueConstraint(fields=["county", "code"], name="register_courtyard_code"),
        ]
        indexes = [models.Index(fields=["division_code"], name="register_courtyard_division")]


class StandardAddress(ScopedRow):
    """The address of a courtyard as the authority writes it; former ones stay as aliases."""

    courtyard = models.ForeignKey(Courtyard, on_delete=models.CASCADE, related_name="addresses")
    text = models.CharField(max_length=200)
    house_number = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=8, choices=AddressStatus, default=AddressStatus.CURRENT)

    class Meta:
        verbose_name = _("standard address")
        verbose_name_plural = _("standard addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "courtyard"],
                condition=models.Q(status=AddressStatus.CURRENT),
                name="register_address_one_current",
            ),
        ]
        indexes = [models.Index(fields=["division_code"], name="register_address_division")]


class Building(GeometryRow):
    """A building with its footprint."""

    courtyard = models.ForeignKey(Courtyard, null=True, on_delete=models.SET_NULL, related_name="buildings")
    name = models.CharField(max_length=120, blank=True)
    use = models.CharField(max_length=14, choices=BuildingUse, blank=True, default=BuildingUse.UNKNOWN)
    storeys = models.PositiveSmallIntegerField(null=True)
    height_m = models.FloatField(null=True)
    ground_height_m = models.FloatField(null=True, help_text=_("Ground height stated by the source."))
    roof = models.PositiveSmallIntegerField(choices=RoofKind, default=RoofKind.FLAT)
    structure = models.CharField(max_length=14, choices=Structure, blank=True, default=Structure.UNKNOWN)
    built_year = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("building")
        verbose_name_plural = _("buildings")
        constraints = [
            models.UniqueConstraint(fields=["county", "cid"], name="register_building_cid"),
            models.UniqueConstraint(
                fields=["county", "division_code", "source_key"],
                condition=~models.Q(source_key=""),
                name="register_building_source",
            ),
        ]
        indexes = [models.Index(fields=["division_code"], name="register_building_division")]


class Room(ScopedRow):
    """A room or flat in a building: unit, floor and room number."""

    building = models.ForeignKey(Building, on_delete=models.CASCADE, related_name="rooms")
    unit = models.CharField(max_length=20, blank=True)
    floor = models.SmallIntegerField(null=True)
    number = models.CharField(max_length=20)
    area_m2 = models.FloatField(null=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "building", "unit", "number"], name="register_room_number"
            ),
        ]


class Parcel(GeometryRow):
    """A piece of land with one use."""

    code = models.CharField(max_length=40, blank=True)
    use = models.CharField(max_length=10, choices=ParcelUse, blank=True, default=ParcelUse.UNKNOWN)
    crop = models.CharField(max_length=30, blank=True)
    area_mu = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    area_m2 = models.FloatField(help_text=_("Computed on the ellipsoid."))
    household_no = models.CharField(max_length=40, blank=True, help_text=_("Household that contracts it."))

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        constraints = [
            models.UniqueConstraint(fields=["county", "cid"], name="register_parcel_cid"),
            models.UniqueConstraint(
                fields=["county", "division_code", "source_key"],
                condition=~models.Q(source_key=""),
                name="register_parcel_source",
            ),
        ]
        indexes = [models.Index(fields=["division_code"], name="register_parcel_division")]


class Road(GeometryRow):
    """A road as a line."""

    name = models.CharField(max_length=120, blank=True)
    road_class = models.CharField(max_length=8, choices=RoadClass, default=RoadClass.VILLAGE)
    width_m = models.FloatField(null=True)
    length_m = models.FloatField(help_text=_("Computed on the ellipsoid."))

    class Meta:
        verbose_name = _("road")
        verbose_name_plural = _("roads")
        constraints = [
            models.UniqueConstraint(fields=["county", "cid"], name="register_road_cid"),
            models.UniqueConstraint(
                fields=["county", "division_code", "source_key"],
                condition=~models.Q(source_key=""),
                name="register_road_source",
            ),
        ]
        indexes = [models.Index(fields=["division_code"], name="register_road_division")]


class Water(GeometryRow):
    """A river, stream, lake or pond, as a line or an area."""

    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=8, choices=WaterKind, default=WaterKind.STREAM)

    class Meta:
        verbose_name = _("water body")
        verbose_name_plural = _("water bodies")
        constraints = [
            models.UniqueConstraint(fields=["county", "cid"], name="register_water_cid"),
            models.UniqueConstraint(
                fields=["county", "division_code", "source_key"],
                condition=~models.Q(source_key=""),
                name="register_water_source",
            ),
        ]
        indexes = [models.Index(fields=["division_code"], name="register_water_division")]


class TerrainModel(ScopedRow):
    """An elevation model file, kept in the data folder under its own hash."""

    name = models.CharField(max_length=120)
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    crs = models.CharField(max_length=60)
    cell_m = models.FloatField()
    vertical_offset_m = models.FloatField(default=0)
    height_datum = models.CharField(max_length=10, choices=HeightDatum, default=HeightDatum.UNKNOWN)
    layer_class = models.CharField(max_length=10, choices=LayerClass, default=LayerClass.PUBLIC)
    attribution = models.CharField(max_length=300, blank=True)
    min_lon = models.FloatField()
    min_lat = models.FloatField()
    max_lon = models.FloatField()
    max_lat = models.FloatField()

    class Meta:
        verbose_name = _("elevation model")
        verbose_name_plural = _("elevation models")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "division_code", "sha256"], name="register_terrain_file"
            ),
        ]


class PlaceChange(models.Model):
    """A place that was drawn, changed or removed: where scenes have to be drawn anew. Holds bounds, no values.

    `kind` is the layer's word (courtyard, building, parcel, road, water). A whole import is one row with cid 0 and the
    bounds of all it wrote. Ids ascend in the order of the county's changes: they are written under its lock.
    """

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="+")
    division_code = models.CharField(max_length=15)
    kind = models.CharField(max_length=10)
    cid = models.BigIntegerField(default=0)
    layer_class = models.CharField(max_length=10, choices=LayerClass, default=LayerClass.PUBLIC)
    was = models.JSONField(null=True, help_text=_("West, south, east, north before; null where it was made."))
    now = models.JSONField(
        null=True, help_text=_("West, south, east, north after; null where it was removed.")
    )
    revision_id = models.BigIntegerField(null=True, help_text=_("Revision that takes the change back."))
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("change of a place")
        verbose_name_plural = _("changes of places")
        indexes = [models.Index(fields=["county", "id"], name="register_place_change_order")]
