"""Why a scene cannot be handed out, each a sentence that says what to do."""

from django.utils.translation import gettext as _

from xiaoyuan.twin.errors import TwinError


class BadBox(TwinError):
    """A box that is not four numbers in order."""

    def __init__(self, text: str) -> None:
        super().__init__(
            _("“%(text)s” is no box. Write west, south, east and north in degrees, separated by commas.")
            % {"text": text}
        )


class BoxOutside(TwinError):
    """A box that does not meet the division."""

    def __init__(self, code: str, land: str) -> None:
        super().__init__(
            _("The box lies outside division %(code)s, which covers %(land)s.") % {"code": code, "land": land}
        )


class NothingToExport(TwinError):
    """No row is left to write."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("Division %(code)s has no places to hand out within what was selected.") % {"code": code}
        )


class SceneNotBuilt(TwinError):
    """A format made of the published scene is asked for and there is none."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("No scene of division %(code)s is published. Run “xiaoyuan build-twin %(code)s” first.")
            % {"code": code}
        )


class SeveralScenes(TwinError):
    """A file that holds one scene is asked for where several are published."""

    def __init__(self, code: str, codes: str) -> None:
        super().__init__(
            _("Division %(code)s is shown by several scenes. Export them one by one: %(codes)s.")
            % {"code": code, "codes": codes}
        )


class NoTarget(TwinError):
    """The folder for the file does not exist or cannot be written."""

    def __init__(self, file: str) -> None:
        super().__init__(
            _("The file %(file)s cannot be written: its folder does not exist or is closed.") % {"file": file}
        )
