"""Everything a village owns in one zip that needs no Xiaoyuan to be read: GeoPackage, CSV, Parquet, a dictionary."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pyarrow as pa
from pyarrow import parquet

from xiaoyuan.exports.sources import EXTRA, ExportField, Selection, export_sources
from xiaoyuan.exports.writing.dictionaries import dictionary_csv, dictionary_markdown, readme
from xiaoyuan.exports.writing.geopackages import GeoPackage
from xiaoyuan.exports.writing.typed import EXTRA_FIELD, schema_of, typed
from xiaoyuan.exports.writing.values import as_text, csv_text, shown
from xiaoyuan.exports.writing.watermarks import Mark

CHUNK: Final = 2000
ATTRIBUTION: Final = "attribution"
"""Field of a source whose values are gathered for the licence."""
_BLOCK: Final = 1024 * 1024


def write_archive(
    path: Path, selection: Selection, mark: Mark, *, is_masked: bool, tick: Callable[[int], None]
) -> int:
    """Write the archive; returns how many rows it holds. One chunk of rows is in memory at a time."""
    sources = [one for one in export_sources() if one.is_archived]
    folder = path.parent
    shapes = GeoPackage(folder / "places.gpkg")
    counts: dict[str, int] = {}
    attributions: dict[str, None] = {}
    done = 0
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=4, allowZip64=True) as archive:
        manifest: dict[str, dict[str, Any]] = {}
        for source in sources:
            fields = [*source.fields, EXTRA_FIELD]
            table, columns = folder / f"{source.key}.csv", folder / f"{source.key}.parquet"
            counts[source.key] = 0
            with _Tables(table, columns, fields) as tables:
                for rows in _chunks(source.rows(selection)):
                    leaving = [_leaving(fields, row, is_masked=is_masked) for row in rows]
                    tables.write(leaving)
                    if source.geometry:
                        shapes.append(source.key, fields, leaving, [row.get("wkb") for row in rows])
                    attributions.update(
                        dict.fromkeys(str(row[ATTRIBUTION]) for row in rows if row.get(ATTRIBUTION))
                    )
                    counts[source.key] += len(rows)
                    done += len(rows)
                    tick(done)
            manifest[f"csv/{source.key}.csv"] = _add(archive, table, f"csv/{source.key}.csv")
            name = f"parquet/{source.key}.parquet"
            manifest[name] = _add(archive, columns, name, is_packed=True)
        if shapes.path.exists():
            manifest["places.gpkg"] = _add(archive, shapes.path, "places.gpkg")
        texts = {
            "dictionary.csv": "\ufeff" + dictionary_csv(sources, counts),
            "dictionary.md": dictionary_markdown(sources, counts),
            "README.md": readme(mark, list(attributions), is_masked=is_masked),
        }
        for name, text in texts.items():
            content = text.encode()
            archive.writestr(name, content)
            manifest[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        listing = {"mark": dict(mark.rows), "crs": "EPSG:4490", "rows": counts, "files": manifest}
        archive.writestr("manifest.json", json.dumps(listing, ensure_ascii=False, indent=1))
    return done


def _leaving(fields: Sequence[ExportField], row: Mapping[str, Any], *, is_masked: bool) -> list[Any]:
    """Return a row's values in the order of the fields, those without a field as one JSON text at the end."""
    values = [shown(one, row.get(one.key), is_masked=is_masked) for one in fields[:-1]]
    extra = {
        key.removeprefix(EXTRA): as_text(shown(ExportField(key, key), value, is_masked=is_masked))
        for key, value in row.items()
        if key.startswith(EXTRA)
    }
    return [*values, json.dumps(extra, ensure_ascii=False) if extra else None]


class _Tables:
    """One source as CSV and as Parquet, written together."""

    def __init__(self, table: Path, columns: Path, fields: Sequence[ExportField]) -> None:
        self._fields = fields
        self._schema = schema_of(fields)
        self._text = table.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._text)
        self._csv.writerow([one.label for one in fields])
        self._parquet = parquet.ParquetWriter(columns, self._schema, compression="zstd")

    def __enter__(self) -> "_Tables":
        return self

    def __exit__(self, *problem: object) -> None:
        self._text.close()
        self._parquet.close()

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        self._csv.writerows([csv_text(value) for value in row] for row in rows)
        arrays = [
            pa.array([typed(one, row[place]) for row in rows], type=self._schema.field(place).type)
            for place, one in enumerate(self._fields)
        ]
        self._parquet.write_table(pa.Table.from_arrays(arrays, schema=self._schema))


def _chunks(rows: Iterator[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    chunk: list[Mapping[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _add(archive: ZipFile, path: Path, name: str, *, is_packed: bool = False) -> dict[str, Any]:
    """Move a file into the archive; returns its fingerprint and size."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
    archive.write(path, name, ZIP_STORED if is_packed else ZIP_DEFLATED)
    path.unlink()
    return {"sha256": digest.hexdigest(), "bytes": size}
