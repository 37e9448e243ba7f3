"""Where the headings of a sheet stand, in one row or several, and in which forms a heading may be known."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from xiaoyuan.intake.cells import as_text
from xiaoyuan.intake.columns import LedgerKind, fold_heading
from xiaoyuan.intake.sheets import LostValue, RawCell, SheetInfo, Span

HEADING_ROWS: Final = 20
"""Headings are looked for in the first rows: above them stand titles, dates and notes."""
DEEPEST: Final = 3
"""Rows that headings may take: a group above its columns, seldom a group of groups."""
BETWEEN: Final = "·"
"""Between a group and its column: 住房情况·面积."""

_BRACKETS: Final = str.maketrans("【】〔〕[]{}", "()()()()")
_MARKS: Final = re.compile(r"[※●▲△◆◇■□☆#\"“”'‘’]|[、,，。.;；]$")
_ORDINAL: Final = re.compile(r"^(?:\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[).、])(?=\D)")
_UNIT: Final = (
    r"万元|元|亩|平方米|公斤|千克|kg|斤|吨|头|只|羽|株|棵|人|个|户|年|个月|月|天|日|岁"
    r"|厘米|cm|米|公里|km|%|次|间|层|公顷|匹|箱|口|m"
)
_UNITS: Final = re.compile(rf"(?:{_UNIT})(?:/(?:{_UNIT}))?")
_UNIT_BEHIND: Final = re.compile(rf"(?<=[^(])[/_\-]({_UNIT})$")
_SQUARE_METRES: Final = re.compile(r"\((?:平方|平米|m2|m²|㎡|平)\)")
_REMARK: Final = re.compile(r"\(([^()]*)\)")
_GROUP_SUFFIX: Final = re.compile(r"(?:基本)?(?:情况|信息|状况|资料|部分)$")
_LONGEST_GROUP: Final = 15
_NO_GROUP: Final = re.compile(r"[:：]|\d{4}年|填报|单位|日期|台账|登记表|统计表|花名册|汇总表")


@dataclass(frozen=True)
class Heading:
    """The heading of one column as it is shown, and the folded forms in which it may be known, the surest first.

    `doubtful` are forms that other columns of the block have too (面积 below 住房 and below 耕地).
    """

    position: int
    text: str
    forms: tuple[str, ...]
    doubtful: tuple[str, ...] = ()


@dataclass(frozen=True)
class HeadingBlock:
    """Rows read as headings; indexes from 0, both ends included."""

    first_row: int
    last_row: int
    headings: tuple[Heading, ...]
    has_groups: bool = False


def letter(position: int) -> str:
    """Return the letters of a column as programs show them: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_text(cell: RawCell) -> str:
    """Return what a person sees in a raw cell, on one line."""
    return "" if isinstance(cell, LostValue) else " ".join(as_text(cell).split())


def forms(text: str) -> tuple[str, ...]:
    """Return the folded forms of a heading: as it is, without ordinals, marks and remarks that are no unit."""
    folded = fold_heading(unicodedata.normalize("NFKC", text).translate(_BRACKETS))
    plain = _MARKS.sub("", folded).replace("(单位", "(")
    plain = _SQUARE_METRES.sub("(平方米)", plain)
    plain = _UNIT_BEHIND.sub(r"(\1)", plain)
    bare = _ORDINAL.sub("", plain)
    short = _REMARK.sub(lambda found: found[0] if _UNITS.fullmatch(found[1]) else "", bare)
    return tuple(form for form in dict.fromkeys((folded, plain, bare, short)) if form)


def known_forms(kind: LedgerKind) -> Mapping[str, str]:
    """Return the key of each heading that a kind knows, in the forms that `forms` makes."""
    known: dict[str, str] = {}
    for column in kind.columns:
        for text in (column.label, *column.aliases):
            for form in forms(text)[:2]:
                known.setdefault(form, column.key)
    return known


def blocks(info: SheetInfo, rows: Sequence[Sequence[RawCell]]) -> Iterator[HeadingBlock]:
    """Yield every way to read one to three of the first rows as headings, single rows first."""
    for depth in range(1, DEEPEST + 1):
        for first in range(min(HEADING_ROWS, len(rows)) - depth + 1):
            if any(cell_text(cell) for cell in rows[first + depth - 1]) and not any(
                _stands_alone(info, rows, row) for row in range(first, first + depth - 1)
            ):
                yield block_at(info, rows, first, first + depth - 1)


def _stands_alone(info: SheetInfo, rows: Sequence[Sequence[RawCell]], row: int) -> bool:
    """Whether a row heads nothing below it: more of its cells stand above one other text than reach over several."""
    wide = {
        at
        for span in info.spans
        if span.first_row <= row <= span.last_row and span.last_column > span.first_column
        for at in range(span.first_column, span.last_column + 1)
    }
    texts, below = [cell_text(cell) for cell in rows[row]], [cell_text(cell) for cell in rows[row + 1]]
    texts += [""] * (len(below) - len(texts))
    single = several = 0
    for at, text in enumerate(below):
        if not text or not texts[at] or text == texts[at]:
            continue
        reaches_on = at in wide or (at + 1 < len(below) and bool(below[at + 1]) and not texts[at + 1])
        several += reaches_on
        single += not reaches_on
    return single > 1 and single > several


