"""The reading process: `python -m xiaoyuan.intake.sources.process FILE ENDING LIMITS` writes frames to its output.

It starts without Django, limits itself, and is the only one that parses a file from outside. Frames: a letter, four
bytes of length, the content. `S` sheets, then `C` chunks and `E` at the end, or `R` with the reason of a refusal.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import orjson

from xiaoyuan.intake.sheets import RowChunk, SheetInfo
from xiaoyuan.intake.sources.encoding import encode_chunk
from xiaoyuan.intake.sources.formats import HEAD, Format, check_ending, format_of
from xiaoyuan.intake.sources.limits import MB, Limits
from xiaoyuan.intake.sources.rationing import confine, peak_mb, release
from xiaoyuan.intake.sources.refusals import Reason, Refusal

HEADER: Final = 5
CHUNK_HEADER: Final = 12
"""Sheet index, first row and number of rows, four bytes each, before a chunk's encoded rows."""


class _Reader(Protocol):
    infos: tuple[SheetInfo, ...]

    def chunks(self) -> Iterator[RowChunk]: ...


def main(path: str, ending: str, written: str) -> None:
    """Read a file and write its frames."""
    # What a library prints must not come between the frames.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    limits = Limits(**orjson.loads(written))
    confine(limits)
    try:
        reader = _reader(Path(path), ending, limits)
        _frame(output, b"S", orjson.dumps([pack_info(info) for info in reader.infos]))
        for chunk in reader.chunks():
            place = (chunk.sheet_index, chunk.first_row, len(chunk.rows))
            _frame(
                output, b"C", b"".join(number.to_bytes(4, "big") for number in place) + encode_chunk(chunk)
            )
        _last_frame(output, b"E", {})
    except Refusal as refusal:
        _last_frame(output, b"R", {"reason": refusal.reason, "fields": refusal.fields})
    except MemoryError:
        release(limits)
        _last_frame(output, b"R", {"reason": Reason.MEMORY, "fields": {}})
    output.flush()
    # Nothing is left to tidy up: freeing a million cells one by one would take a second.
    os._exit(0)


def _reader(path: Path, ending: str, limits: Limits) -> _Reader:
    size = path.stat().st_size
    if size > limits.file_mb * MB:
        raise Refusal(Reason.TOO_LARGE, megabytes=size // MB, limit=limits.file_mb)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip(b"\0\t\r\n \xef\xbb\xbf"):
        raise Refusal(Reason.EMPTY)
    found = format_of(head)
    check_ending(ending, found)
    # Each brings its own library, and a small file should not wait for the other.
    if found == Format.TEXT:
        from xiaoyuan.intake.sources.texts import TextReader

        return TextReader(path, limits)
    from xiaoyuan.intake.sources.workbooks import WorkbookReader

    return WorkbookReader(path, limits, is_packed=found == Format.PACKED)


def _frame(output: BinaryIO, kind: bytes, content: bytes) -> None:
    output.write(kind + len(content).to_bytes(4, "big") + content)


def _last_frame(output: BinaryIO, kind: bytes, content: dict[str, Any]) -> None:
    _frame(output, kind, orjson.dumps({**content, "peak_mb": peak_mb()}))


def pack_info(info: SheetInfo) -> dict[str, Any]:
    """Return a sheet for JSON: merged ranges and hidden rows as flat numbers."""
    return {
        "index": info.index,
        "name": info.name,
        "row_count": info.row_count,
        "column_count": info.column_count,
        "is_hidden": info.is_hidden,
        "spans": [
            number
            for span in info.spans
            for number in (span.first_row, span.first_column, span.last_row, span.last_column)
        ],
        "hidden_rows": sorted(info.hidden_rows),
        "hidden_columns": sorted(info.hidden_columns),
    }


if __name__ == "__main__":
    main(*sys.argv[1:4])
