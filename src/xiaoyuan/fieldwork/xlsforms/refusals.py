"""What can be wrong with a form, with the sheet, row and column where it stands and what to do about it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _


class FormRefused(ValueError):
    """A form cannot be taken. `sheet`, `row` (as spreadsheets count) and `column` (its heading) say where, if known."""

    def __init__(self, reason: str, *, sheet: str = "", row: int = 0, column: str = "") -> None:
        self.reason, self.sheet, self.row, self.column = reason, sheet, row, column
        super().__init__(f"{self.place}{reason}")

    @property
    def place(self) -> str:
        """Where it stands, in words; "" when it is about the whole file."""
        parts = []
        if self.sheet:
            parts.append(_("sheet “%(sheet)s”") % {"sheet": self.sheet})
        if self.row:
            parts.append(_("row %(row)s") % {"row": self.row})
        if self.column:
            parts.append(_("column “%(column)s”") % {"column": self.column})
        return f"{_(', ').join(parts)}{_(': ')}" if parts else ""


class FormFaults(FormRefused):
    """All that is wrong with a form at once, so that nobody has to send it ten times."""

    def __init__(self, faults: Sequence[FormRefused]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class ExpressionRefused(ValueError):
    """A condition or formula cannot be read."""
