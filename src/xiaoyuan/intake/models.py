"""Batches and staged rows. A staged row is what a value's provenance points at."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class BatchStatus(models.TextChoices):
    """How far an import is."""

    STAGED = "staged", _("staged")
    APPLIED = "applied", _("applied")
    REFUSED = "refused", _("refused")


class Verdict(models.TextChoices):
    """What the engine says of one row."""

    NEW = "new", _("new")
    SAME = "same", _("unchanged")
    CHANGED = "changed", _("changed")
    AMBIGUOUS = "ambiguous", _("ambiguous")
    ERROR = "error", _("error")
    PARKED = "parked", _("parked")


class ImportBatch(models.Model):
    """One file that was read, by whom and when; personal contents lie encrypted under `subject`."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    kind = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    attribution = models.CharField(max_length=300, blank=True)
    is_sample = models.BooleanField(default=False)
    subject = models.UUIDField(default=uuid.uuid4)
    status = models.CharField(max_length=8, choices=BatchStatus, default=BatchStatus.STAGED)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["division_code", "created_at"], name="intake_batch_division")]


class StagedRow(models.Model):
    """One row of a file: where it stood, what it said (sealed when personal), what became of it."""

    county_id = models.BigIntegerField()
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    sheet = models.CharField(max_length=80, blank=True)
    row_number = models.PositiveIntegerField()
    cells = models.JSONField(null=True, help_text=_("Contents of rows without personal data."))
    sealed_cells = models.BinaryField(null=True)
    verdict = models.CharField(max_length=9, choices=Verdict)
    messages = models.JSONField(default=list)
    object_kind = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("staged row")
        verbose_name_plural = _("staged rows")
        constraints = [
            models.UniqueConstraint(
                fields=["county_id", "batch", "sheet", "row_number"], name="intake_row_place"
            ),
        ]
