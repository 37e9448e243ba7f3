"""Incidents: what somebody reported about a place, who answers for it by when, and every step since."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.models import User
from xiaoyuan.incidents.choices import Source, State, Step
from xiaoyuan.register.models import County, Courtyard, ScopedRow


class IncidentCategory(models.Model):
    """What an incident can be about in a county, and how soon it is answered and done. Public knowledge."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    group = models.CharField(max_length=40, blank=True)
    description = models.CharField(max_length=200, blank=True)
    keywords = models.CharField(max_length=120, blank=True)
    accept_hours = models.PositiveSmallIntegerField(help_text=_("Until somebody answers."))
    finish_hours = models.PositiveSmallIntegerField(help_text=_("Until it is done."))
    is_public = models.BooleanField(default=True, help_text=_("Offered to anybody who reports."))
    is_listed = models.BooleanField(
        default=True, help_text=_("Its incidents appear, without words, on public lists (Open311).")
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    row_version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("incident category")
        verbose_name_plural = _("incident categories")
        constraints = [
            models.UniqueConstraint(fields=["county", "code"], name="incidents_category_code"),
            models.CheckConstraint(
                condition=models.Q(accept_hours__gt=0, finish_hours__gt=0), name="incidents_category_hours"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Incident(ScopedRow):
    """One incident. Its words may name people: they are read by whoever works on it and by the reporter only."""

    category = models.ForeignKey(IncidentCategory, on_delete=models.PROTECT, related_name="incidents")
    courtyard = models.ForeignKey(Courtyard, null=True, on_delete=models.SET_NULL, related_name="incidents")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    place = models.CharField(max_length=200, blank=True, help_text=_("Where, in words."))
    words = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.REPORTED)
    handled_by = models.CharField(max_length=15, help_text=_("Code of the division that answers for it."))
    receipt_no = models.CharField(max_length=10)
    receipt_hash = models.BinaryField(max_length=32)
    source = models.CharField(max_length=8, choices=Source)
    reporter = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="reported_incidents"
    )
    contact_uid = models.UUIDField(null=True, help_text=_("Subject of the contact's phone in the vault."))
    is_proxy = models.BooleanField(default=False, help_text=_("Reported for somebody else."))
    assigned_to = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="assigned_incidents"
    )
    reported_at = models.DateTimeField()
    accept_by = models.DateTimeField()
    finish_by = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged_from")
    split_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="split_into")
    rating = models.PositiveSmallIntegerField(null=True)
    rating_words = models.CharField(max_length=200, blank=True)
    source_key = models.CharField(
        max_length=80, blank=True, help_text=_("Its number in the system it came from.")
    )

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.UniqueConstraint(fields=["receipt_hash"], name="incidents_receipt"),
            models.UniqueConstraint(fields=["county", "receipt_no"], name="incidents_receipt_no"),
            models.UniqueConstraint(
                fields=["county", "source_key"],
                condition=~models.Q(source_key=""),
                name="incidents_source_key",
            ),
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True) | models.Q(rating__range=(1, 5)),
                name="incidents_rating",
            ),
        ]
        indexes = [
            models.Index(fields=["division_code", "state"], name="incidents_division"),
            models.Index(fields=["state", "finish_by"], name="incidents_due"),
            models.Index(fields=["assigned_to", "state"], name="incidents_assignee"),
            models.Index(fields=["county", "reported_at"], name="incidents_reported"),
        ]


class IncidentAction(ScopedRow):
    """One step: from which state to which, with its words; the reporter reads the public ones."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="actions")
    step = models.CharField(max_length=8, choices=Step)
    from_state = models.CharField(max_length=12, choices=State, blank=True)
    to_state = models.CharField(max_length=12, choices=State)
    at = models.DateTimeField()
    by_user_id = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=60, blank=True)
    is_reporters = models.BooleanField(default=False)
    is_public = models.BooleanField(default=True, help_text=_("The reporter reads it."))
    reason = models.CharField(max_length=400, blank=True)
    words = models.TextField(blank=True)

    class Meta:
        verbose_name = _("step of an incident")
        verbose_name_plural = _("steps of incidents")
        indexes = [models.Index(fields=["incident", "at"], name="incidents_action_at")]


class ProgramKey(models.Model):
    """A program that may report by Open311; its key is kept as a hash."""

    county = models.ForeignKey(County, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    key_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("key of a program")
        verbose_name_plural = _("keys of programs")

    def __str__(self) -> str:
        return self.name
