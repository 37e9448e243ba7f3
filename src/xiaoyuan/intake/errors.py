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
                "A sheet of %(name)s reaches to cell %(cell)s. Delete the rows below and the columns "
                "beside the "
                "table and import it again."
            )
            % {"name": name, "cell": cell}
        )


class WrongFormat(FileRefused):
    """The file is something else than a table; `what` says it, such as "a web page"."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            _(
                "%(name)s is %(what)s. Open it in a spreadsheet program, save it as .xlsx and import that "
                "file."
            )
            % {"name": name, "what": what}
        )


class WrongEnding(FileRefused):
    """A table of another sort than its name says; `ending` is the right one."""

    def __init__(self, name: str, ending: str) -> None:
        super().__init__(
            _(
                "The name of %(name)s does not fit what it holds: that is a %(ending)s file. Name it so "
                "and import it again."
            )
            % {"name": name, "ending": ending}
        )


class HasMacros(FileRefused):
    """A workbook with a program inside."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "%(name)s holds macros, which may do harm. Save it as .xlsx, without macros, and import "
                "that file."
            )
            % {"name": name}
        )


class HasEmbedded(FileRefused):
    """A workbook with other files inside."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "%(name)s has other files embedded in it. Delete these objects from its sheets, save it "
                "and import it again."
            )
            % {"name": name}
        )


class FileDamaged(FileRefused):
    """A workbook that breaks off or contradicts itself."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "%(name)s is damaged, or was not copied as a whole. Open it in a spreadsheet program, "
                "save it as .xlsx and import that file."
            )
            % {"name": name}
        )


class FileSuspicious(FileRefused):
    """A workbook built as no spreadsheet program builds one: entries twice, outside of it, entities, "
    "false sizes."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "%(name)s is built as no spreadsheet program builds a workbook, and may do harm. Open it "
                "in a spreadsheet program, save it as .xlsx and import that file."
            )
            % {"name": name}
        )


class FileEmpty(FileRefused):
    """No sheet holds a cell."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(name)s is empty: no sheet holds a cell. Check whether it is the right file.")
            % {"name": name}
        )


class OnlyPictures(FileRefused):
    """A workbook of photographs or scans."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("%(name)s holds pictures but no cells. Enter the table as text and import it again.")
            % {"name": name}
        )


class PackedTooTightly(FileRefused):
    """A zip bomb, or what looks like one; the size in MB."""

    def __init__(self, name: str, size_mb: int) -> None:
        super().__init__(
            _(
                "%(name)s is small but unpacks to %(size)s MB, as no ledger does. Open it in a "
                "spreadsheet program, copy the table into a new workbook and import that."
            )
            % {"name": name, "size": size_mb}
        )


class TooManyColumns(FileRefused):
    """More columns than any ledger has."""

    def __init__(self, name: str, count: int, limit: int) -> None:
        super().__init__(
            _(
                "%(name)s has %(count)s columns, %(limit)s are allowed. Delete the columns beside the "
                "table and import it again."
            )
            % {"name": name, "count": count, "limit": limit}
        )


class TooManyRows(FileRefused):
    """More rows than a county has inhabitants."""

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(
            _("%(name)s has more than %(limit)s rows. Split it by township or village.")
            % {"name": name, "limit": limit}
        )


class MergedCellsOverlap(FileRefused):
    """Merged ranges that share cells, or are no ranges; `place` names them."""

    def __init__(self, name: str, sheet: str, place: str) -> None:
        super().__init__(
            _(
                "In %(name)s, sheet “%(sheet)s”, merged cells overlap or make no sense (%(place)s). Take "
                "the merging back there, save it and import it again."
            )
            % {"name": name, "sheet": sheet, "place": place}
        )


class NotCalculated(FileRefused):
    """A sheet with more failed or uncalculated formulas than can be reported one by one."""

    def __init__(self, name: str, sheet: str, limit: int) -> None:
        super().__init__(
            _(
                "In %(name)s, sheet “%(sheet)s”, more than %(limit)s formulas have no value. Open it in a "
                "spreadsheet program, save it and import it again."
            )
            % {"name": name, "sheet": sheet, "limit": limit}
        )


class EncodingUnclear(FileRefused):
    """Text in an encoding that cannot be told for sure."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "How the Chinese characters of %(name)s are encoded cannot be told. Save it as .xlsx, or "
                "as .csv in UTF-8, and import that file."
            )
            % {"name": name}
        )


class SeparatorUnclear(FileRefused):
    """Text that two separators divide into columns equally well."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "Which character separates the columns of %(name)s cannot be told. Save it as .xlsx and "
                "import that file."
            )
            % {"name": name}
        )


class UnevenRow(FileRefused):
    """A row of a text file with more or fewer columns than the others: a separator inside a text shifts "
    "the rest."""

    def __init__(self, name: str, row: int, count: int, usual: int) -> None:
        super().__init__(
            _(
                "Row %(row)s of %(name)s has %(count)s columns, the others have %(usual)s. Put texts that "
                "hold a comma or a line break into quotation marks, or save it as .xlsx."
            )
            % {"name": name, "row": row, "count": count, "usual": usual}
        )


class QuotesUnclear(FileRefused):
    """A quotation mark of a text file that does not end, or ends inside a text; `line` counts from 1."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(
            _(
                "A quotation mark in line %(line)s of %(name)s, or before it, has no end. Correct it, or "
                "save the table as .xlsx."
            )
            % {"name": name, "line": line}
        )


class CellTooLong(FileRefused):
    """A cell or line of a text file that is longer than any ledger's."""

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(
            _(
                "A cell or a line of %(name)s is longer than %(limit)s characters. Check whether it is "
                "the right file."
            )
            % {"name": name, "limit": limit}
        )


class ReadingTooLarge(FileRefused):
    """Reading took more memory than a file of this size may take."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "Reading %(name)s takes too much memory. Delete the rows below and the columns beside the "
                "table, or split it by village."
            )
            % {"name": name}
        )


class ReadingTooSlow(FileRefused):
    """Reading took longer than a file of this size may take."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Reading %(name)s takes too long. Copy the table into a new workbook, or split it by village.")
            % {"name": name}
        )


class ReaderFailed(FileRefused):
    """The reading process broke down over the file."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "%(name)s could not be read. Open it in a spreadsheet program, save it as .xlsx and "
                "import that file."
            )
            % {"name": name}
        )


class NothingRecognised(FileRefused):
    """No sheet has a row of headings that a ledger kind knows."""

    def __init__(self, name: str, kinds: str) -> None:
        super().__init__(
            _("No sheet of %(name)s has a row of headings that is known. These ledgers are known: %(kinds)s.")
            % {"name": name, "kinds": kinds}
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
