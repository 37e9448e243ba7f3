"""What a file is: proposed from headings, contents and memory, for a clerk to correct."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.intake import headings as layout
from xiaoyuan.intake.columns import Column, LedgerKind
from xiaoyuan.intake.errors import NoRows, NothingRecognised, UnknownKind
from xiaoyuan.intake.headings import HeadingBlock
from xiaoyuan.intake.layouts import Certainty, FileMapping, SheetMapping
from xiaoyuan.intake.meanings import (
    Rows,
    cells_below,
    examples_of,
    fingerprint,
    is_choice,
    is_empty,
    map_sheet,
)
from xiaoyuan.intake.sheets import SheetInfo

Known = Callable[[str, str], Mapping[str, str] | None]
"""Given the key of a kind and a fingerprint: what a person confirmed of this layout, key by heading."""

FEWEST_HEADINGS: Final = 2


def nothing_known(kind_key: str, fingerprint: str) -> None:
    """Remember nothing."""


@dataclass(frozen=True)
class _Found:
    """A sheet read as one kind: its headings and the keys that they name, by position."""

    info: SheetInfo
    block: HeadingBlock
    keys: Mapping[int, str]

    @property
    def count(self) -> int:
        return len(set(self.keys.values()))

    def missing(self, kind: LedgerKind) -> list[Column]:
        return [
            column for column in kind.columns if column.is_required and column.key not in self.keys.values()
        ]


def propose(
    sheets: Sequence[SheetInfo],
    heads: Mapping[int, Rows],
    kinds: Sequence[LedgerKind],
    *,
    kind_key: str = "",
    known: Known = nothing_known,
    name: str = "",
) -> FileMapping:
    """Recognise a file by the first rows of its sheets (`heads`, by index of the sheet) as one of `kinds`.

    Raises `FileRefused` when no sheet is a ledger. What is not certain becomes a question in the mapping. `name` is the
    file's, for the sentence.
    """
    if kind_key and kind_key not in {kind.key for kind in kinds}:
        raise UnknownKind(kind_key, ", ".join(kind.key for kind in kinds))
    offered = [kind for kind in kinds if kind_key in ("", kind.key)]
    found = _read_as(sheets, heads, kinds, fewest=FEWEST_HEADINGS if not kind_key else 1)
    if kind_key and not any(key == kind_key for _index, key in found):
        found |= _by_shape(sheets, heads, offered[0])
    ranked = sorted(
        ((_rank(found, sheets, kind), -at) for at, kind in enumerate(offered)),
        reverse=True,
    )
    best = ranked[0][0]
    if best[1] == 0 and not (kind_key and any(key == kind_key for _index, key in found)):
        raise NothingRecognised(name or _("the file"), "、".join(str(kind.label) for kind in offered))
    winners = [offered[-at] for rank, at in ranked if rank == best]
    questions = []
    if len(winners) > 1:
        labels = "、".join(str(kind.label) for kind in winners)
        questions.append(
            _("The headings fit several ledgers: %(kinds)s. Choose which it is.") % {"kinds": labels}
        )
    kind = winners[0]
    chosen, left_out = _choose_sheets(sheets, heads, kind, kinds, found)
    if not chosen:
        raise NoRows(name or _("the file"))
    mappings = []
    for one in chosen:
        remembered = known(kind.key, fingerprint(one.block)) or {}
        decided = {
            heading: (choice, Certainty.REMEMBERED)
            for heading, choice in remembered.items()
            if is_choice(kind, choice)
        }
        mapping, asked = map_sheet(one.info, one.block, heads[one.info.index], kind, decided)
        mappings.append(mapping)
        questions += asked
    notes = [note for one in chosen for note in _notes(one.info)]
    return FileMapping(kind.key, tuple(mappings), left_out, questions, float(best[1]), notes)


def with_choices(
    mapping: FileMapping,
    sheets: Sequence[SheetInfo],
    heads: Mapping[int, Rows],
    kind: LedgerKind,
    choices: Mapping[tuple[int, int], str],
    left_out_sheets: Collection[int] = (),
) -> FileMapping:
    """Return a mapping as a person corrected it.

    `choices` by index of the sheet and position of the column: a key of the kind, "" to keep the column as it is, or
    `LEFT_OUT`. What a person chose is never asked again; what contradicts itself or is still missing is.
    """
    if kind.key != mapping.kind_key:
        mapping = propose(sheets, heads, (kind,))
    infos = {info.index: info for info in sheets}
    left_out = dict(mapping.left_out)
    mappings: list[SheetMapping] = []
    questions: list[str] = []
    for sheet in mapping.sheets:
        if sheet.sheet_index in left_out_sheets:
            left_out[sheet.sheet] = _("A person left this sheet out.")
            continue
        decided = {
            column.heading: (column.choice, column.certainty)
            for column in sheet.columns
            if column.certainty in (Certainty.CHOSEN, Certainty.REMEMBERED)
        }
        for column in sheet.columns:
            choice = choices.get((sheet.sheet_index, column.position))
            if choice is not None and is_choice(kind, choice):
                decided[column.heading] = (choice, Certainty.CHOSEN)
        info, rows = infos[sheet.sheet_index], heads[sheet.sheet_index]
        block = layout.block_at(info, rows, sheet.first_heading_row, sheet.last_heading_row)
        mapped, asked = map_sheet(info, block, rows, kind, decided)
        mappings.append(mapped)
        questions += asked
    if not mappings:
        questions.append(_("Every sheet is left out. Keep at least one."))
    notes = [note for sheet in mappings for note in _notes(infos[sheet.sheet_index])]
    return replace(
        mapping,
        kind_key=kind.key,
        sheets=tuple(mappings),
        left_out=left_out,
        questions=questions,
        notes=notes,
    )


def with_examples(mapping: FileMapping, heads: Mapping[int, Rows], kind: LedgerKind) -> FileMapping:
    """Return a mapping that was kept without examples with those of the file's first rows."""
    by_key = {column.key: column for column in kind.columns}
    return replace(
        mapping,
        sheets=tuple(
            replace(
                sheet,
                columns=tuple(
                    replace(
                        column,
                        examples=examples_of(
                            cells_below(heads[sheet.sheet_index], sheet.last_heading_row, column.position),
                            is_personal=column.is_personal
                            or (column.key in by_key and by_key[column.key].is_personal),
                        ),
                    )
                    for column in sheet.columns
                ),
            )
            for sheet in mapping.sheets
        ),
    )