def matches(block: HeadingBlock, known: Mapping[str, str]) -> dict[int, str]:
    """Return the key of each column (by position) whose heading is known without doubt."""
    found: dict[int, str] = {}
    for heading in block.headings:
        for form in heading.forms:
            if form in known:
                found[heading.position] = known[form]
                break
    return found


def doubts(block: HeadingBlock, known: Mapping[str, str]) -> dict[str, list[int]]:
    """Return positions by key of columns that would be known if others had not the same heading in another group."""
    certain = matches(block, known)
    found: dict[str, list[int]] = {}
    for heading in block.headings:
        if heading.position in certain:
            continue
        for form in heading.doubtful:
            if form in known:
                found.setdefault(known[form], []).append(heading.position)
                break
    return {key: positions for key, positions in found.items() if key not in certain.values()}


def block_at(info: SheetInfo, rows: Sequence[Sequence[RawCell]], first: int, last: int) -> HeadingBlock:
    """Read the rows `first` to `last` as headings."""
    width = max(len(row) for row in rows[first : last + 1])
    own = [
        [cell_text(row[at]) if at < len(row) else "" for at in range(width)] for row in rows[first : last + 1]
    ]
    above = [_carried(info, own, first, depth, width) for depth in range(last - first)]
    parts: dict[int, tuple[str, ...]] = {}
    for at in range(width):
        depth = next((depth for depth in range(last - first, -1, -1) if own[depth][at]), None)
        if depth is None:
            continue
        groups = [above[upper][at] for upper in range(depth)]
        parts[at] = (*(group for group in dict.fromkeys(groups) if group), own[depth][at])
    times = Counter(forms(part[-1])[-1:] for part in parts.values())
    headings = []
    seen: set[str] = set()
    for at, part in parts.items():
        text = BETWEEN.join(part)
        if text in seen:
            text = f"{text} [{letter(at)}]"
        seen.add(text)
        together, alone = _together(part), forms(part[-1])
        is_shared = len(part) > 1 and times[alone[-1:]] > 1
        headings.append(
            Heading(at, text, together if is_shared else (*together, *alone), alone if is_shared else ())
        )
    return HeadingBlock(first, last, tuple(headings), any(len(part) > 1 for part in parts.values()))


def _together(part: Sequence[str]) -> tuple[str, ...]:
    """Return the forms of a group and its column in one: 住房情况 and 面积 make 住房面积, a unit goes to the end."""
    found: dict[str, None] = {}
    column = part[-1]
    for group in (*part[-2:-1], "".join(part[:-1])) if len(part) > 1 else ():
        plain = fold_heading(unicodedata.normalize("NFKC", group).translate(_BRACKETS))
        unit = "".join(found[0] for found in _REMARK.finditer(plain) if _UNITS.fullmatch(found[1]))
        plain = _REMARK.sub("", plain)
        for start in (_GROUP_SUFFIX.sub("", plain), plain):
            for end in forms(column):
                joined = end if start and end.startswith(start) else start + end
                for form in forms(joined + unit) if unit and not end.endswith(")") else forms(joined):
                    found.setdefault(form)
    return tuple(found)


def _carried(info: SheetInfo, own: Sequence[Sequence[str]], first: int, depth: int, width: int) -> list[str]:
    """Return the group above each column: its own cell, or the one that was merged, or left empty, over it."""
    row = first + depth
    texts = list(own[depth])
    wide: list[Span] = [
        span
        for span in info.spans
        if span.first_row <= row <= span.last_row and span.first_column < min(span.last_column, width)
    ]
    covered = {at for span in wide for at in range(span.first_column, span.last_column + 1)}
    for span in wide:
        last = min(span.last_column, width - 1)
        is_title = span.last_column - span.first_column + 1 >= 0.8 * width
        text = "" if is_title or span.first_row != row else _group(texts[span.first_column])
        for at in range(span.first_column, last + 1):
            texts[at] = text
    # Without merged cells an empty cell belongs to the group on its left, but only in a row that does hold headings
    # of its own (nothing stands below them) beside groups: a date above the headings is no group.
    below = [any(own[deeper][at] for deeper in range(depth + 1, len(own))) for at in range(width)]
    is_mixed = any(texts[at] and not below[at] and at not in covered for at in range(width))
    group = ""
    for at in range(width):
        if at in covered:
            group = ""
        elif own[depth][at]:
            group = _group(own[depth][at]) if below[at] else ""
            texts[at] = group if is_mixed else ""
        elif is_mixed and below[at]:
            texts[at] = group
    return texts


def _group(text: str) -> str:
    return "" if len(text) > _LONGEST_GROUP or _NO_GROUP.search(text) else text
