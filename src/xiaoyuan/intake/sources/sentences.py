"""From the reason that the reading process gave to the sentence that a person reads."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.intake import errors
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.intake.sources.formats import Format
from xiaoyuan.intake.sources.refusals import Reason

Fields = Mapping[str, Any]

_SENTENCES: Final[dict[Reason, Callable[[str, Fields], FileRefused]]] = {
    Reason.NOT_A_WORKBOOK: lambda name, fields: errors.NotAWorkbook(name),
    Reason.WRONG_FORMAT: lambda name, fields: errors.WrongFormat(name, _what(fields["format"])),
    Reason.WRONG_ENDING: lambda name, fields: errors.WrongEnding(name, fields["ending"]),
    Reason.PROTECTED: lambda name, fields: errors.WorkbookProtected(name),
    Reason.MACROS: lambda name, fields: errors.HasMacros(name),
    Reason.EMBEDDED: lambda name, fields: errors.HasEmbedded(name),
    Reason.DAMAGED: lambda name, fields: errors.FileDamaged(name),
    Reason.SUSPICIOUS: lambda name, fields: errors.FileSuspicious(name),
    Reason.EMPTY: lambda name, fields: errors.FileEmpty(name),
    Reason.ONLY_PICTURES: lambda name, fields: errors.OnlyPictures(name),
    Reason.TOO_LARGE: lambda name, fields: errors.WorkbookTooLarge(
        name, fields["megabytes"], fields["limit"]
    ),
    Reason.PACKED_TOO_TIGHTLY: lambda name, fields: errors.PackedTooTightly(name, fields["megabytes"]),
    Reason.TOO_FAR: lambda name, fields: errors.SheetTooWide(name, fields["cell"]),
    Reason.TOO_MANY_COLUMNS: lambda name, fields: errors.TooManyColumns(
        name, fields["count"], fields["limit"]
    ),
    Reason.TOO_MANY_ROWS: lambda name, fields: errors.TooManyRows(name, fields["limit"]),
    Reason.MERGED_CELLS: lambda name, fields: errors.MergedCellsOverlap(
        name, fields["sheet"], fields["place"]
    ),
    Reason.UNCALCULATED: lambda name, fields: errors.NotCalculated(name, fields["sheet"], fields["limit"]),
    Reason.ENCODING: lambda name, fields: errors.EncodingUnclear(name),
    Reason.SEPARATOR: lambda name, fields: errors.SeparatorUnclear(name),
    Reason.UNEVEN_ROW: lambda name, fields: errors.UnevenRow(
        name, fields["line"], fields["count"], fields["usual"]
    ),
    Reason.QUOTES: lambda name, fields: errors.QuotesUnclear(name, fields["line"]),
    Reason.LONG_CELL: lambda name, fields: errors.CellTooLong(name, fields["limit"]),
    Reason.MEMORY: lambda name, fields: errors.ReadingTooLarge(name),
    Reason.TIME: lambda name, fields: errors.ReadingTooSlow(name),
    Reason.CRASH: lambda name, fields: errors.ReaderFailed(name),
}


def refused(reason: Reason, name: str, fields: Fields | None = None) -> FileRefused:
    """Return the exception that says why the file called `name` is not read."""
    return _SENTENCES[reason](name, fields or {})


def _what(written: str) -> str:
    return {
        Format.HTML: _("a web page"),
        Format.XML: _("an XML file"),
        Format.JSON: _("a JSON file"),
        Format.PDF: _("a PDF document"),
        Format.PICTURE: _("a picture"),
        Format.PROGRAM: _("a program"),
        Format.DATABASE: _("a database"),
        Format.ARCHIVE: _("an archive of other files"),
        Format.RICH_TEXT: _("a text document"),
        Format.DOCUMENT: _("a text document"),
        Format.PRESENTATION: _("a presentation"),
        Format.OPEN_DOCUMENT: _("an OpenDocument file"),
        Format.BINARY_WORKBOOK: _("a workbook in binary form (.xlsb)"),
        Format.PARQUET: _("a Parquet file"),
    }.get(Format(written), _("no table"))
