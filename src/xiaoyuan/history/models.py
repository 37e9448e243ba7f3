"""Revisions: one action or one import, and the images of the rows it replaced."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Revision(models.Model):
    """One write that can be taken back: who, when, by which action, on what."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150)
    at = models.DateTimeField()
    subject = models.UUIDField(default=uuid.uuid4, help_text=_("Under which key the images lie."))
    figures = models.JSONField(default=list, help_text=_("What the write added to the figures."))
    before_change = models.BigIntegerField(
        default=0, help_text=_("The county's last change when the revision was opened.")
    )
    last_change = models.BigIntegerField(
        default=0, help_text=_("The county's last change when the revision was closed.")
    )
    undone_at = models.DateTimeField(null=True)
    undone_by_label = models.CharField(max_length=150, blank=True)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        indexes = [
            models.Index(fields=["object_kind", "object_id"], name="history_revision_object"),
            models.Index(fields=["division_code", "at"], name="history_revision_division"),
            models.Index(fields=["county_id", "last_change"], name="history_revision_change"),
        ]


class PartKind(models.TextChoices):
    """What a part of a revision holds."""

    CREATED = "created", _("rows that were made")
    REPLACED = "replaced", _("rows as they were before they were changed or removed")
    VAULT_CREATED = "new_keys", _("subjects that the vault did not know")
    VAULT_REPLACED = "vault", _("vault fields as they were before")


class RevisionPart(models.Model):
    """Rows of one table that a revision made, changed or removed; images lie sealed, because they are of people."""

    county_id = models.BigIntegerField()
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="parts")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=PartKind, default=PartKind.REPLACED)
    table = models.CharField(max_length=60)
    row_count = models.PositiveIntegerField()
    sealed = models.BinaryField()
    after = models.BinaryField(null=True, help_text=_("Sealed: the versions that the revision left."))

    class Meta:
        verbose_name = _("part of a revision")
        verbose_name_plural = _("parts of revisions")
        constraints = [
            models.UniqueConstraint(fields=["county_id", "revision", "sequence"], name="history_part_place"),
        ]
