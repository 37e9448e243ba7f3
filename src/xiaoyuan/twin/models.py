"""Scenes and their revisions; the files lie in the twin folder."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.register.choices import LayerClass


class Scene(models.Model):
    """The published 3D scene of a division, one for each layer class. `key` is its name in URLs."""

    county_id = models.BigIntegerField()
    key = models.CharField(max_length=30, unique=True)
    division_code = models.CharField(max_length=12)
    layer_class = models.CharField(max_length=10, choices=LayerClass, default=LayerClass.PUBLIC)
    revision = models.CharField(max_length=40, blank=True)
    has_terrain = models.BooleanField(default=False)
    built_at = models.DateTimeField(null=True)
    report = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("scene")
        verbose_name_plural = _("scenes")
        constraints = [
            models.UniqueConstraint(
                fields=["county_id", "division_code", "layer_class"], name="twin_scene_once"
            ),
        ]
