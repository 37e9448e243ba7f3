"""Why a file or a cell is refused, each a sentence that says what to do. None quotes a cell: it may be personal."""

from django.utils.translation import gettext as _


class FileRefused(Exception):
    """A file that is not read at all, or cannot be understood as a whole."""


class NotAWorkbook(FileRefused):
    """The bytes are no workbook, whatever the name says."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(name)s is not a workbook that can be read. Save it as .xlsx or .xls and try again.")
            % {"name": name}
        )


class WorkbookProtected(FileRefused):
    """The workbook asks for a password."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(name)s is protected by a password. Remove the password and import it again.")
            % {"name": name}
        )


class WorkbookTooLarge(FileRefused):
    """The workbook, or what it unpacks to, is larger than allowed; sizes in MB."""

    def __init__(self, name: str, size_mb: int, limit_mb: int) -> None:
        super().__init__(
            _("%(name)s holds %(size)s MB of data, %(limit)s MB are allowed. Split it by village.")
            % {"name": name, "size": size_mb, "limit": limit_mb}
        )


class SheetTooWide(FileRefused):
    """A cell far away from the table makes the sheet larger than memory; `cell` is the furthest corner."""

    def __init__(self, name: str, cell: str) -> None:
        super().__init__(
            _(
                "A sheet of %(name)s reaches to cell %(cell)s. Delete the rows below and the columns beside the "
                "table and import it again."
            )
            % {"name": name, "cell": cell}
        )


class NothingRecognised(FileRefused):
    """No sheet has a row of headings that a ledger kind knows."""

    def __init__(self, name: str, kinds: str) -> None:
        super().__init__(
            _("No sheet of %(name)s has a row of headings that is known. These ledgers are known: %(kinds)s.")
            % {"name": name, "kinds": kinds}
        )


class ColumnsMissing(FileRefused):
    """A sheet has a row of headings, but some that the ledger cannot do without are missing."""

    def __init__(self, sheet: str, ledger: str, columns: str) -> None:
        super().__init__(
            _("Sheet “%(sheet)s” looks like “%(ledger)s” but has no column %(columns)s.")
            % {"sheet": sheet, "ledger": ledger, "columns": columns}
        )


class ColumnTwice(FileRefused):
    """Two headings of a sheet name the same column."""

    def __init__(self, sheet: str, column: str, first: str, second: str) -> None:
        super().__init__(
            _("Sheet “%(sheet)s” has “%(column)s” twice, in columns %(first)s and %(second)s. Remove one.")
            % {"sheet": sheet, "column": column, "first": first, "second": second}
        )


class KindUnclear(FileRefused):
    """The headings fit several kinds of ledger equally well."""

    def __init__(self, kinds: str) -> None:
        super().__init__(
            _("The headings fit several ledgers: %(kinds)s. Say which one with --kind.") % {"kinds": kinds}
        )


class UnknownKind(FileRefused):
    """A kind of ledger that nobody declared."""

    def __init__(self, key: str, kinds: str) -> None:
        super().__init__(_("There is no ledger “%(key)s”. Known: %(kinds)s.") % {"key": key, "kinds": kinds})


class NoRows(FileRefused):
    """The headings are there, but nothing stands below them."""

    def __init__(self, name: str) -> None:
        super().__init__(_("%(name)s has headings but no rows below them.") % {"name": name})


class CellError(ValueError):
    """What is wrong with one cell; the caller adds sheet, row and column."""
