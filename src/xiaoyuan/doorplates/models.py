"""The doorplate, its batch, its hangings, the orders for metal, and what was decided about clashes."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.doorplates.choices import OrderState, PlateSize, PlateState, WorkState
from xiaoyuan.lib import plate_code
from xiaoyuan.lib.flat_numbers import Flat
from xiaoyuan.register.models import Courtyard, Grid, ScopedRow


class PlateBatch(ScopedRow):
    """Plates that were planned in one go: a village, a grid, a villager group, or the flats of a building."""

    name = models.CharField(max_length=80)
    group = models.CharField(_("villager group"), max_length=40, blank=True)
    grid = models.ForeignKey(Grid, null=True, on_delete=models.PROTECT, related_name="+")
    courtyard = models.ForeignKey(
        Courtyard,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("Community of the flats."),
    )
    flats = models.JSONField(
        default=list, help_text=_("Building, unit and room of each plate; empty for courtyards.")
    )
    state = models.CharField(max_length=8, choices=WorkState, default=WorkState.QUEUED)
    progress_done = models.PositiveIntegerField(default=0)
    progress_total = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    by_user_id = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=150)
    started_at = models.DateTimeField(null=True, help_text=_("When a worker took it on."))

    class Meta:
        verbose_name = _("batch of doorplates")
        verbose_name_plural = _("batches of doorplates")
        indexes = [models.Index(fields=["division_code"], name="doorplates_batch_division")]


class Doorplate(ScopedRow):
    """One plate of a courtyard, or of a building, unit or flat in it. The token itself is nowhere in clear."""

    courtyard = models.ForeignKey(Courtyard, on_delete=models.CASCADE, related_name="doorplates")
    code = models.CharField(max_length=20, help_text=_("Human-readable code with a check character."))
    token_hash = models.BinaryField(max_length=32)
    token_sealed = models.BinaryField()
    state = models.CharField(max_length=9, choices=PlateState, default=PlateState.PLANNED)
    official_code = models.CharField(
        max_length=40, blank=True, help_text=_("Code of the official plate that this one is bound to.")
    )
    printed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    building = models.CharField(
        max_length=20,
        blank=True,
        help_text=_("As it is called on site; empty for the courtyard's own plate."),
    )
    unit = models.CharField(max_length=20, blank=True)
    room = models.CharField(max_length=20, blank=True)
    batch = models.ForeignKey(PlateBatch, null=True, on_delete=models.SET_NULL, related_name="plates")
    successor = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="+", help_text=_("Plate that replaced it.")
    )

    class Meta:
        verbose_name = _("doorplate")
        verbose_name_plural = _("doorplates")
        constraints = [
            # The token alone must find the plate: a scan does not know its county.
            models.UniqueConstraint(fields=["token_hash"], name="doorplates_token"),
            models.UniqueConstraint(fields=["county", "code"], name="doorplates_code"),
            models.UniqueConstraint(
                fields=["county", "courtyard", "building", "unit", "room"],
                condition=~models.Q(state__in=[PlateState.REVOKED, PlateState.REPLACED]),
                name="doorplates_one_live_plate",
            ),
        ]
        indexes = [models.Index(fields=["division_code"], name="doorplates_division")]

    @property
    def readable_code(self) -> str:
        """The code in the groups in which it is printed."""
        return plate_code.spaced(self.code)

    @property
    def flat(self) -> Flat:
        """The building, unit and room that the plate names; all empty for the courtyard's own plate."""
        return Flat(self.building, self.unit, self.room)


class OfficialCodeAlias(ScopedRow):
    """A code of an official plate that a plate was bound to before: it leads to the plate for ever."""

    plate = models.ForeignKey(Doorplate, on_delete=models.CASCADE, related_name="former_codes")
    code = models.CharField(max_length=40)
    by_label = models.CharField(max_length=150)

    class Meta:
        verbose_name = _("former official code")
        verbose_name_plural = _("former official codes")
        indexes = [models.Index(fields=["county", "code"], name="doorplates_alias_code")]


class PlateInstallation(ScopedRow):
    """One hanging of a plate: where, how exactly that is known, and by whom. The newest one is in force."""

    plate = models.ForeignKey(Doorplate, on_delete=models.CASCADE, related_name="installations")
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy_m = models.FloatField(null=True, help_text=_("Radius in metres as the device gave it."))
    by_user_id = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=150)

    class Meta:
        verbose_name = _("installation of a doorplate")
        verbose_name_plural = _("installations of doorplates")
        indexes = [models.Index(fields=["division_code"], name="doorplates_hung_division")]


class PrintOrder(ScopedRow):
    """Plates that a sign maker shall make in one size: the sealed files, until when they are kept, the delivery."""

    number = models.PositiveIntegerField(help_text=_("Counted in the county."))
    size = models.CharField(max_length=6, choices=PlateSize)
    batch = models.ForeignKey(PlateBatch, null=True, on_delete=models.SET_NULL, related_name="orders")
    words = models.CharField(max_length=200, blank=True, help_text=_("For the sign maker."))
    state = models.CharField(max_length=9, choices=OrderState, default=OrderState.QUEUED)
    plate_count = models.PositiveIntegerField()
    progress_done = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    subject = models.UUIDField(default=uuid.uuid4)
    files = models.JSONField(default=list, help_text=_("Key, name, bytes and SHA-256 of each file."))
    by_user_id = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=150)
    started_at = models.DateTimeField(null=True, help_text=_("When a worker took it on."))
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text=_("When the files are removed."))
    delivered_at = models.DateTimeField(null=True)
    delivered_by = models.CharField(max_length=150, blank=True)

    class Meta:
        verbose_name = _("print order of doorplates")
        verbose_name_plural = _("print orders of doorplates")
        constraints = [
            models.UniqueConstraint(fields=["county", "number"], name="doorplates_order_number"),
        ]
        indexes = [models.Index(fields=["division_code"], name="doorplates_order_division")]


class OrderedPlate(models.Model):
    """A plate of a print order."""

    order = models.ForeignKey(PrintOrder, on_delete=models.CASCADE, related_name="lines")
    plate = models.ForeignKey(Doorplate, on_delete=models.CASCADE, related_name="ordered")

    class Meta:
        verbose_name = _("plate of a print order")
        verbose_name_plural = _("plates of a print order")
        constraints = [models.UniqueConstraint(fields=["order", "plate"], name="doorplates_ordered_once")]


class ClashDecision(ScopedRow):
    """What somebody decided about plates that contradicted each other. `is_settled` ones are not listed again."""

    kind = models.CharField(max_length=20)
    plates = models.CharField(max_length=200, help_text=_("Ids of the plates, ascending."))
    decision = models.CharField(max_length=16)
    reason = models.CharField(max_length=300)
    is_settled = models.BooleanField(default=False)
    by_label = models.CharField(max_length=150)

    class Meta:
        verbose_name = _("decision about doorplates")
        verbose_name_plural = _("decisions about doorplates")
        indexes = [models.Index(fields=["division_code"], name="doorplates_clash_division")]
