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