# Which kind, which sheets


def _by_shape(
    sheets: Sequence[SheetInfo], heads: Mapping[int, Rows], kind: LedgerKind
) -> dict[tuple[int, str], _Found]:
    """Take the widest row of texts for headings that nobody knows: a person who said which ledger it is names them."""
    rows = [
        (sum(isinstance(cell, str) and bool(cell.strip()) for cell in row), -index, info)
        for info in sheets
        if not info.is_hidden
        for index, row in enumerate(heads.get(info.index, ())[: layout.HEADING_ROWS])
    ]
    filled, index, info = max(rows, key=lambda one: one[:2], default=(0, 0, None))
    if info is None or filled < FEWEST_HEADINGS:
        return {}
    block = layout.block_at(info, heads[info.index], -index, -index)
    return {(info.index, kind.key): _Found(info, block, {})}


def _read_as(
    sheets: Sequence[SheetInfo], heads: Mapping[int, Rows], kinds: Sequence[LedgerKind], *, fewest: int
) -> dict[tuple[int, str], _Found]:
    """Read every sheet as every kind that names at least the `fewest` of its headings."""
    known = {kind.key: layout.known_forms(kind) for kind in kinds}
    found: dict[tuple[int, str], _Found] = {}
    for info in sheets:
        best: dict[str, tuple[int, bool, int, int]] = {}
        for block in layout.blocks(info, heads.get(info.index, ())):
            for kind in kinds:
                keys = layout.matches(block, known[kind.key])
                one = _Found(info, block, keys)
                # Groups above columns tell more than the columns alone; else as few rows as possible, the first.
                rank = (one.count, block.has_groups, block.first_row - block.last_row, -block.first_row)
                if one.count >= fewest and (kind.key not in best or rank > best[kind.key]):
                    best[kind.key] = rank
                    found[info.index, kind.key] = one
    return found


