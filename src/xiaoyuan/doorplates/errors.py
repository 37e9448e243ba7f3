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
