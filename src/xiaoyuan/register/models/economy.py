"""Business entities and dated observations."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.register.models.base import ScopedRow


class BusinessEntity(ScopedRow):
    """A cooperative, family farm, company or shop. The contact's phone lies in the vault."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    industry = models.CharField(max_length=60, blank=True)
    contact_name = models.CharField(max_length=60, blank=True)
    contact_uid = models.UUIDField(null=True)
    area_mu = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    workers = models.PositiveIntegerField(null=True)
    output_fen = models.BigIntegerField(null=True)
    founded_on = models.DateField(null=True)
    extra = models.JSONField(
        default=dict, help_text=_("Columns of the source that have no field, not personal.")
    )

    class Meta:
        verbose_name = _("business entity")
        verbose_name_plural = _("business entities")
        constraints = [
            models.UniqueConstraint(fields=["county", "division_code", "name"], name="register_entity_name"),
        ]


class Observation(ScopedRow):
    """A dated value of an indicator that somebody observed, with its source."""

    indicator = models.CharField(max_length=60)
    indicator_name = models.CharField(max_length=120, blank=True, help_text=_("As the source calls it."))
    value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    text_value = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    observed_on = models.DateField()
    source = models.CharField(max_length=120)
    entered_by = models.CharField(max_length=60, blank=True)
    extra = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "division_code", "indicator", "observed_on", "source"],
                name="register_observation_once",
            ),
            models.CheckConstraint(
                condition=models.Q(value__isnull=False) | ~models.Q(text_value=""),
                name="register_observation_has_value",
            ),
        ]
