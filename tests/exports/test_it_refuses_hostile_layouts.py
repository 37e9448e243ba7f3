"""Hostile and broken workbooks as layouts: refused by a sentence, also without the guard in front."""

from pathlib import Path

import pytest

from tests.intake.hostile import hostile_files
from tests.intake.hostile_file import Hostile
from xiaoyuan.exports.errors import TemplateDamaged, TemplateRefused, TemplateTooLarge
from xiaoyuan.exports.layouts import outline
from xiaoyuan.exports.writing.packages import LARGEST_MB

WORKBOOKS = [one for one in hostile_files() if one.name.endswith(".xlsx")]


def refusal_of(hostile: Hostile, folder: Path) -> str:
    """Return the sentence with which a file is refused, "" when it may serve as a layout; anything else is a fault."""
    path = folder / "layout.xlsx"
    path.write_bytes(hostile.make())
    try:
        sheets = outline(path)
    except TemplateRefused as refusal:
        return str(refusal)
    return "" if sheets else "no sheet and no word"


@pytest.mark.parametrize("hostile", WORKBOOKS, ids=lambda one: one.title)
def test_nothing_but_a_refusal_comes_of_it(hostile: Hostile, tmp_path: Path) -> None:
    # What only a ledger must not be may serve as a layout.
    assert refusal_of(hostile, tmp_path) in ("", str(TemplateDamaged()), str(TemplateTooLarge(LARGEST_MB)))


def test_most_are_refused(tmp_path: Path) -> None:
    assert sum(bool(refusal_of(one, tmp_path)) for one in WORKBOOKS) > len(WORKBOOKS) / 3
