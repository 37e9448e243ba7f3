"""Users, their grants, signed-in devices, the cards of residents, who may act for whom, and counts of attempts."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.choices import ConsentBasis, ConsentForm, Role, ScopeKind


class User(AbstractUser):
    """Somebody who signs in. What they may do stands in their grants, not here."""

    display_name = models.CharField(_("display name"), max_length=60, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")  # type: ignore[assignment]  # the stubs of AbstractUser.Meta say str
        verbose_name_plural = _("users")  # type: ignore[assignment]  # the same

    @property
    def label(self) -> str:
        """The name that pages and logs show."""
        return self.display_name or self.username


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants by time."""

    def valid_at(self, now: datetime) -> "GrantQuerySet":
        """Keep the grants in force at `now`."""
        return self.filter(valid_from__lte=now).filter(
            models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=now)
        )


class Grant(models.Model):
    """A role of a user within a scope, for a time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    scope_kind = models.CharField(max_length=20, choices=ScopeKind, default=ScopeKind.DIVISION)
    scope_key = models.CharField(
        max_length=40, blank=True, help_text=_("Division code (empty: everything) or row id.")
    )
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "scope_kind", "scope_key", "valid_from"], name="accounts_grant_once"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gt=models.F("valid_from")),
                name="accounts_grant_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.OPERATOR) | ~models.Q(scope_key=""),
                name="accounts_grant_only_operator_everywhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.scope_kind} {self.scope_key}"


class RateCount(models.Model):
    """How often something was done from a place in a window of time; the place is a keyed hash."""

    bucket = models.BinaryField(max_length=32)
    window = models.BigIntegerField()
    count = models.PositiveIntegerField(default=0)
    ends_at = models.BigIntegerField(help_text=_("Second after which nobody asks for it."))

    class Meta:
        verbose_name = _("rate count")
        verbose_name_plural = _("rate counts")
        constraints = [models.UniqueConstraint(fields=["bucket", "window"], name="accounts_rate_once")]


class ResidentCard(models.Model):
    """A villager's way in: a printed card with a one-time code, later a PIN. Codes and PINs are kept as hashes."""

    number = models.CharField(_("card number"), max_length=10, unique=True)
    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15, db_index=True)
    person_uid = models.UUIDField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="cards")
    is_sample = models.BooleanField(default=False)
    issued_at = models.DateTimeField()
    code_hash = models.CharField(max_length=128, blank=True)
    code_until = models.DateTimeField()
    code_tries = models.PositiveSmallIntegerField(default=0)
    pin_hash = models.CharField(max_length=128, blank=True)
    pin_tries = models.PositiveSmallIntegerField(default=0)
    lock_count = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    phone_hash = models.CharField(
        max_length=64, blank=True, db_index=True, help_text=_("Keyed hash by which a phone finds its card.")
    )
    sms_hash = models.CharField(max_length=128, blank=True)
    sms_until = models.DateTimeField(null=True, blank=True)
    sms_tries = models.PositiveSmallIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("resident card")
        verbose_name_plural = _("resident cards")
        constraints = [
            models.UniqueConstraint(
                fields=["county_id", "person_uid"],
                condition=models.Q(revoked_at__isnull=True),
                name="accounts_card_one_in_force",
            )
        ]

    def __str__(self) -> str:
        return self.number


class DeviceSession(models.Model):
    """A browser in which somebody is signed in: what it is and on which day it was last used, never where."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="device_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(_("device"), max_length=60, blank=True)
    started_on = models.DateField()
    seen_on = models.DateField()

    class Meta:
        verbose_name = _("signed-in device")
        verbose_name_plural = _("signed-in devices")

    def __str__(self) -> str:
        return f"{self.user_id} {self.device}"


class ActingConsent(models.Model):
    """That somebody agreed to another person doing their business here, and whether that is going on now."""

    county_id = models.BigIntegerField()
    division_code = models.CharField(max_length=15, db_index=True)
    is_sample = models.BooleanField(default=False)
    elder_uid = models.UUIDField(help_text=_("The person for whom business is done."))
    elder_label = models.CharField(max_length=60)
    helper_uid = models.UUIDField(help_text=_("The person who does it."))
    helper_label = models.CharField(max_length=60)
    basis = models.CharField(max_length=12, choices=ConsentBasis)
    given_as = models.CharField(max_length=12, choices=ConsentForm)
    valid_from = models.DateField()
    valid_until = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)
    acting_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("consent to act")
        verbose_name_plural = _("consents to act")
        constraints = [
            models.UniqueConstraint(
                fields=["county_id", "elder_uid", "helper_uid"],
                condition=models.Q(ended_at__isnull=True),
                name="accounts_consent_one_in_force",
            ),
            models.CheckConstraint(
                condition=~models.Q(elder_uid=models.F("helper_uid")), name="accounts_consent_of_another"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__gte=models.F("valid_from")), name="accounts_consent_span"
            ),
        ]
        indexes = [models.Index(fields=["county_id", "helper_uid"], name="accounts_consent_helper")]

    def __str__(self) -> str:
        return f"{self.helper_label} → {self.elder_label}"
