"""What a domain declares of what can be exported: fields with the headings people use, and who yields the rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from xiaoyuan.accounts.scoping import Scope


@dataclass(frozen=True)
class ExportField:
    """One field. `aliases` are headings of other layouts; `mask` hides a personal value unless it may be shown."""

    key: str
    label: str
    aliases: tuple[str, ...] = ()
    mask: Callable[[str], str] | None = None
    description: str | Promise = ""


@dataclass(frozen=True)
class Selection:
    """Which rows are wanted: of a scope (already narrowed to the asked division), optionally only some ids or a tag."""

    county_id: int
    scope: Scope
    is_sample: bool
    ids: tuple[int, ...] = ()
    filters: Mapping[str, str] | None = None


@dataclass(frozen=True)
class ExportSource:
    """A kind of rows that can leave. `rows` yields values by field key, unmasked, in the order of a ledger.

    `persons` counts the people a selection holds: from a number on a second person has to agree.
    """

    key: str
    label: str | Promise
    fields: tuple[ExportField, ...]
    count: Callable[[Selection], int]
    persons: Callable[[Selection], int]
    rows: Callable[[Selection], Iterator[Mapping[str, Any]]]
