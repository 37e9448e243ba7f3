"""What a household lives in and on: dwellings, contracted parcels, crops, livestock, work and income, each dated."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.register.choices import ParcelUse, SafetyGrade, Structure, TransferKind
from xiaoyuan.register.models.base import ScopedRow
from xiaoyuan.register.models.people import Household, Person
from xiaoyuan.register.models.places import Building, Parcel


class HouseholdRow(ScopedRow):
    """A record of a household, which a resident of the household may see too."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="%(class)ss")
    extra = models.JSONField(default=dict)

    household_scope_field: ClassVar[str] = "household_id"

    class Meta:
        abstract = True


class Dwelling(HouseholdRow):
    """A house or flat that a household has; `dwelling_no` tells several apart."""

    building = models.ForeignKey(Building, null=True, on_delete=models.SET_NULL, related_name="dwellings")
    dwelling_no = models.CharField(max_length=40)
    structure = models.CharField(max_length=14, choices=Structure, blank=True, default=Structure.UNKNOWN)
    storeys = models.PositiveSmallIntegerField(null=True)
    area_m2 = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    homestead_m2 = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, help_text=_("Area of the homestead.")
    )
    built_year = models.PositiveSmallIntegerField(null=True)
    safety_grade = models.CharField(
        max_length=1, choices=SafetyGrade, blank=True, default=SafetyGrade.UNKNOWN
    )
    is_vacant = models.BooleanField(null=True)
    certificate_no = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("dwelling")
        verbose_name_plural = _("dwellings")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "household", "dwelling_no"], name="register_dwelling_number"
            ),
        ]


class ContractedParcel(HouseholdRow):
    """A parcel that a household holds under contract, GB/T 35958; `parcel` is its shape where it was surveyed."""

    parcel = models.ForeignKey(Parcel, null=True, on_delete=models.SET_NULL, related_name="contracts")
    parcel_code = models.CharField(max_length=19)
    name = models.CharField(max_length=60, blank=True)
    contract_no = models.CharField(max_length=40, blank=True)
    use = models.CharField(max_length=10, choices=ParcelUse, blank=True, default=ParcelUse.UNKNOWN)
    contract_mu = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    measured_mu = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    transfer = models.CharField(max_length=10, choices=TransferKind, blank=True, default=TransferKind.NONE)
    transferred_mu = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    transferred_to = models.CharField(max_length=120, blank=True)
    transfer_fen_per_mu = models.BigIntegerField(null=True, help_text=_("Yearly return in fen a mu."))
    boundaries = models.CharField(max_length=200, blank=True, help_text=_("East, south, west, north."))

    class Meta:
        verbose_name = _("contracted parcel")
        verbose_name_plural = _("contracted parcels")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "division_code", "parcel_code"], name="register_contract_parcel"
            ),
        ]


class CropRecord(HouseholdRow):
    """What a household grew in a year."""

    year = models.PositiveSmallIntegerField()
    crop = models.CharField(max_length=40)
    area_mu = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    output_kg = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    sales_fen = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("crop record")
        verbose_name_plural = _("crop records")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "household", "year", "crop"], name="register_crop_once"
            ),
        ]


class LivestockRecord(HouseholdRow):
    """What a household kept in a year: heads at the end of it and heads sold."""

    year = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=40)
    kept = models.PositiveIntegerField(null=True)
    sold = models.PositiveIntegerField(null=True)
    sales_fen = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("livestock record")
        verbose_name_plural = _("livestock records")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "household", "year", "kind"], name="register_livestock_once"
            ),
        ]


class IncomeRecord(HouseholdRow):
    """A household's income of a year by source, in fen; expenses are those of production."""

    year = models.PositiveSmallIntegerField()
    wages_fen = models.BigIntegerField(null=True)
    business_fen = models.BigIntegerField(null=True)
    transfer_fen = models.BigIntegerField(null=True)
    property_fen = models.BigIntegerField(null=True)
    expenses_fen = models.BigIntegerField(null=True)
    stated_per_person_fen = models.BigIntegerField(null=True, help_text=_("As the ledger states it."))

    class Meta:
        verbose_name = _("income record")
        verbose_name_plural = _("income records")
        constraints = [
            models.UniqueConstraint(fields=["county", "household", "year"], name="register_income_year"),
        ]


class Employment(ScopedRow):
    """Work of a person outside the household's own farm, from and until a day."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="employments")
    employer = models.CharField(max_length=120, blank=True)
    place = models.CharField(max_length=60, blank=True)
    industry = models.CharField(max_length=60, blank=True)
    job = models.CharField(max_length=60, blank=True)
    since = models.DateField()
    until = models.DateField(null=True)
    months = models.PositiveSmallIntegerField(null=True)
    monthly_wage_fen = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=40, blank=True, help_text=_("How the work was found."))
    extra = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("employment")
        verbose_name_plural = _("employments")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "person", "since", "employer"], name="register_employment_once"
            ),
        ]
