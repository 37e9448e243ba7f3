"""The doorplate: a random token on metal, found by its hash, kept encrypted for reprints."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.lib import plate_code
from xiaoyuan.register.models import Courtyard, ScopedRow


class Doorplate(ScopedRow):
    """One plate of a courtyard. The token itself is nowhere in clear."""

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

    class Meta:
        verbose_name = _("doorplate")
        verbose_name_plural = _("doorplates")
        constraints = [
            # The token alone must find the plate: a scan does not know its county.
            models.UniqueConstraint(fields=["token_hash"], name="doorplates_token"),
            models.UniqueConstraint(fields=["county", "code"], name="doorplates_code"),
            models.UniqueConstraint(
                fields=["county", "courtyard"],
                condition=~models.Q(state__in=[PlateState.REVOKED, PlateState.REPLACED]),
                name="doorplates_one_live_plate",
            ),
        ]
        indexes = [models.Index(fields=["division_code"], name="doorplates_division")]

    @property
    def readable_code(self) -> str:
        """The code in the groups in which it is printed."""
        return plate_code.spaced(self.code)


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
