"""Errors of doorplates, each a sentence that says what to do."""

from django.utils.translation import gettext as _


class DoorplateError(Exception):
    """Something about doorplates that is refused."""


class StepRefused(DoorplateError):
    """A step that the plate's state does not allow."""

    def __init__(self, state: str, step: str) -> None:
        super().__init__(
            _("A plate that is “%(state)s” cannot take the step “%(step)s”. Reload the page and look again.")
            % {"state": state, "step": step}
        )
        self.state, self.step = state, step


class PlateReasonNeeded(DoorplateError):
    """A plate was to be revoked or replaced without saying why."""

    def __init__(self) -> None:
        super().__init__(_("Say why the plate is taken out of use: it is written to the log."))


class OutOfPlateNumbers(DoorplateError):
    """A division used all its plate numbers."""

    def __init__(self, division_code: str) -> None:
        super().__init__(_("Division %(code)s has used all 99,999 plate numbers.") % {"code": division_code})


class TooWide(DoorplateError):
    """Plates were asked for above county level."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Plates are issued for a county or what lies below it; %(code)s is wider.") % {"code": code}
        )


class NothingToPrint(DoorplateError):
    """No plate of the selection waits for print."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "No plate in %(code)s waits for print. Issue plates first (issue-plates), or name courtyards or "
                "use --again to print plates once more."
            )
            % {"code": code}
        )


class UnknownCourtyards(DoorplateError):
    """Courtyards were named that have no live plate in the division."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(
            _("These courtyards have no plate in use here: %(codes)s.") % {"codes": ", ".join(codes)}
        )


class PlateAddressUnusable(DoorplateError):
    """The web address that plates shall carry cannot be printed."""


class PrintFailed(DoorplateError):
    """The typesetter warned or failed; a sheet with a fault is never handed out."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(_("The sheet could not be set: %(messages)s") % {"messages": "; ".join(messages)})


class PrintFontMissing(DoorplateError):
    """There is no Chinese typeface on this machine."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "No Chinese typeface was found. Install Noto Sans CJK SC (Debian: fonts-noto-cjk) and print again."
            )
        )


class CharactersMissing(DoorplateError):
    """A name holds characters that the typeface cannot draw."""

    def __init__(self, characters: str, place: str) -> None:
        super().__init__(
            _(
                "The typeface has no “%(characters)s” (%(place)s): a plate would show an empty box. Not printed."
            )
            % {"characters": characters, "place": place}
        )


class PlaceRefused(DoorplateError):
    """A place of a plate that cannot be: outside the degrees of the earth, or an accuracy below zero."""

    def __init__(self) -> None:
        super().__init__(_("The place of the plate is not a place in degrees. Set it on the map again."))


class OfficialCodeRefused(DoorplateError):
    """A code of an official plate that cannot be written down."""

    def __init__(self) -> None:
        super().__init__(_("The code of an official plate has at most 40 characters, without line breaks."))


class NothingToOrder(DoorplateError):
    """No plate of the selection may be made of metal."""

    def __init__(self) -> None:
        super().__init__(_("No plate here waits for the sign maker. Plan plates first."))


class TooManyPlates(DoorplateError):
    """More plates than one order holds."""

    def __init__(self, most: int) -> None:
        super().__init__(
            _("One order holds at most %(most)d plates: order village by village.") % {"most": most}
        )
        self.most = most


class PlatesEnded(DoorplateError):
    """Plates that were revoked or replaced stand in an order: their codes open nothing."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(
            _("These plates are out of use and are not made: %(codes)s.") % {"codes": ", ".join(codes[:10])}
        )
        self.codes = codes


class PlatesOnOrder(DoorplateError):
    """Plates that a sign maker makes already."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(
            _("These plates are on order already: %(codes)s. Call that order off first.")
            % {"codes": ", ".join(codes[:10])}
        )
        self.codes = codes


class PlatesWithoutAddress(DoorplateError):
    """Plates of courtyards that have no standard address."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(
            _("These courtyards have no standard address yet: %(codes)s. Give them one, then order.")
            % {"codes": ", ".join(codes[:10])}
        )
        self.codes = codes


class FilesGone(DoorplateError):
    """The files of an order are not there: not made yet, or removed when their time was over."""

    def __init__(self) -> None:
        super().__init__(_("The files of this order are not there. Make them again if the maker needs them."))


class OrderStateRefused(DoorplateError):
    """An order that is past the step that was asked for."""

    def __init__(self, state: str) -> None:
        super().__init__(_("The order is “%(state)s”: this is not possible any more.") % {"state": state})
        self.state = state


class FlatsRefused(DoorplateError):
    """Buildings, units or rooms that cannot be read; the message says what is wrong."""


class DecisionRefused(DoorplateError):
    """A decision about a clash that does not fit it."""

    def __init__(self) -> None:
        super().__init__(_("This clash is not there any more, or the choice does not fit it. Look again."))
