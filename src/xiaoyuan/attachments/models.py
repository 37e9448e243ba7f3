"""Photos and recordings: sealed at rest, bound to the record they belong to."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.attachments.choices import AttachmentKind


class Attachment(models.Model):
    """One file as it is kept: stripped and re-encoded. What was sent is nowhere any more."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    is_sample = models.BooleanField(default=False)
    kind = models.CharField(max_length=5, choices=AttachmentKind)
    media_type = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    by_user_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [models.Index(fields=["object_kind", "object_id"], name="attachments_object")]


class Upload(models.Model):
    """A file on its way in parts, for phones that lose the network. Its parts are sealed too."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15)
    is_sample = models.BooleanField(default=False)
    by_user_id = models.BigIntegerField()
    key = models.CharField(max_length=60)
    kind = models.CharField(max_length=5, choices=AttachmentKind)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    received = models.PositiveIntegerField(default=0)
    attachment = models.OneToOneField(Attachment, null=True, on_delete=models.CASCADE, related_name="upload")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.UniqueConstraint(fields=["by_user_id", "key"], name="attachments_upload_key"),
        ]


class UploadPart(models.Model):
    """One part of an upload, sealed under the upload's own name."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    offset = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        verbose_name = _("part of an upload")
        verbose_name_plural = _("parts of uploads")
        constraints = [
            models.UniqueConstraint(fields=["upload", "offset"], name="attachments_part_once"),
        ]
