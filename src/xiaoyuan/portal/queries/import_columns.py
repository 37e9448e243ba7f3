"""The columns of a file as a clerk confirms them: what each was taken for, and what else it may be."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from xiaoyuan.intake.columns import LedgerKind
from xiaoyuan.intake.headings import letter
from xiaoyuan.intake.kinds import ledger_kinds
from xiaoyuan.intake.layouts import LEFT_OUT, Certainty
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.intake.pages import heads_of
from xiaoyuan.intake.pipeline import mapping_of
from xiaoyuan.intake.recognising import with_examples


@dataclass(frozen=True)
class ColumnChoice:
    """One column of a sheet; `name` is its form field."""

    name: str
    letters: str
    heading: str
    choice: str
    certainty: str
    is_sure: bool
    examples: tuple[str, ...]


@dataclass(frozen=True)
class SheetChoice:
    """A sheet with its columns."""

    index: int
    name: str
    heading_row: int
    columns: tuple[ColumnChoice, ...]


def field_name(sheet_index: int, position: int) -> str:
    """Return the form field of a column."""
    return f"column-{sheet_index}-{position}"


def certainties() -> dict[Certainty, str]:
    """Return in words how a column was recognised."""
    return {
        Certainty.HEADING: _("by its heading"),
        Certainty.CONTENT: _("by its contents: please check"),
        Certainty.REMEMBERED: _("as confirmed before"),
        Certainty.CHOSEN: _("as you chose"),
        Certainty.UNKNOWN: _("not recognised"),
    }


def mapping_table(batch: ImportBatch) -> dict[str, Any]:
    """Return what the form of columns needs."""
    kinds = ledger_kinds()
    kept = mapping_of(batch)
    kind: LedgerKind = next((one for one in kinds if one.key == kept.kind_key), kinds[0])
    mapping = with_examples(kept, heads_of(batch), kind)
    labels = certainties()
    return {
        "mapping": mapping,
        "kinds": [(one.key, one.label) for one in kinds],
        "meanings": [(column.key, column.label, column.is_required) for column in kind.columns],
        "left_out_choice": LEFT_OUT,
        "sheets": [
            SheetChoice(
                index=sheet.sheet_index,
                name=sheet.sheet,
                heading_row=sheet.last_heading_row + 1,
                columns=tuple(
                    ColumnChoice(
                        name=field_name(sheet.sheet_index, column.position),
                        letters=letter(column.position),
                        heading=column.heading,
                        choice=column.choice,
                        certainty=labels[column.certainty],
                        is_sure=column.certainty not in (Certainty.CONTENT, Certainty.UNKNOWN),
                        examples=column.examples,
                    )
                    for column in sheet.columns
                ),
            )
            for sheet in mapping.sheets
        ],
    }
