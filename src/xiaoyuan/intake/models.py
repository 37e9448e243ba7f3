"""Batches, pages of what a file said, staged rows with their verdicts, and layouts that are known again.

A staged row is what a value's provenance points at.
"""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class BatchStatus(models.TextChoices):
    """How far an import is."""

    READING = "reading", _("being read")
    MAPPING = "mapping", _("columns to be confirmed")
    STAGING = "staging", _("being compared")
    STAGED = "staged", _("to be decided")
    APPLYING = "applying", _("being written")
    APPLIED = "applied", _("applied")
    ROLLING_BACK = "rolling_back", _("being taken back")
    ROLLED_BACK = "rolled_back", _("taken back")
    REFUSED = "refused", _("refused")
    DISCARDED = "discarded", _("discarded")


class Verdict(models.TextChoices):
    """What the engine says of one row."""

    NEW = "new", _("new")
    SAME = "same", _("unchanged")
    CHANGED = "changed", _("changed")
    AMBIGUOUS = "ambiguous", _("ambiguous")
    ERROR = "error", _("error")
    ABSENT = "absent", _("not in the file")
    SKIPPED = "skipped", _("no data row")
    PARKED = "parked", _("parked")


class Decision(models.TextChoices):
    """What a person decided of a row that the engine could not."""

    UNDECIDED = "", _("undecided")
    LEAVE_OUT = "leave_out", _("leave out")
    USE_CANDIDATE = "use_candidate", _("it is this one")
    AS_NEW = "as_new", _("it is a new one")
    KEEP = "keep", _("keep as it is")
    MOVED_OUT = "moved_out", _("moved out")
    DECEASED = "deceased", _("deceased")
    ENDED = "ended", _("no longer holds")


class ImportBatch(models.Model):
    """One file that came in, by whom and when; the file and its contents lie encrypted under `subject`."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    kind = models.CharField(max_length=40, blank=True)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    file_size = models.BigIntegerField(default=0)
    attribution = models.CharField(max_length=300, blank=True)
    is_sample = models.BooleanField(default=False)
    subject = models.UUIDField(default=uuid.uuid4)
    status = models.CharField(max_length=12, choices=BatchStatus, default=BatchStatus.STAGED)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    sheets = models.JSONField(default=list, help_text=_("Name, size and peculiarities of each sheet."))
    mapping = models.JSONField(
        default=dict, help_text=_("Which column means what, as proposed or confirmed.")
    )
    failure = models.TextField(blank=True, help_text=_("The sentence with which the file was refused."))
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    revision_id = models.BigIntegerField(
        null=True, help_text=_("The revision by which it can be taken back.")
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["division_code", "created_at"], name="intake_batch_division")]


class FilePage(models.Model):
    """Some hundred consecutive rows of a sheet as the file said them, sealed."""

    county_id = models.BigIntegerField()
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="pages")
    sheet_index = models.PositiveIntegerField()
    first_row = models.PositiveIntegerField(help_text=_("Index of its first row, 0 for row 1 of the sheet."))
    row_count = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        verbose_name = _("page of a file")
        verbose_name_plural = _("pages of files")
        constraints = [
            models.UniqueConstraint(
                fields=["county_id", "batch", "sheet_index", "first_row"], name="intake_page_place"
            ),
        ]


class StagedBlock(models.Model):
    """A block of a file that was compared: what was interrupted goes on with the next one."""

    county_id = models.BigIntegerField()
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="blocks")
    name = models.CharField(max_length=40, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("compared block")
        verbose_name_plural = _("compared blocks")
        constraints = [
            models.UniqueConstraint(fields=["county_id", "batch", "name"], name="intake_block_once"),
        ]


class StagedRow(models.Model):
    """One row of a file: where it stood, what is said of it, what was decided, what became of it.

    Rows that change nothing are counted, not kept. Records missing from the file are kept as rows of sheet "" numbered
    from 1, with the record in `object_kind` and `object_id`.
    """

    county_id = models.BigIntegerField()
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rows")
    sheet = models.CharField(max_length=80, blank=True)
    row_number = models.PositiveIntegerField()
    block = models.CharField(max_length=40, blank=True)
    cells = models.JSONField(null=True, help_text=_("Contents of rows without personal data."))
    sealed_cells = models.BinaryField(null=True)
    verdict = models.CharField(max_length=9, choices=Verdict)
    messages = models.JSONField(default=list)
    candidates = models.JSONField(default=list, help_text=_("Ids of the records that it may be."))
    decision = models.CharField(max_length=13, choices=Decision, blank=True, default=Decision.UNDECIDED)
    decided_id = models.BigIntegerField(null=True)
    decided_by_label = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
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
        indexes = [models.Index(fields=["batch", "verdict"], name="intake_row_verdict")]


class LedgerLayout(models.Model):
    """A layout whose columns a person confirmed: the next file with the same headings needs no questions."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    kind = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64, help_text=_("Hash of the folded headings in order."))
    columns = models.JSONField(default=dict)
    confirmed_by_label = models.CharField(max_length=150)
    confirmed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("known layout")
        verbose_name_plural = _("known layouts")
        constraints = [
            models.UniqueConstraint(
                fields=["county_id", "division_code", "fingerprint"], name="intake_layout_once"
            ),
        ]
