"""What a domain declares of what can be exported: fields with the headings people use, and who yields the rows."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, cast

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.exports.errors import UnknownSource

EXTRA: Final = "extra:"
"""Before the heading of a column that an imported file had and that no field holds."""
ROW_NUMBER: Final = "#"
"""The field that the engine itself offers: the number of the row within the export, from 1."""

_DECORATION: Final = re.compile(r"[\s*★:]|\((必填|选填|必填项|选填项)\)")


def fold_heading(text: str) -> str:
    """Return a heading in the form in which headings are compared: `＊经营面积（亩）` -> `经营面积(亩)`."""
    return _DECORATION.sub("", unicodedata.normalize("NFKC", text).lower())


class FieldKind(StrEnum):
    """What the values of a field are; decides how a cell and how a typed column holds them."""

    TEXT = "text"
    CODE = "code"
    """Digits that are no number: identity numbers, phones, household numbers. Always a text cell."""
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    BOOLEAN = "boolean"


@dataclass(frozen=True)
class ExportField:
    """One field. `aliases` are headings of other layouts; `mask` hides a personal value unless it may be shown."""

    key: str
    label: str
    aliases: tuple[str, ...] = ()
    mask: Callable[[str], str] | None = None
    description: str | Promise = ""
    kind: FieldKind = FieldKind.TEXT
    english: str = ""
    unit: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    """The code list behind the words, for the data dictionary: words by code."""
    is_merged_down: bool = False
    """Layouts merge this cell down over the rows of one household."""

    @property
    def headings(self) -> frozenset[str]:
        """The folded headings that name this field."""
        return frozenset(fold_heading(text) for text in (self.label, *self.aliases))


@dataclass(frozen=True)
class Selection:
    """Which rows are wanted: of a scope (already narrowed to the asked division), optionally only some ids or a tag.

    `wanted` are the keys of the fields that will be written, so that nothing else is decrypted; empty: all.
    """

    county_id: int
    scope: Scope
    is_sample: bool
    ids: tuple[int, ...] = ()
    filters: Mapping[str, str] | None = None
    wanted: frozenset[str] = frozenset()

    def filter(self, name: str) -> str:
        """Return one filter, or ""."""
        return (self.filters or {}).get(name, "")

    def wants(self, key: str) -> bool:
        """Whether a field will be written."""
        return not self.wanted or key in self.wanted


@dataclass(frozen=True)
class ExportSource:
    """A kind of rows that can leave. `rows` yields values by field key, unmasked, in the order of a ledger.

    `persons` counts the people a selection holds: from a number on a second person has to agree. Rows of a source
    with a `geometry` carry WKB in EPSG:4490 under the key "wkb" (None: no shape yet).
    """

    key: str
    label: str | Promise
    fields: tuple[ExportField, ...]
    count: Callable[[Selection], int]
    persons: Callable[[Selection], int]
    rows: Callable[[Selection], Iterator[Mapping[str, Any]]]
    group_key: str = ""
    """Rows with the same value under this key belong together (a household): merged cells end with them."""
    geometry: str = ""
    """Kind of the shapes, as a GeoPackage names it, or "" for rows without any."""
    is_offered: bool = True
    """Whether a clerk chooses it in the form; others go into the archive or are asked for elsewhere."""
    is_archived: bool = True
    has_filters: bool = False
    """Whether a policy tag and a villager group narrow it."""

    def field(self, key: str) -> ExportField | None:
        """Return a field by its key, also one for a heading that only the imported file knew."""
        if key.startswith(EXTRA):
            return ExportField(key, key.removeprefix(EXTRA))
        if key == ROW_NUMBER:
            return NUMBER_FIELD
        return next((one for one in self.fields if one.key == key), None)


NUMBER_FIELD: Final = ExportField(
    ROW_NUMBER, "序号", ("编号", "行号", "no.", "no"), kind=FieldKind.INTEGER, english="row number"
)


def export_sources() -> tuple[ExportSource, ...]:
    """Return all sources, in the order in which they are offered; the settings name them."""
    return cast(tuple[ExportSource, ...], import_string(settings.EXPORT_SOURCES))


def export_source(key: str) -> ExportSource:
    """Return one source; raises `UnknownSource`."""
    for source in export_sources():
        if source.key == key:
            return source
    raise UnknownSource(key)
