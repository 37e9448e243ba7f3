"""What a person confirmed of a layout is known again there and below; the nearest confirmation wins."""

from pathlib import Path
from typing import Any

import pytest

from tests.intake.batches import NOW, VILLAGE, Orchard, read
from tests.intake.workbooks import CLERK, write_book
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.intake.layouts import LEFT_OUT
from xiaoyuan.intake.models import BatchStatus, LedgerLayout
from xiaoyuan.intake.pipeline import confirm_mapping, mapping_of, stage_batch
from xiaoyuan.intake.remembering import known_layout

pytestmark = pytest.mark.django_db
TOWN = VILLAGE[:9]
SIBLING = f"{TOWN}209"
ROWS: list[list[Any]] = [["代号", "果种", "产量(公斤)", "旧列"], ["1", "梨", 3, "x"]]
CHOICES = {(0, 0): "number", (0, 3): LEFT_OUT}


def unclear(tmp_path: Path, division: str, rows: list[list[Any]] = ROWS) -> Any:
    return read(write_book(tmp_path / "果树.xlsx", {"树": rows}), division=division)


def confirm(tmp_path: Path, division: str, choices: dict[tuple[int, int], str] = CHOICES) -> str:
    """Confirm the columns of a file; returns the fingerprint of its layout."""
    batch = unclear(tmp_path, division)
    if (
        batch.status == BatchStatus.STAGING
    ):  # nothing was asked: the columns can be changed once it is compared
        batch = stage_batch(batch.pk)
    mapping = confirm_mapping(batch=batch, choices=choices, kind_key="trees", actor=CLERK, now=NOW)
    return mapping.sheets[0].fingerprint


def test_the_next_file_needs_no_questions(tmp_path: Path, orchard: Orchard) -> None:
    assert unclear(tmp_path, VILLAGE).status == BatchStatus.MAPPING
    confirm(tmp_path, VILLAGE)
    again = unclear(tmp_path, VILLAGE, [["another title"], *ROWS])
    assert again.status == BatchStatus.STAGING
    columns = mapping_of(again).sheets[0].by_heading()
    assert columns == {"代号": "number", "果种": "fruit", "产量(公斤)": "yield_kg", "旧列": LEFT_OUT}
    other = [[*ROWS[0], "新列"], [*ROWS[1], ""]]
    assert unclear(tmp_path, VILLAGE, other).status == BatchStatus.MAPPING


def test_it_is_known_below_and_not_beside(tmp_path: Path, orchard: Orchard) -> None:
    fingerprint = confirm(tmp_path, VILLAGE)
    assert known_layout(1, VILLAGE, "trees", fingerprint) is not None
    assert known_layout(1, SIBLING, "trees", fingerprint) is None
    assert known_layout(1, TOWN, "trees", fingerprint) is None
    assert known_layout(2, VILLAGE, "trees", fingerprint) is None
    assert known_layout(1, VILLAGE, "bees", fingerprint) is None
    confirm(tmp_path, TOWN)
    assert known_layout(1, SIBLING, "trees", fingerprint) is not None


def test_the_nearest_confirmation_wins_and_a_new_one_replaces_it(tmp_path: Path, orchard: Orchard) -> None:
    confirm(tmp_path, TOWN)
    fingerprint = confirm(tmp_path, VILLAGE, {**CHOICES, (0, 3): ""})
    near, around = (known_layout(1, code, "trees", fingerprint) for code in (VILLAGE, SIBLING))
    assert near is not None
    assert around is not None
    assert (near["旧列"], around["旧列"]) == ("", LEFT_OUT)
    confirm(tmp_path, VILLAGE, CHOICES)
    assert LedgerLayout.objects.count() == 2
    replaced = known_layout(1, VILLAGE, "trees", fingerprint)
    assert replaced is not None
    assert replaced["旧列"] == LEFT_OUT
    assert AuditEntry.objects.filter(action="intake.remember_layout").count() == 3
