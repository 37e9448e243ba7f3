"""Templates of superiors, and each file that was asked for, with who approved it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class ExportTemplate(models.Model):
    """A superior's empty workbook, uploaded once, with the fields its columns stand for."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    name = models.CharField(max_length=120)
    source_key = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    subject = models.UUIDField(default=uuid.uuid4)
    sheet = models.CharField(max_length=80)
    first_data_row = models.PositiveIntegerField(
        help_text=_("Row of the workbook into which the first record goes.")
    )
    columns = models.JSONField(default=dict, help_text=_("Field by the letters of its column."))
    headings = models.JSONField(default=dict, help_text=_("Heading by the letters of its column."))
    merges_households = models.BooleanField(
        default=False, help_text=_("Cells that hold for a household are merged down over its rows.")
    )
    created_by_label = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("export template")
        verbose_name_plural = _("export templates")
        indexes = [models.Index(fields=["division_code"], name="exports_template_division")]


class ExportStatus(models.TextChoices):
    """How far an export is."""

    WAITING = "waiting", _("waits for a second person")
    QUEUED = "queued", _("being made")
    READY = "ready", _("ready")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("expired")


class ExportFormat(models.TextChoices):
    """What an export is written as."""

    TEMPLATE = "template", _("superior's layout")
    XLSX = "xlsx", _("workbook")
    CSV = "csv", _("CSV")
    ARCHIVE = "archive", _("archive of everything")


class ExportRequest(models.Model):
    """A file that somebody asked for: what, why, masked or not, who let it go, and the sealed result."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    source_key = models.CharField(max_length=40)
    format = models.CharField(max_length=10, choices=ExportFormat)
    template = models.ForeignKey(ExportTemplate, null=True, on_delete=models.PROTECT, related_name="+")
    selection = models.JSONField(default=dict)
    is_sample = models.BooleanField(default=False)
    is_masked = models.BooleanField(default=True)
    reason = models.CharField(max_length=200, blank=True)
    row_count = models.PositiveIntegerField(default=0)
    person_count = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=8, choices=ExportStatus)
    requested_by_id = models.BigIntegerField(null=True)
    requested_by_label = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    releases_at = models.DateTimeField(
        null=True, help_text=_("When a waiting export is let go without a second person.")
    )
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_label = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    change_sequence = models.BigIntegerField(
        default=0, help_text=_("The county's newest change that the file holds.")
    )
    subject = models.UUIDField(default=uuid.uuid4)
    file_name = models.CharField(max_length=200, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_size = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(null=True, help_text=_("When a worker took it on."))
    made_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes = [
            models.Index(fields=["division_code", "requested_at"], name="exports_request_division"),
            models.Index(fields=["requested_by_id", "requested_at"], name="exports_request_person"),
        ]
