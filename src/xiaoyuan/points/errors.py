"""What can be refused about points, as sentences for people."""

from django.utils.translation import gettext as _


class PointsError(ValueError):
    """A write of points was refused; nothing was saved."""


class RuleIncomplete(PointsError):
    """A rule lacks a part."""

    def __init__(self, what: str) -> None:
        super().__init__(_("The rule needs %(what)s. Nothing was saved.") % {"what": what})


class RuleNotInForce(PointsError):
    """A rule was used outside its days, or in another village."""

    def __init__(self, title: str) -> None:
        super().__init__(_("The rule “%(title)s” does not hold here on this day.") % {"title": title})


class EvidenceNeeded(PointsError):
    """Nobody said what happened."""

    def __init__(self) -> None:
        super().__init__(_("Say what happened and how it is known: it stands in the public notice."))


class ReasonMissing(PointsError):
    """A decision without a reason."""

    def __init__(self) -> None:
        super().__init__(_("Say why: the household will read it."))


class EntrySettled(PointsError):
    """The entry is in another state by now."""

    def __init__(self, state: str) -> None:
        super().__init__(_("This entry is “%(state)s” by now. Load the page again.") % {"state": state})


class TooFewPoints(PointsError):
    """A household cannot pay."""

    def __init__(self, balance: int, cost: int) -> None:
        super().__init__(
            _("The household has %(balance)s points; this costs %(cost)s. Nothing was booked.")
            % {"balance": balance, "cost": cost}
        )


class OutOfStock(PointsError):
    """Nothing is left of a good."""

    def __init__(self, title: str) -> None:
        super().__init__(_("Nothing is left of “%(title)s”.") % {"title": title})


class GoodIncomplete(PointsError):
    """A good lacks a name, a price or a number."""

    def __init__(self) -> None:
        super().__init__(_("A good needs a name, a price of at least one point and a number in stock."))
