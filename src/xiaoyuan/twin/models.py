"""Scenes and what people keep about them: revisions, imported models, views, plans. Files lie in the twin folder."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.scoping import ScopedManager
from xiaoyuan.register.choices import LayerClass


class Scene(models.Model):
    """The published 3D scene of a division, one for each layer class. `key` is its name in URLs."""

    county_id = models.BigIntegerField()
    key = models.CharField(max_length=30, unique=True)
    division_code = models.CharField(max_length=12)
    layer_class = models.CharField(max_length=10, choices=LayerClass, default=LayerClass.PUBLIC)
    revision = models.CharField(max_length=40, blank=True, help_text=_("The revision that is shown."))
    has_terrain = models.BooleanField(default=False)
    built_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict, help_text=_("What the last whole build made of the places."))
    changes_through = models.BigIntegerField(
        default=0, help_text=_("The last change of a place that the revision shows.")
    )

    class Meta:
        verbose_name = _("scene")
        verbose_name_plural = _("scenes")
        constraints = [
            models.UniqueConstraint(
                fields=["county_id", "division_code", "layer_class"], name="twin_scene_once"
            ),
        ]


class SceneRevision(models.Model):
    """A published state of a scene: `pointer` is what viewers load, `state` names the files an edit starts from."""

    county_id = models.BigIntegerField()
    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="revisions")
    name = models.CharField(max_length=40)
    published_at = models.DateTimeField()
    pointer = models.JSONField()
    state = models.JSONField()
    changes = models.PositiveIntegerField(
        default=0, help_text=_("Changes of places that it shows for the first time; 0 for a whole build.")
    )

    class Meta:
        verbose_name = _("revision of a scene")
        verbose_name_plural = _("revisions of scenes")
        constraints = [
            models.UniqueConstraint(fields=["county_id", "scene", "name"], name="twin_revision_once"),
        ]


class _OfDivision(models.Model):
    """What belongs to a county and a division and can be read only within a scope."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    is_sample = models.BooleanField(default=False)
    row_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    created_by_label = models.CharField(max_length=150, blank=True)

    objects = ScopedManager()

    division_scope_field: ClassVar[str] = "division_code"
    household_scope_field: ClassVar[str] = ""

    class Meta:
        abstract = True


class ImportedModel(_OfDivision):
    """A 3D model somebody else made (a drone flight, a surveyor's CityJSON), shown beside the built scene."""

    key = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    source_format = models.CharField(max_length=40)
    entry = models.CharField(max_length=200, help_text=_("Entry document, relative to the model's folder."))
    vertical_offset_m = models.FloatField(default=0)
    layer_class = models.CharField(max_length=10, choices=LayerClass, default=LayerClass.PUBLIC)
    covers_buildings = models.BooleanField(
        default=False, help_text=_("Built buildings inside its bounds are not drawn while it is shown.")
    )
    attribution = models.CharField(max_length=300, blank=True)
    min_lon = models.FloatField()
    min_lat = models.FloatField()
    max_lon = models.FloatField()
    max_lat = models.FloatField()
    report = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("imported model")
        verbose_name_plural = _("imported models")
        indexes = [models.Index(fields=["division_code"], name="twin_model_division")]


class SavedView(_OfDivision):
    """A view of the scene somebody kept: camera, layers, theme, hour; several in order make a guided tour."""

    name = models.CharField(max_length=120)
    caption = models.CharField(max_length=400, blank=True)
    view = models.JSONField(help_text=_("What the address of the screen says: camera, layers, theme, sun."))
    tour_position = models.PositiveSmallIntegerField(null=True, help_text=_("Place in the tour; null: none."))
    dwell_s = models.PositiveSmallIntegerField(default=12)
    is_public = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        indexes = [models.Index(fields=["division_code", "tour_position"], name="twin_view_division")]


class RoadPlan(_OfDivision):
    """A sketched road: its line, the limits it was checked against and what the check found."""

    name = models.CharField(max_length=120)
    note = models.CharField(max_length=400, blank=True)
    line_wkb = models.BinaryField(help_text=_("LineString in degrees (EPSG:4490)."))
    width_m = models.FloatField()
    most_gradient_percent = models.FloatField()
    result = models.JSONField(
        help_text=_("Lengths, gradients, cut and fill, what it crosses; metres and m2.")
    )

    class Meta:
        verbose_name = _("road plan")
        verbose_name_plural = _("road plans")
        indexes = [models.Index(fields=["division_code"], name="twin_plan_division")]
