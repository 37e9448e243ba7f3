"""What the columns of one sheet mean: decided by a person, else told from headings, else proposed from contents."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.intake import headings as layout
from xiaoyuan.intake.cells import is_blank
from xiaoyuan.intake.columns import Column, LedgerKind, fold_heading
from xiaoyuan.intake.extras import examples, is_personal_heading, is_personal_value
from xiaoyuan.intake.headings import HeadingBlock, cell_text, letter
from xiaoyuan.intake.layouts import LEFT_OUT, Certainty, ColumnMeaning, SheetMapping
from xiaoyuan.intake.likeness import likely_column
from xiaoyuan.intake.sheets import LostValue, RawCell, SheetInfo

Rows = Sequence[Sequence[RawCell]]
"""The first rows of a sheet, from row 1 on."""
FEWEST_CELLS: Final = 2
"""A row with fewer filled cells says nothing of a layout's habits."""


def fingerprint(block: HeadingBlock) -> str:
    """Return the hash by which a layout is known again: its folded headings in order."""
    text = "\n".join(fold_heading(heading.text) for heading in block.headings)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class _Question:
    """A sentence about columns at some positions; it falls away once a person decided all of them."""

    positions: Collection[int]
    text: str


def map_sheet(
    info: SheetInfo,
    block: HeadingBlock,
    rows: Rows,
    kind: LedgerKind,
    decided: Mapping[str, tuple[str, Certainty]],
) -> tuple[SheetMapping, list[str]]:
    """Say what each column of a sheet means; `decided` (choice by heading) goes before what is recognised."""
    texts = _texts(block, rows, info)
    known = layout.known_forms(kind)
    columns = {column.key: column for column in kind.columns}
    fixed = {at: decided[text] for at, text in texts.items() if text in decided}
    claimed = {choice for choice, _certainty in fixed.values() if choice in columns}
    questions: list[_Question] = []
    meant: dict[int, tuple[str, Certainty]] = dict(fixed)

    by_key: dict[str, list[int]] = {}
    for at, key in layout.matches(block, known).items():
        if at not in fixed and key not in claimed:
            by_key.setdefault(key, []).append(at)
    for key, positions in by_key.items():
        meant[positions[0]] = (key, Certainty.HEADING)
        if len(positions) > 1:
            questions.append(_Question(positions, _twice(info, columns[key], positions, texts)))
    for key, positions in layout.doubts(block, known).items():
        open_positions = [at for at in positions if at not in meant]
        if key not in claimed and key not in by_key and len(open_positions) > 1:
            questions.append(_Question(open_positions, _twice(info, columns[key], open_positions, texts)))
    taken = {choice for choice, _certainty in meant.values()}
    doubtful = {at for question in questions for at in question.positions}
    today = timezone.localdate()
    for at in texts:
        if at in meant or at in doubtful:
            continue
        column = likely_column(kind, cells_below(rows, block.last_row, at), taken, today)
        if column is not None:
            meant[at] = (column.key, Certainty.CONTENT)
            taken.add(column.key)
            questions.append(_Question((at,), _looks(info, column, at, texts)))

    asked = [question.text for question in questions if not set(question.positions) <= set(fixed)]
    asked += _contradictions(info, fixed, columns, texts)
    asked += [
        _("Sheet “%(sheet)s”: which column is “%(column)s”? The ledger cannot do without it.")
        % {"sheet": info.name, "column": column.label}
        for column in kind.columns
        if column.is_required and column.key not in taken
    ]
    meanings = tuple(
        _meaning(at, texts[at], meant.get(at), columns, rows, block, info) for at in sorted(texts)
    )
    mapping = SheetMapping(
        info.index, info.name, block.first_row, block.last_row, meanings, fingerprint(block)
    )
    return mapping, asked


def _texts(block: HeadingBlock, rows: Rows, info: SheetInfo) -> dict[int, str]:
    """Return the heading of each column that has one, or its letters when there are values without a heading."""
    texts = {heading.position: heading.text for heading in block.headings}
    width = max((len(row) for row in rows[block.last_row + 1 :]), default=0)
    for at in range(width):
        if at not in texts and any(not is_empty(cell) for cell in cells_below(rows, block.last_row, at)):
            texts[at] = f"[{letter(at)}]"
    return texts


