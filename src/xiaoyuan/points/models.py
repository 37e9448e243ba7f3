"""Points of households in double entry: each entry's postings add up to nothing, each balance is a sum.

No total of one household stands beside that of another anywhere: points are not for ranking.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.points.choices import Account, AppealState, EntryKind, EntryState
from xiaoyuan.register.models import Household, ScopedRow


class PointRule(ScopedRow):
    """One version of a rule. A change is a new version: what was booked under the old one stays explained."""

    code = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=80)
    points = models.IntegerField(help_text=_("Given each time; negative: taken."))
    evidence = models.CharField(max_length=200, help_text=_("What has to be known before it is given."))
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        verbose_name = _("point rule")
        verbose_name_plural = _("point rules")
        constraints = [
            models.UniqueConstraint(
                fields=["county", "division_code", "code", "version"], name="points_rule_version"
            ),
            models.UniqueConstraint(
                fields=["county", "division_code", "code"],
                condition=models.Q(valid_until__isnull=True),
                name="points_rule_one_in_force",
            ),
            models.CheckConstraint(condition=~models.Q(points=0), name="points_rule_gives_something"),
        ]


class PointGood(ScopedRow):
    """What points can be exchanged for at the village's shelf."""

    title = models.CharField(max_length=80)
    cost = models.PositiveIntegerField()
    stock = models.PositiveIntegerField()
    is_offered = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("good")
        verbose_name_plural = _("goods")
        constraints = [models.CheckConstraint(condition=models.Q(cost__gt=0), name="points_good_costs")]


class PointEntry(ScopedRow):
    """One movement: on public notice first, then booked by its postings, or withdrawn with a reason."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="point_entries")
    kind = models.CharField(max_length=8, choices=EntryKind)
    state = models.CharField(max_length=9, choices=EntryState)
    rule = models.ForeignKey(PointRule, null=True, on_delete=models.PROTECT, related_name="entries")
    good = models.ForeignKey(PointGood, null=True, on_delete=models.PROTECT, related_name="entries")
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    points = models.IntegerField(help_text=_("What the household gains or loses."))
    happened_on = models.DateField()
    evidence = models.CharField(max_length=200, blank=True)
    shown_as = models.CharField(max_length=40, help_text=_("How the notice names the household: masked."))
    notice_until = models.DateTimeField(null=True)
    is_public = models.BooleanField(default=False, help_text=_("On the public notice right now."))
    booked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    household_scope_field: ClassVar[str] = "household_id"

    class Meta:
        verbose_name = _("point entry")
        verbose_name_plural = _("point entries")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state=EntryState.NOTICE) | models.Q(notice_until__isnull=False),
                name="points_notice_ends",
            ),
        ]
        indexes = [
            models.Index(fields=["division_code", "state"], name="points_entry_division"),
            models.Index(fields=["household", "state"], name="points_entry_household"),
        ]


class PointPosting(ScopedRow):
    """One side of a booked entry. The sides of an entry add up to nothing."""

    entry = models.ForeignKey(PointEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.CharField(max_length=9, choices=Account)
    household = models.ForeignKey(Household, null=True, on_delete=models.PROTECT, related_name="+")
    amount = models.IntegerField()

    household_scope_field: ClassVar[str] = "household_id"

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [
            models.UniqueConstraint(fields=["entry", "account"], name="points_posting_one_a_side"),
            models.CheckConstraint(
                condition=models.Q(account=Account.HOUSEHOLD, household__isnull=False)
                | (~models.Q(account=Account.HOUSEHOLD) & models.Q(household__isnull=True)),
                name="points_posting_household_side",
            ),
        ]


class PointAppeal(ScopedRow):
    """An objection against an entry on notice; the entry is not booked while it is open."""

    entry = models.ForeignKey(PointEntry, on_delete=models.CASCADE, related_name="appeals")
    household = models.ForeignKey(Household, null=True, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=400)
    state = models.CharField(max_length=9, choices=AppealState, default=AppealState.OPEN)
    answer = models.CharField(max_length=400, blank=True)
    decided_at = models.DateTimeField(null=True)

    household_scope_field: ClassVar[str] = "household_id"

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        indexes = [models.Index(fields=["division_code", "state"], name="points_appeal_division")]
