"""Forms that a county or a village designs, their versions, and what was answered under which version."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.fieldwork.form_choices import FormPurpose, VersionState
from xiaoyuan.register.models import Courtyard, Household, ScopedRow


class FormDefinition(ScopedRow):
    """A form of a division, filled there and below."""

    key = models.CharField(max_length=60)
    title = models.CharField(max_length=120)
    purpose = models.CharField(max_length=10, choices=FormPurpose, default=FormPurpose.FREE)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("form")
        verbose_name_plural = _("forms")
        constraints = [models.UniqueConstraint(fields=["county", "key"], name="fieldwork_form_key")]
        indexes = [models.Index(fields=["division_code"], name="fieldwork_form_division")]


class FormVersion(ScopedRow):
    """One wording of a form. Published it never changes; answers stay with the version under which they were given."""

    form = models.ForeignKey(FormDefinition, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=VersionState, default=VersionState.DRAFT)
    schema = models.JSONField()
    notes = models.JSONField(
        default=list, help_text=_("What was changed or left out when the file was read.")
    )
    file_name = models.CharField(max_length=200, blank=True)
    subject = models.UUIDField(default=uuid.uuid4, help_text=_("Under which the uploaded file is sealed."))
    by_label = models.CharField(max_length=150)
    published_at = models.DateTimeField(null=True)
    published_by_label = models.CharField(max_length=150, blank=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("version of a form")
        verbose_name_plural = _("versions of forms")
        constraints = [
            models.UniqueConstraint(fields=["form", "number"], name="fieldwork_version_number"),
            models.UniqueConstraint(
                fields=["form"], condition=models.Q(state=VersionState.DRAFT), name="fieldwork_one_draft"
            ),
            models.UniqueConstraint(
                fields=["form"],
                condition=models.Q(state=VersionState.PUBLISHED),
                name="fieldwork_one_published",
            ),
            models.CheckConstraint(
                condition=models.Q(state=VersionState.DRAFT) | models.Q(published_at__isnull=False),
                name="fieldwork_version_published_at",
            ),
        ]


class FormAnswer(ScopedRow):
    """A filled form: about a courtyard, a household, another record, or nothing of these."""

    version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="filled")
    form = models.ForeignKey(FormDefinition, on_delete=models.PROTECT, related_name="filled")
    answers = models.JSONField()
    courtyard = models.ForeignKey(Courtyard, null=True, on_delete=models.SET_NULL, related_name="+")
    household = models.ForeignKey(Household, null=True, on_delete=models.PROTECT, related_name="+")
    object_kind = models.CharField(
        max_length=40, blank=True, help_text=_("The record it belongs to, as a visit.")
    )
    object_id = models.BigIntegerField(null=True)
    by_user_id = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=150)
    filled_on = models.DateField()

    household_scope_field: ClassVar[str] = "household_id"

    class Meta:
        verbose_name = _("filled form")
        verbose_name_plural = _("filled forms")
        indexes = [
            models.Index(fields=["form", "created_at"], name="fieldwork_answer_form"),
            models.Index(fields=["division_code"], name="fieldwork_answer_division"),
            models.Index(fields=["object_kind", "object_id"], name="fieldwork_answer_object"),
        ]