def _rank(
    found: Mapping[tuple[int, str], _Found], sheets: Sequence[SheetInfo], kind: LedgerKind
) -> tuple[bool, int]:
    """How well a file fits a kind: whether all that is required is there, and how many headings are known."""
    ranks = [
        (not one.missing(kind), one.count)
        for info in sheets
        if not info.is_hidden and (one := found.get((info.index, kind.key))) is not None
    ]
    return max(ranks, default=(False, 0))


def _choose_sheets(
    sheets: Sequence[SheetInfo],
    heads: Mapping[int, Rows],
    kind: LedgerKind,
    kinds: Sequence[LedgerKind],
    found: Mapping[tuple[int, str], _Found],
) -> tuple[list[_Found], dict[str, str]]:
    """Return the sheets that are this ledger, and why the others are not."""
    chosen: list[_Found] = []
    left_out: dict[str, str] = {}
    fitting = [one for info in sheets if not info.is_hidden and (one := found.get((info.index, kind.key)))]
    best = max(fitting, key=lambda one: (not one.missing(kind), one.count))
    for info in sheets:
        one = found.get((info.index, kind.key))
        reason = _unfit(info, one, kind, kinds, found, is_best=one is best)
        if not reason and one is not None and not _has_rows(one, heads[info.index]):
            reason = _("There are headings but no rows below them.")
        if reason or one is None:
            left_out[info.name] = reason
        else:
            chosen.append(one)
    return chosen, left_out


def _unfit(
    info: SheetInfo,
    one: _Found | None,
    kind: LedgerKind,
    kinds: Sequence[LedgerKind],
    found: Mapping[tuple[int, str], _Found],
    *,
    is_best: bool,
) -> str:
    """Return why a sheet is no part of the ledger, or ""."""
    if info.is_hidden:
        return (
            _("The sheet is hidden: a list for choosing from, or notes.")
            if one is None
            else _("The sheet is hidden. Show it in the workbook if it belongs to the ledger.")
        )
    others = [
        (rival.count, other)
        for other in kinds
        if other is not kind
        and (rival := found.get((info.index, other.key))) is not None
        and not rival.missing(other)
        and (one is None or one.missing(kind) or rival.count > one.count)
    ]
    if others and not is_best:
        other = max(others, key=lambda pair: pair[0])[1]
        return _("This looks like another ledger: %(ledger)s. Import it by itself.") % {"ledger": other.label}
    if one is None:
        return _("No headings are known here: a note, a list or statistics.")
    missing = one.missing(kind)
    # A note with two headings in common is no ledger; half of what is required makes one.
    if len(missing) * 2 > len(kind.required) and not is_best:
        return _("Columns are missing that the ledger needs: %(columns)s.") % {
            "columns": "、".join(column.label for column in missing)
        }
    return ""


def _has_rows(one: _Found, rows: Rows) -> bool:
    if one.info.row_count > len(rows):
        return True
    return any(not is_empty(cell) for row in rows[one.block.last_row + 1 :] for cell in row)


def _notes(info: SheetInfo) -> list[str]:
    notes = []
    if info.hidden_rows:
        notes.append(
            _("Sheet “%(sheet)s” has %(count)s hidden rows. They are read too.")
            % {"sheet": info.name, "count": len(info.hidden_rows)}
        )
    if info.hidden_columns:
        notes.append(
            _("Sheet “%(sheet)s” has %(count)s hidden columns. They are read too.")
            % {"sheet": info.name, "count": len(info.hidden_columns)}
        )
    return notes
