"""Households, persons, their dated memberships and residences, and dated policy tags."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.register.choices import (
    HEAD_OF_HOUSEHOLD,
    JoinReason,
    LeaveReason,
    MaritalStatus,
    ResidenceKind,
    Sex,
    Structure,
)
from xiaoyuan.register.models.base import ScopedRow
from xiaoyuan.register.models.places import Courtyard


class Household(ScopedRow):
    """A registered household."""

    household_no = models.CharField(max_length=40)
    group = models.CharField(_("villager group"), max_length=40, blank=True)
    courtyard = models.ForeignKey(Courtyard, null=True, on_delete=models.SET_NULL, related_name="households")
    dwelling_area_m2 = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    dwelling_structure = models.CharField(
        max_length=14, choices=Structure, blank=True, default=Structure.UNKNOWN
    )
    dwelling_year = models.PositiveSmallIntegerField(null=True)
    arable_mu = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    forest_mu = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    main_crops = models.CharField(max_length=120, blank=True)
    livestock = models.CharField(max_length=120, blank=True)
    extra = models.JSONField(
        default=dict, help_text=_("Columns of the source that have no field, not personal.")
    )
    closed_on = models.DateField(null=True, help_text=_("Since when nobody belongs to it any more."))
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged_from")

    household_scope_field: ClassVar[str] = "pk"

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "division_code", "household_no"],
                # A closed household keeps its number; the village may give it to another one.
                condition=models.Q(closed_on__isnull=True),
                name="register_household_number",
            ),
        ]


class Person(ScopedRow):
    """A person. Identity number, phone and bank account lie in the vault under `person_uid`."""

    person_uid = models.UUIDField(default=uuid.uuid4)
    name = models.CharField(max_length=60)
    sex = models.CharField(max_length=1, choices=Sex, default=Sex.UNKNOWN)
    birth_date = models.DateField(null=True)
    ethnicity = models.CharField(max_length=20, blank=True, help_text=_("As written: 穿青人 has no code."))
    education = models.CharField(max_length=2, blank=True)
    political_status = models.CharField(max_length=2, blank=True)
    marital_status = models.CharField(
        max_length=2, choices=MaritalStatus, blank=True, default=MaritalStatus.UNKNOWN
    )
    is_student = models.BooleanField(null=True)
    health = models.CharField(max_length=20, blank=True)
    labour_capacity = models.CharField(max_length=20, blank=True)
    work_place = models.CharField(max_length=60, blank=True)
    work_months = models.PositiveSmallIntegerField(null=True)
    is_deceased = models.BooleanField(default=False)
    died_on = models.DateField(null=True)
    merged_into = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="merged_from",
        help_text=_("The record of the same person that is kept; this one stays findable by its ids."),
    )
    extra = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        constraints = [models.UniqueConstraint(fields=["county", "person_uid"], name="register_person_uid")]
        indexes = [models.Index(fields=["division_code"], name="register_person_division")]


class Membership(ScopedRow):
    """That a person belongs to a household, from and until a day."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    relation_to_head = models.CharField(max_length=2)
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    joined_as = models.CharField(max_length=12, choices=JoinReason, blank=True, default=JoinReason.UNKNOWN)
    left_as = models.CharField(max_length=12, choices=LeaveReason, blank=True, default=LeaveReason.UNKNOWN)

    household_scope_field: ClassVar[str] = "household_id"

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "person"],
                condition=models.Q(until__isnull=True),
                name="register_membership_one_household",
            ),
            models.UniqueConstraint(
                fields=["county", "household"],
                condition=models.Q(until__isnull=True, relation_to_head=HEAD_OF_HOUSEHOLD),
                name="register_membership_one_head",
            ),
        ]


class Residence(ScopedRow):
    """Where a person is registered or actually lives, from and until a day."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="residences")
    kind = models.CharField(max_length=10, choices=ResidenceKind)
    courtyard = models.ForeignKey(Courtyard, null=True, on_delete=models.SET_NULL, related_name="+")
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    class Meta:
        verbose_name = _("residence")
        verbose_name_plural = _("residences")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "person", "kind"],
                condition=models.Q(until__isnull=True),
                name="register_residence_one_a_kind",
            ),
        ]


class PolicyTag(ScopedRow):
    """A dated policy tag on a household or a person: categories are records, never columns."""

    household = models.ForeignKey(Household, null=True, on_delete=models.CASCADE, related_name="policy_tags")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="policy_tags")
    tag = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    household_scope_field: ClassVar[str] = "household_id"

    class Meta:
        verbose_name = _("policy tag")
        verbose_name_plural = _("policy tags")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(household__isnull=False, person__isnull=True)
                | models.Q(household__isnull=True, person__isnull=False),
                name="register_tag_household_or_person",
            ),
            models.UniqueConstraint(
                fields=["county", "person", "tag"],
                condition=models.Q(person__isnull=False, until__isnull=True),
                name="register_tag_person_once",
            ),
            models.UniqueConstraint(
                fields=["county", "household", "tag"],
                condition=models.Q(household__isnull=False, until__isnull=True),
                name="register_tag_household_once",
            ),
        ]


class DistinctPersons(ScopedRow):
    """Two records that look like one person and were found to be two: they are not proposed again."""

    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("pair of distinct persons")
        verbose_name_plural = _("pairs of distinct persons")
        constraints = [
            models.UniqueConstraint(fields=["county", "first", "second"], name="register_distinct_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="register_distinct_in_order"
            ),
        ]
