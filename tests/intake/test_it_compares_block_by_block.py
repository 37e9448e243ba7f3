"""Files are judged village by village whatever their order, once each, and go on after an interruption."""

from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.batches import offer, read
from tests.intake.forest import NAMES, Forest
from tests.intake.workbooks import write_book
from xiaoyuan.intake.batch_errors import NotAtThisStep, StrangeFault
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline import blocks, stage_batch
from xiaoyuan.intake.pipeline.blocks import plan_passes
from xiaoyuan.intake.queries import progress, staged_cells, staged_cells_of

MIXED: list[list[Any]] = [
    ["1", "梨", "甲", "T1"],
    ["2", "桃", "乙", "T2"],
    ["3", "李", "甲", "T3"],
    ["4", "杏", "丙", "T1"],
    ["5", "枣", "乙", None],
]


@pytest.fixture
def forest(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Forest:
    planted = Forest()
    offer(settings, monkeypatch, planted.kind())
    return planted


def book(tmp_path: Path, rows: list[list[Any]], *, name: str = "林.xlsx") -> Path:
    return write_book(tmp_path / name, {"林": [list(NAMES), *rows]})


def staged(tmp_path: Path, rows: list[list[Any]]) -> ImportBatch:
    return stage_batch(read(book(tmp_path, rows)).pk)


@pytest.mark.django_db
@pytest.mark.parametrize(("limit", "passes"), [(100, 1), (4, 1), (3, 2), (1, 2)])
def test_each_block_is_judged_once_whatever_the_order(
    tmp_path: Path, forest: Forest, monkeypatch: pytest.MonkeyPatch, limit: int, passes: int
) -> None:
    monkeypatch.setattr(blocks.plan_passes, "__defaults__", (limit,))
    read_through: list[int] = []
    gather = blocks._gather

    def counted(*given: Any) -> Any:
        read_through.append(1)
        return gather(*given)

    monkeypatch.setattr(blocks, "_gather", counted)
    batch = staged(tmp_path, MIXED)
    assert sorted(forest.judged) == [("丙", ["4"]), ("乙", ["2", "5"]), ("甲", ["1", "3"])]
    assert len(read_through) == passes
    assert (batch.status, batch.counts) == (BatchStatus.STAGED, {"new": 5})
    kept = StagedRow.objects.order_by("row_number").values_list("row_number", "block", "verdict")
    assert list(kept) == [(at, village, "new") for at, village in zip(range(2, 7), "甲乙甲丙乙", strict=True)]


@pytest.mark.django_db
def test_an_identity_is_compared_over_all_blocks(tmp_path: Path, forest: Forest) -> None:
    staged(tmp_path, MIXED)
    assert forest.doubles == {"T1": [("林", 2), ("林", 5)]}


def test_identities_are_kept_as_hashes_of_a_key_that_changes() -> None:
    first, second = (blocks._hash("990001199001010012", key) for key in (b"a" * 32, b"b" * 32))
    assert first != second
    assert 0 < first < 2**64
    assert blocks._hash("", b"a" * 32) == 0


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), st.integers(1, 12))
def test_passes_hold_no_more_than_the_limit(order: list[int], limit: int) -> None:
    names = list(dict.fromkeys(order))
    first = [order.index(name) for name in names]
    last = [len(order) - 1 - order[::-1].index(name) for name in names]
    sizes = [order.count(name) for name in names]
    passes = plan_passes(first, last, sizes, limit)
    assert sorted(set(passes)) == list(range(max(passes) + 1))
    for at in range(len(order)):
        for number in set(passes):
            opened = [
                block
                for block in range(len(names))
                if passes[block] == number and first[block] <= at <= last[block]
            ]
            assert sum(sizes[block] for block in opened) <= limit or len(opened) == 1


def test_a_sorted_file_needs_one_pass() -> None:
    assert plan_passes([0, 4, 8], [3, 7, 11], [4, 4, 4], limit=4) == [0, 0, 0]


def test_doubles_are_found_by_number() -> None:
    found = blocks._doubled(
        array("Q", [5, 0, 7, 5, 0]), array("H", [0, 0, 0, 1, 1]), array("L", [2, 3, 4, 2, 3]), ["a", "b"]
    )
    assert {key: [(place.sheet, place.number) for place in places] for key, places in found.items()} == {
        5: [("a", 2), ("b", 2)]
    }


