"""Rows of the audit log, its seals, the change log and idempotency keys. None of them is ever updated."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act: who, when, what, on which row, why. Holds no personal value; the vault is referred to by row."""

    county_id = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["county_id", "at"], name="audit_entry_county_at"),
            models.Index(fields=["object_kind", "object_id"], name="audit_entry_object"),
        ]

    def canonical(self) -> dict[str, object]:
        """Return what the seal covers, in types that JSON spells one way."""
        return {
            "id": self.pk,
            "county_id": self.county_id,
            "at": self.at.isoformat(),
            "actor_id": self.actor_id,
            "actor_label": self.actor_label,
            "action": self.action,
            "object_kind": self.object_kind,
            "object_id": self.object_id,
            "reason": self.reason,
            "detail": self.detail,
        }


class AuditSeal(models.Model):
    """The link of a county's chain that covers one committed entry."""

    county_id = models.BigIntegerField()
    sequence = models.BigIntegerField()
    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        constraints = [
            models.UniqueConstraint(fields=["county_id", "sequence"], name="audit_seal_county_sequence"),
        ]


class ChangeCounter(models.Model):
    """The last change sequence given out in a county; its row lock keeps sequences in commit order."""

    county_id = models.BigIntegerField(primary_key=True)
    last = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("change counter")


class Operation(models.TextChoices):
    """What happened to a row."""

    CREATE = "create", _("created")
    UPDATE = "update", _("changed")
    DELETE = "delete", _("removed")


class ChangeEntry(models.Model):
    """Before and after of one field (or of a whole row at its creation), with the source row it came from."""

    county_id = models.BigIntegerField()
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150)
    operation = models.CharField(max_length=6, choices=Operation)
    object_kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=60, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    source_row_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [
            models.UniqueConstraint(fields=["county_id", "sequence"], name="audit_change_county_sequence"),
        ]
        indexes = [models.Index(fields=["object_kind", "object_id", "field"], name="audit_change_object")]


class IdempotencyKey(models.Model):
    """A client's write that was carried out, with the answer it got, kept 90 days."""

    county_id = models.BigIntegerField()
    actor_id = models.BigIntegerField(default=0)
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [
            models.UniqueConstraint(fields=["county_id", "actor_id", "key"], name="audit_idempotency_key"),
        ]
