"""What a file said, kept sealed in pages of some hundred rows, as it was read: every later step starts from them."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from xiaoyuan.intake.files import SHEETS
from xiaoyuan.intake.models import FilePage, ImportBatch
from xiaoyuan.intake.sheets import RawCell, RowChunk, SheetInfo, Span
from xiaoyuan.intake.sources.encoding import decode_chunk
from xiaoyuan.intake.sources.reading import Page
from xiaoyuan.vault.actions import open_blob, seal_blobs
from xiaoyuan.vault.files import open_file, seal_file

HEAD_ROWS: Final = 60
"""Rows of each sheet from which its columns are recognised."""
_AT_ONCE: Final = 10
"""Pages written by one statement."""

Heads = Mapping[int, Sequence[Sequence[RawCell]]]


@dataclass
class PageWriter:
    """Stores the pages of a file as they were encoded, and remembers the first rows of each sheet."""

    batch: ImportBatch
    now: datetime
    heads: dict[int, list[Sequence[RawCell]]] = field(default_factory=dict)
    rows: int = 0
    _waiting: list[Page] = field(default_factory=list)

    def add(self, page: Page) -> None:
        """Store a page; it may wait for others until `flush`."""
        if page.first_row < HEAD_ROWS:
            _remember(self.heads, decode_chunk(page.data))
        self.rows += page.row_count
        self._waiting.append(page)
        if len(self._waiting) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Store what waits."""
        sealed = seal_blobs(
            county_id=self.batch.county_id,
            subject=self.batch.subject,
            contents=[(page_context(one.sheet_index, one.first_row), one.data) for one in self._waiting],
            now=self.now,
        )
        FilePage.objects.bulk_create(
            FilePage(
                county_id=self.batch.county_id,
                batch=self.batch,
                sheet_index=page.sheet_index,
                first_row=page.first_row,
                row_count=page.row_count,
                sealed=content,
            )
            for page, content in zip(self._waiting, sealed, strict=True)
        )
        self._waiting.clear()


def chunks_of(batch: ImportBatch, sheet_index: int) -> Iterator[RowChunk]:
    """Yield the chunks of a sheet in order, one page in memory at a time."""
    pages = FilePage.objects.filter(batch=batch, sheet_index=sheet_index)
    for page_id in list(pages.order_by("first_row").values_list("pk", flat=True)):
        yield chunk_of(batch, FilePage.objects.get(pk=page_id))


def chunk_of(batch: ImportBatch, page: FilePage) -> RowChunk:
    """Open one page; raises `SubjectErased`."""
    content = open_blob(
        county_id=batch.county_id,
        subject=batch.subject,
        name=page_context(page.sheet_index, page.first_row),
        sealed=bytes(page.sealed),
    )
    return decode_chunk(content)


def heads_of(batch: ImportBatch) -> Heads:
    """Return the first 60 rows of each sheet, from row 1 on."""
    heads: dict[int, list[Sequence[RawCell]]] = {}
    pages = FilePage.objects.filter(batch=batch, first_row__lt=HEAD_ROWS).order_by("sheet_index", "first_row")
    for page in pages:
        _remember(heads, chunk_of(batch, page))
    return heads


def _remember(heads: dict[int, list[Sequence[RawCell]]], chunk: RowChunk) -> None:
    head = heads.setdefault(chunk.sheet_index, [])
    if chunk.first_row < HEAD_ROWS:
        head.extend([] for _missing in range(chunk.first_row - len(head)))
        head.extend(chunk.rows[: HEAD_ROWS - len(head)])


def page_context(sheet_index: int, first_row: int) -> str:
    """Return the name under which a page is sealed, so that pages cannot be exchanged."""
    return f"page:{sheet_index}:{first_row}"


def store_sheets(batch: ImportBatch, sheets: Iterable[SheetInfo], now: datetime) -> None:
    """Keep what a reader found out about the sheets: a summary in the batch (not saved here), the whole sealed."""
    sheets = tuple(sheets)
    content = io.BytesIO(orjson.dumps([_plain(sheet) for sheet in sheets]))
    seal_file(county_id=batch.county_id, subject=batch.subject, name=SHEETS, source=content, now=now)
    batch.sheets = [
        {
            "index": sheet.index,
            "name": sheet.name,
            "rows": sheet.row_count,
            "columns": sheet.column_count,
            "is_hidden": sheet.is_hidden,
            "merged": len(sheet.spans),
            "hidden_rows": len(sheet.hidden_rows),
            "hidden_columns": len(sheet.hidden_columns),
        }
        for sheet in sheets
    ]


def sheets_of(batch: ImportBatch) -> tuple[SheetInfo, ...]:
    """Return what was found out about the sheets; raises `SubjectErased`."""
    content = b"".join(open_file(county_id=batch.county_id, subject=batch.subject, name=SHEETS))
    return tuple(_sheet(plain) for plain in orjson.loads(content))


def _plain(sheet: SheetInfo) -> dict[str, Any]:
    return {
        "index": sheet.index,
        "name": sheet.name,
        "row_count": sheet.row_count,
        "column_count": sheet.column_count,
        "is_hidden": sheet.is_hidden,
        "spans": [[one.first_row, one.first_column, one.last_row, one.last_column] for one in sheet.spans],
        "hidden_rows": sorted(sheet.hidden_rows),
        "hidden_columns": sorted(sheet.hidden_columns),
    }


def _sheet(plain: Mapping[str, Any]) -> SheetInfo:
    return SheetInfo(
        index=plain["index"],
        name=plain["name"],
        row_count=plain["row_count"],
        column_count=plain["column_count"],
        is_hidden=plain["is_hidden"],
        spans=tuple(Span(*span) for span in plain["spans"]),
        hidden_rows=frozenset(plain["hidden_rows"]),
        hidden_columns=frozenset(plain["hidden_columns"]),
    )
