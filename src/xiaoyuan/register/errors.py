"""Errors of the register, each a sentence that says what to do."""

from django.utils.translation import gettext as _


class RegisterError(Exception):
    """Something the register refuses."""


class UnknownDivision(RegisterError):
    """A division code that no list holds."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("There is no division %(code)s. Import the division list that holds it first.") % {"code": code}
        )
        self.code = code


class OutOfNumbers(RegisterError):
    """A county used all 4,294,967,295 tile numbers."""

    def __init__(self) -> None:
        super().__init__(_("This county has no tile numbers left."))