def _meaning(
    at: int,
    text: str,
    meant: tuple[str, Certainty] | None,
    columns: Mapping[str, Column],
    rows: Rows,
    block: HeadingBlock,
    info: SheetInfo,
) -> ColumnMeaning:
    choice, certainty = meant or ("", Certainty.UNKNOWN)
    column = columns.get(choice)
    cells = cells_below(rows, block.last_row, at)
    is_personal = column is None and (
        is_personal_heading(text) or any(is_personal_value(cell_text(cell)) for cell in cells)
    )
    return ColumnMeaning(
        position=at,
        heading=text,
        key=choice if column is not None else "",
        certainty=certainty,
        is_left_out=choice == LEFT_OUT,
        examples=examples_of(cells, is_personal=is_personal or (column is not None and column.is_personal)),
        is_personal=is_personal,
        fills_down=column is not None and _fills_down(column, at, rows, block, info),
    )


def _fills_down(column: Column, at: int, rows: Rows, block: HeadingBlock, info: SheetInfo) -> bool:
    """Whether the first rows leave cells of this column empty below a filled one and never write it twice."""
    if not column.is_merged_down or column.begins_anew is None:
        return False
    merged = {
        row
        for span in info.spans
        if span.first_column <= at <= span.last_column
        for row in range(max(span.first_row, block.last_row + 1), min(span.last_row, len(rows)) + 1)
    }
    blanks = repeats = 0
    above = ""
    for index in range(block.last_row + 1, len(rows)):
        filled = sum(not is_empty(cell) for cell in rows[index])
        text = cell_text(rows[index][at]) if at < len(rows[index]) else ""
        if filled < FEWEST_CELLS or index in merged:
            above = ""
            continue
        blanks += not text and bool(above)
        repeats += bool(text) and text == above
        above = text or above
    return blanks > 0 and repeats == 0


def cells_below(rows: Rows, last_heading_row: int, at: int) -> list[RawCell]:
    """Return the first cells of a column below the headings."""
    return [row[at] for row in rows[last_heading_row + 1 :] if at < len(row)]


def examples_of(cells: Iterable[RawCell], *, is_personal: bool) -> tuple[str, ...]:
    """Return what may be shown of a column."""
    return examples((text for cell in cells if (text := cell_text(cell))), is_personal=is_personal)


def is_empty(cell: RawCell) -> bool:
    """Whether nothing stands in a cell; a formula without a value is something."""
    return not isinstance(cell, LostValue) and is_blank(cell)


def is_choice(kind: LedgerKind, choice: str) -> bool:
    """Whether a column of this kind of ledger can be chosen to mean that."""
    return choice in ("", LEFT_OUT) or any(column.key == choice for column in kind.columns)


# Questions


def _named(positions: Iterable[int], texts: Mapping[int, str]) -> str:
    return "、".join(f"{letter(at)} “{texts[at]}”" for at in positions)


def _twice(info: SheetInfo, column: Column, positions: Sequence[int], texts: Mapping[int, str]) -> str:
    return _("Sheet “%(sheet)s”: columns %(columns)s could each be “%(meaning)s”. Choose which one is.") % {
        "sheet": info.name,
        "columns": _named(positions, texts),
        "meaning": column.label,
    }


def _looks(info: SheetInfo, column: Column, at: int, texts: Mapping[int, str]) -> str:
    return _(
        "Sheet “%(sheet)s”: column %(column)s looks like “%(meaning)s”. Confirm it or choose another."
    ) % {
        "sheet": info.name,
        "column": _named((at,), texts),
        "meaning": column.label,
    }


def _contradictions(
    info: SheetInfo,
    fixed: Mapping[int, tuple[str, Certainty]],
    columns: Mapping[str, Column],
    texts: Mapping[int, str],
) -> list[str]:
    times = Counter(choice for choice, _certainty in fixed.values() if choice in columns)
    return [
        _twice(info, columns[key], [at for at, (choice, _certainty) in fixed.items() if choice == key], texts)
        for key, count in times.items()
        if count > 1
    ]
