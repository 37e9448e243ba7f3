"""Wrapped keys per subject, encrypted fields and encrypted blobs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SubjectKey(models.Model):
    """The key of one subject (person, contact, import batch …), wrapped by a master key."""

    county_id = models.BigIntegerField()
    subject = models.UUIDField()
    cipher = models.CharField(max_length=8)
    wrapped_key = models.BinaryField(null=True)
    master_version = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("subject key")
        verbose_name_plural = _("subject keys")
        constraints = [
            models.UniqueConstraint(fields=["county_id", "subject"], name="vault_key_county_subject"),
            models.CheckConstraint(
                condition=models.Q(wrapped_key__isnull=False) | models.Q(destroyed_at__isnull=False),
                name="vault_key_gone_only_when_destroyed",
            ),
        ]


class VaultField(models.Model):
    """One encrypted value of a subject with its blind index."""

    county_id = models.BigIntegerField()
    subject = models.UUIDField()
    name = models.CharField(max_length=40)
    sealed = models.BinaryField()
    blind_index = models.BinaryField(max_length=16, null=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("vault field")
        verbose_name_plural = _("vault fields")
        constraints = [
            models.UniqueConstraint(fields=["county_id", "subject", "name"], name="vault_field_subject_name"),
        ]
        indexes = [models.Index(fields=["county_id", "name", "blind_index"], name="vault_field_blind_index")]
