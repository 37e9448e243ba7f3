"""A person decides row by row; applying judges afresh, writes all or nothing, and can be taken back."""

from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from tests.intake.batches import NOW, offer, read, received
from tests.intake.forest import NAMES, Forest
from tests.intake.workbooks import CLERK, write_book
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.history.errors import LaterEdits
from xiaoyuan.history.models import Revision
from xiaoyuan.intake import tasks
from xiaoyuan.intake.batch_errors import (
    ColumnsUnclear,
    NotAtThisStep,
    NotOffered,
    RowsUndecided,
    StrangeFault,
)
from xiaoyuan.intake.models import BatchStatus, Decision, ImportBatch, LedgerLayout, StagedRow, Verdict
from xiaoyuan.intake.pipeline import (
    apply_batch,
    confirm_mapping,
    decide,
    mapping_of,
    read_batch,
    roll_back_batch,
    stage_batch,
)

pytestmark = pytest.mark.django_db
ROWS: list[list[Any]] = [
    ["1", "梨", "甲", None],
    ["2", "?", "甲", None],
    ["3", "李", "乙", None],
    [None, "杏", "乙", None],
]


@pytest.fixture
def forest(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Forest:
    planted = Forest(trees={("甲", "8"): "桃", ("甲", "9"): "桃"})
    offer(settings, monkeypatch, planted.kind())
    return planted


@pytest.fixture
def batch(tmp_path: Path, forest: Forest) -> ImportBatch:
    """Row 2 and 4 new, row 3 ambiguous, row 5 wrong, trees 8 and 9 absent."""
    path = write_book(tmp_path / "林.xlsx", {"林": [list(NAMES), *ROWS]})
    return stage_batch(read(path).pk)


def row(number: int, sheet: str = "林") -> StagedRow:
    return StagedRow.objects.get(sheet=sheet, row_number=number)


def choose(batch: ImportBatch, choice: Decision, *rows: StagedRow, record_id: int | None = None) -> int:
    ids = [one.pk for one in rows]
    return decide(batch=batch, row_ids=ids, choice=choice, record_id=record_id, actor=CLERK, now=NOW)


def decide_all(batch: ImportBatch) -> None:
    choose(batch, Decision.USE_CANDIDATE, row(3), record_id=2)
    choose(batch, Decision.LEAVE_OUT, row(5))
    choose(batch, Decision.ENDED, row(1, ""))


def apply(batch: ImportBatch) -> ImportBatch:
    return apply_batch(batch_id=batch.pk, actor=CLERK, now=NOW)


def test_nothing_is_written_before_all_is_decided(batch: ImportBatch, forest: Forest) -> None:
    assert batch.counts == {"new": 2, "ambiguous": 1, "error": 1, "absent": 2}
    with override("en"), pytest.raises(RowsUndecided, match="2 rows"):
        apply(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.revision_id) == (BatchStatus.STAGED, None)
    assert "2 rows" in batch.failure
    assert len(forest.trees) == 2
    assert not Revision.objects.exists()


def test_decisions_are_carried_out(batch: ImportBatch, forest: Forest) -> None:
    decide_all(batch)
    applied = apply(batch)
    assert (applied.status, applied.applied_at, applied.failure) == (BatchStatus.APPLIED, NOW, "")
    assert forest.trees == {
        ("甲", "1"): "梨", ("甲", "2"): "?", ("乙", "3"): "李", ("甲", "8"): "桃", ("甲", "9"): "桃"
    }  # fmt: skip
    # The other absent tree was not decided: nothing happens to it.
    assert forest.absences == [(8, Decision.ENDED)]
    linked = {one.row_number: one.object_id for one in StagedRow.objects.filter(sheet="林")}
    assert linked == {2: 1, 3: 2, 4: 3, 5: None}
    assert Revision.objects.get().pk == applied.revision_id
    who = row(3)
    assert (who.decided_by_label, who.decided_at, who.decided_id) == ("Wang", NOW, 2)
    assert AuditEntry.objects.filter(action="intake.decide").count() == 3


def test_applying_twice_is_refused(batch: ImportBatch, forest: Forest) -> None:
    decide_all(batch)
    apply(batch)
    forest.trees.clear()
    with pytest.raises(NotAtThisStep):
        apply(batch)
    assert (forest.trees, Revision.objects.count()) == ({}, 1)
    with pytest.raises(NotAtThisStep):
        choose(batch, Decision.UNDECIDED, row(3))


def test_a_decision_can_be_taken_back(batch: ImportBatch) -> None:
    decide_all(batch)
    assert choose(batch, Decision.UNDECIDED, row(3)) == 1
    undecided = row(3)
    assert (undecided.decision, undecided.decided_by_label, undecided.decided_at) == ("", "", None)
    with pytest.raises(RowsUndecided):
        apply(batch)


@pytest.mark.parametrize(
    ("choice", "number", "sheet", "record_id"),
    [
        (Decision.AS_NEW, 5, "林", None),  # an error stays one
        (Decision.AS_NEW, 2, "林", None),
        (Decision.USE_CANDIDATE, 3, "林", 7),  # no candidate of this row
        (Decision.USE_CANDIDATE, 3, "林", None),
        (Decision.MOVED_OUT, 1, "", None),  # not offered by this kind
        (Decision.LEAVE_OUT, 1, "", None),
        (Decision.ENDED, 2, "林", None),
    ],
)
def test_only_what_is_offered_can_be_decided(
    batch: ImportBatch, choice: Decision, number: int, sheet: str, record_id: int | None
) -> None:
    with pytest.raises(NotOffered):
        choose(batch, choice, row(number, sheet), record_id=record_id)
    assert not StagedRow.objects.exclude(decision="").exists()
    assert not AuditEntry.objects.filter(action="intake.decide").exists()


def test_rows_of_another_import_are_not_decided(batch: ImportBatch) -> None:
    other = ImportBatch.objects.create(
        county_id=1, division_code="52", file_name="x", actor_label="x", created_at=NOW, status="staged", kind="forests"
    )  # fmt: skip
    with pytest.raises(NotOffered):
        choose(other, Decision.LEAVE_OUT, row(5))
    assert row(5).decision == ""


def test_a_fault_in_the_last_block_writes_nothing(batch: ImportBatch, forest: Forest) -> None:
    decide_all(batch)
    forest.breaks_at = "乙"
    with pytest.raises(StrangeFault) as raised:
        apply(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.failure) == (BatchStatus.STAGED, str(raised.value))
    assert not Revision.objects.exists()
    assert not StagedRow.objects.filter(sheet="林", object_id__isnull=False).exists()
    assert row(3).decision == Decision.USE_CANDIDATE


def test_a_row_that_became_unclear_shows_it(
    batch: ImportBatch, forest: Forest, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_all(batch)
    verdict_of = Forest._verdict

    def doubts(self: Forest, one: Any, village: str) -> Any:
        found = verdict_of(self, one, village)
        if one.values["number"] == "3":
            found.verdict, found.candidates = Verdict.AMBIGUOUS, [5]
            found.problems = [one.problem("林号", "Somebody planted it meanwhile.")]
        return found

    monkeypatch.setattr(Forest, "_verdict", doubts)
    with pytest.raises(RowsUndecided):
        apply(batch)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.STAGED
    assert batch.counts == {"new": 1, "ambiguous": 2, "error": 1, "absent": 2}
    now_unclear = row(4)
    assert (now_unclear.verdict, now_unclear.candidates) == (Verdict.AMBIGUOUS, [5])
    assert now_unclear.messages == [{"column": "林号", "text": "Somebody planted it meanwhile."}]
    assert row(3).decision == Decision.USE_CANDIDATE
    assert not Revision.objects.exists()


def test_a_row_that_changes_something_only_now_has_a_source(batch: ImportBatch, forest: Forest) -> None:
    decide_all(batch)
    forest.trees["乙", "3"] = "李"
    StagedRow.objects.filter(row_number=4).delete()  # as if it had been the same when compared
    forest.trees["乙", "3"] = "樱桃"
    apply(batch)
    made = row(4)
    assert (made.verdict, made.object_id) == (Verdict.CHANGED, 3)


def test_an_absent_record_that_is_back_is_left_alone(batch: ImportBatch, forest: Forest) -> None:
    decide_all(batch)
    del forest.trees["甲", "8"]  # dealt with by hand
    apply(batch)
    assert forest.absences == []


def test_an_import_is_taken_back(batch: ImportBatch, forest: Forest) -> None:
    decide_all(batch)
    apply(batch)
    rolled = roll_back_batch(batch_id=batch.pk, actor=CLERK, now=NOW, reason="wrong village")
    assert (rolled.status, forest.trees) == (BatchStatus.ROLLED_BACK, {})
    assert AuditEntry.objects.get(action="intake.roll_back").reason == "wrong village"
    with pytest.raises(NotAtThisStep):
        roll_back_batch(batch_id=batch.pk, actor=CLERK, now=NOW, reason="again")
    with pytest.raises(NotAtThisStep):
        apply(batch)


def test_later_edits_keep_an_import(batch: ImportBatch, forest: Forest) -> None:
    decide_all(batch)
    apply(batch)
    forest.later_edits = 2
    with pytest.raises(LaterEdits) as raised:
        roll_back_batch(batch_id=batch.pk, actor=CLERK, now=NOW, reason="wrong village")
    assert [one.object_id for one in raised.value.dependencies] == [0, 1]
    batch.refresh_from_db()
    assert (batch.status, batch.failure) == (BatchStatus.APPLIED, str(raised.value))
    assert not AuditEntry.objects.filter(action="intake.roll_back").exists()


def test_only_an_applied_import_is_taken_back(batch: ImportBatch) -> None:
    with pytest.raises(NotAtThisStep):
        roll_back_batch(batch_id=batch.pk, actor=CLERK, now=NOW, reason="x")


def test_the_tasks_do_the_same(batch: ImportBatch, forest: Forest) -> None:
    decide_all(batch)
    tasks.apply.enqueue(batch.pk, CLERK.user_id, CLERK.label)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.APPLIED
    tasks.apply.enqueue(batch.pk, CLERK.user_id, CLERK.label)  # the queue may deliver twice
    assert Revision.objects.count() == 1
    tasks.roll_back.enqueue(batch.pk, CLERK.user_id, CLERK.label, "wrong village")
    batch.refresh_from_db()
    assert batch.status == BatchStatus.ROLLED_BACK


def test_questions_about_columns_wait_for_a_person(tmp_path: Path, forest: Forest) -> None:
    path = write_book(
        tmp_path / "林.xlsx", {"林": [["林号", "名目", "村"], ["1", "梨", "甲"], ["2", "桃", "甲"]]}
    )
    batch = read_batch(received(path, kind_key="forests").pk)
    assert batch.status == BatchStatus.MAPPING
    assert mapping_of(batch).questions
    with pytest.raises(NotAtThisStep):
        stage_batch(batch.pk)
    with pytest.raises(ColumnsUnclear):
        confirm_mapping(batch=batch, choices={}, kind_key="forests", actor=CLERK, now=NOW)
    assert not LedgerLayout.objects.exists()
    confirm_mapping(batch=batch, choices={(0, 1): "fruit"}, kind_key="forests", actor=CLERK, now=NOW)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.STAGING
    assert stage_batch(batch.pk).counts == {"new": 2, "absent": 2}
    # The next file of this layout needs no questions.
    assert read(path, kind_key="forests").status == BatchStatus.STAGING


def test_columns_can_be_corrected_after_comparing(batch: ImportBatch, forest: Forest) -> None:
    decide_all(batch)
    confirm_mapping(batch=batch, choices={(0, 3): ""}, kind_key="forests", actor=CLERK, now=NOW)
    batch.refresh_from_db()
    assert (batch.status, batch.counts, batch.rows.count(), batch.blocks.count()) == ("staging", {}, 0, 0)
    again = stage_batch(batch.pk)
    assert again.counts == {"new": 2, "ambiguous": 1, "error": 1, "absent": 2}
    assert not StagedRow.objects.exclude(decision="").exists()
