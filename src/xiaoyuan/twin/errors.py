"""Errors of scene building, each a sentence that says what to do."""

from django.utils.translation import gettext as _


class TwinError(Exception):
    """A scene cannot be built or published."""


class NothingToBuild(TwinError):
    """The division has no places yet."""

    def __init__(self, code: str) -> None:
        super().__init__(_("Division %(code)s has no places to show. Import places first.") % {"code": code})


class BrokenBuild(TwinError):
    """The built files do not fit together; the published scene stays as it was."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            _("The built scene is broken and was not published: %(detail)s") % {"detail": detail}
        )


class SceneBusy(TwinError):
    """Somebody else is building the scene at this moment."""

    def __init__(self, key: str) -> None:
        super().__init__(_("Scene %(key)s is being built. Try again when that is done.") % {"key": key})


class NoScheduler(TwinError):
    """Nobody answers at the address of the scheduler."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            _("The scheduler %(address)s cannot be used: %(reason)s") % {"address": address, "reason": reason}
        )
