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


class RowChanged(RegisterError):
    """Somebody else changed the row since it was read: the edit is refused, nothing was saved."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else changed this record in the meantime. Read it again and repeat your change.")
        )


class NotChangeable(RegisterError):
    """An edit names a field that this action does not change."""

    def __init__(self, field: str) -> None:
        super().__init__(_("“%(field)s” cannot be changed here.") % {"field": field})


class IdNumberTaken(RegisterError):
    """Another person of the county has this identity number."""

    def __init__(self) -> None:
        super().__init__(_("Another person in this county already has this identity number."))


class IdNumberUnfit(RegisterError):
    """An identity number that does not fit the person; the sentence says why, never the number."""


class HeadStays(RegisterError):
    """A relation that would leave a household without a head, or give it two."""

    def __init__(self) -> None:
        super().__init__(_("A household has exactly one head. Change the head of the household instead."))