@pytest.mark.django_db
def test_rows_without_data_and_absent_records_are_listed(tmp_path: Path, forest: Forest) -> None:
    forest.trees = {("甲", "1"): "梨", ("甲", "9"): "桃", ("丁", "8"): "桃"}
    batch = staged(tmp_path, [*MIXED, ["合计", None, None, None]])
    assert batch.counts == {"same": 1, "new": 4, "absent": 1, "skipped": 1}
    absent = StagedRow.objects.get(verdict=Verdict.ABSENT)
    assert (absent.sheet, absent.row_number, absent.block) == ("", 1, "甲")
    assert (absent.object_kind, absent.object_id) == ("forest.tree", 9)
    skipped = StagedRow.objects.get(verdict=Verdict.SKIPPED)
    assert (skipped.row_number, len(skipped.messages)) == (7, 1)
    assert staged_cells(absent) == {"cells": {}}
    assert staged_cells(skipped) == {"cells": {"林号": "合计"}}


@pytest.mark.django_db
def test_rows_to_look_at_carry_their_cells(tmp_path: Path, forest: Forest) -> None:
    forest.trees = {("甲", "1"): "樱桃"}
    staged(tmp_path, [*MIXED, ["6", "?", "乙", "T6"]])
    by_verdict = {row.verdict: row for row in StagedRow.objects.all()}
    assert by_verdict[Verdict.CHANGED].sealed_cells is not None
    assert by_verdict[Verdict.AMBIGUOUS].candidates == [1, 2]
    assert by_verdict[Verdict.NEW].sealed_cells is None
    cells = staged_cells_of(by_verdict.values())
    assert cells[by_verdict[Verdict.AMBIGUOUS].pk]["cells"] == {
        "林号": "6", "树种": "?", "村": "乙", "标牌": "T6"
    }  # fmt: skip


@pytest.mark.django_db
def test_it_goes_on_with_the_next_block(
    tmp_path: Path, forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCut(BaseException):
        """What no program catches."""

    batch = read(book(tmp_path, MIXED))
    judge = Forest.judge
    done: list[str] = []

    def judge_two(self: Forest, rows: Any, context: Any) -> Any:
        if len(done) == 2:
            raise PowerCut
        done.append(rows[0].values["village"])
        return judge(self, rows, context)

    monkeypatch.setattr(Forest, "judge", judge_two)
    offered = forest.kind()
    monkeypatch.setattr("tests.intake.batches.KINDS", (offered,))
    with pytest.raises(PowerCut):
        stage_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.blocks.count(), batch.rows.count()) == (BatchStatus.STAGING, 2, 3)
    monkeypatch.setattr(Forest, "judge", judge)
    monkeypatch.setattr("tests.intake.batches.KINDS", (forest.kind(),))
    forest.judged.clear()
    batch = stage_batch(batch.pk)
    assert [village for village, _numbers in forest.judged] == [{"甲", "乙", "丙"}.difference(done).pop()]
    assert (batch.status, batch.counts, batch.rows.count()) == (BatchStatus.STAGED, {"new": 5}, 5)


@pytest.mark.django_db
def test_a_fault_leads_back_with_a_number(
    tmp_path: Path, forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = read(book(tmp_path, MIXED))

    def burn(self: Forest, rows: Any, context: Any) -> None:
        raise RuntimeError("13800138000")

    monkeypatch.setattr(Forest, "judge", burn)
    monkeypatch.setattr("tests.intake.batches.KINDS", (forest.kind(),))
    with pytest.raises(StrangeFault) as raised:
        stage_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.failure) == (BatchStatus.MAPPING, str(raised.value))
    assert "13800138000" not in batch.failure


@pytest.mark.django_db
def test_a_compared_file_is_not_compared_again(tmp_path: Path, forest: Forest) -> None:
    batch = staged(tmp_path, MIXED)
    with pytest.raises(NotAtThisStep):
        stage_batch(batch.pk)
    assert len(forest.judged) == 3
    assert progress(batch).percent == 100
    assert not progress(batch).is_working


@pytest.mark.django_db
def test_progress_rises_to_its_total(tmp_path: Path, forest: Forest) -> None:
    seen: list[tuple[int, int]] = []
    batch = read(book(tmp_path, [[str(at), "梨", f"村{at % 3}", None] for at in range(2000)]))
    stage_batch(batch.pk, on_progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _total in seen] == sorted(done for done, _total in seen)
    assert seen[-1][0] == seen[-1][1] > 0
