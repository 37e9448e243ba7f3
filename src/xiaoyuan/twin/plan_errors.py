"""Why a plan or a water level was refused, each a sentence that says what to do."""

from django.utils.translation import gettext as _

from xiaoyuan.twin.errors import TwinError
from xiaoyuan.twin.planning.errors import GroundMissing, LineUnusable, PlanningError, SeedDry


class PlanRefused(TwinError):
    """A drawing cannot be computed or kept."""


class NoGround(PlanRefused):
    """No elevation model reaches the drawing."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "No elevation model reaches this place. Import one first; nothing is computed from guessed heights."
            )
        )


class PlanChanged(PlanRefused):
    """Somebody else changed the plan meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("Somebody changed this plan meanwhile. Open it again, then repeat your change."))


def refusal(error: PlanningError) -> PlanRefused:
    """Return what the pure package refused as a sentence in the reader's language."""
    if isinstance(error, GroundMissing):
        return PlanRefused(
            _("No elevation model reaches the drawing at %(place)d m. Draw within the model.")
            % {"place": round(error.chainage_m)}
        )
    if isinstance(error, SeedDry):
        return PlanRefused(
            _("The starting point lies at %(height).1f m, above the water at %(level).1f m. Raise the level.")
            % {"height": error.height_m, "level": error.level_m}
        )
    if isinstance(error, LineUnusable) and error.length_m:
        return PlanRefused(
            _("The line is %(length)d m long; roads of 20 m to 30 km can be sketched.")
            % {"length": round(error.length_m)}
        )
    return PlanRefused(_("Draw a line of at least two points first."))
