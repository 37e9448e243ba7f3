"""A process killed in the middle of an import leaves all or nothing; done again, the import is complete."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from tests.intake.workbooks import CLERK, write_book
from tests.register.killed import KILLED, run
from tests.register.ledgers import HEADINGS, SIBLING, TOWN, VILLAGE, make_village, person, two_households
from tests.register.tables import dump_figures, dump_register, dump_search
from xiaoyuan.history.models import Revision
from xiaoyuan.intake.batch_errors import NotAtThisStep
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedRow
from xiaoyuan.intake.pipeline import apply_batch, read_batch, receive_file, stage_batch
from xiaoyuan.register.models import County, Person

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PIPELINE = "xiaoyuan.intake.pipeline"


@pytest.fixture
def county() -> County:
    return make_village()


@pytest.fixture
def batch(tmp_path: Path, county: County) -> ImportBatch:
    """Two villages of two and one household, received."""
    rows = [row | {"区划代码": VILLAGE} for row in two_households()]
    rows.append(person("赵六", "户主", date(1960, 2, 2), 9, 户号="001", 区划代码=SIBLING, 院落编号="LS-001"))
    headings = [*HEADINGS, "区划代码"]
    path = write_book(
        tmp_path / "台账.xlsx", {"台账": [headings, *([row.get(one) for one in headings] for row in rows)]}
    )
    with path.open("rb") as source:
        return receive_file(
            source=source, file_name=path.name, county_id=county.pk, division_code=TOWN, is_sample=True,
            actor=CLERK, now=timezone.now(),
        )  # fmt: skip


def state() -> tuple[Any, ...]:
    """Everything that an import writes outside its own staging."""
    return dump_register(), dump_figures(), dump_search(), Revision.objects.count()


def staged(batch: ImportBatch) -> ImportBatch:
    read_batch(batch.pk)
    return stage_batch(batch.pk)


def status_of(batch: ImportBatch) -> str:
    return ImportBatch.objects.values_list("status", flat=True).get(pk=batch.pk)


def persons() -> int:
    return Person.objects.unscoped("a test counts").count()


def test_killed_while_reading(batch: ImportBatch) -> None:
    assert run("read", batch.pk, stop_in=f"{PIPELINE}.mapping.store_sheets", at_call=1) == KILLED
    assert (status_of(batch), batch.pages.count()) == (BatchStatus.READING, 1)
    assert run("read", batch.pk) == 0
    assert (status_of(batch), batch.pages.count()) == (BatchStatus.STAGING, 1)


def test_killed_while_comparing(batch: ImportBatch) -> None:
    read_batch(batch.pk)
    before = state()
    assert run("stage", batch.pk, stop_in=f"{PIPELINE}.staging.stage_rows_of", at_call=2) == KILLED
    assert (status_of(batch), batch.blocks.count(), batch.rows.count()) == (BatchStatus.STAGING, 1, 4)
    first = list(batch.rows.values_list("pk", flat=True))
    assert run("stage", batch.pk) == 0
    assert (status_of(batch), batch.blocks.count(), batch.rows.count()) == (BatchStatus.STAGED, 2, 5)
    assert set(first) < set(batch.rows.values_list("pk", flat=True))  # the first block was not done again
    assert state()[1:] == before[1:]
    assert persons() == 0


@pytest.mark.parametrize(
    ("stop_in", "at_call"),
    [("open_recorder", 1), ("link_rows", 1), ("link_rows", 2), ("close_applied", 1)],
)
def test_killed_while_applying(batch: ImportBatch, stop_in: str, at_call: int) -> None:
    staged(batch)
    before = state()
    assert run("apply", batch.pk, stop_in=f"{PIPELINE}.applying.{stop_in}", at_call=at_call) == KILLED
    assert status_of(batch) == BatchStatus.APPLYING
    assert state() == before
    assert not StagedRow.objects.filter(batch=batch, object_id__isnull=False).exists()
    assert run("apply", batch.pk) == 0
    assert (status_of(batch), persons()) == (BatchStatus.APPLIED, 5)
    after = state()
    assert run("apply", batch.pk) != 0
    assert state() == after


def test_killed_while_importing_at_once(batch: ImportBatch) -> None:
    read_batch(batch.pk)
    before = state()
    assert run("at_once", batch.pk, stop_in=f"{PIPELINE}.applying.link_rows", at_call=2) == KILLED
    assert (status_of(batch), batch.rows.count()) == (BatchStatus.STAGING, 0)
    assert state() == before
    assert run("at_once", batch.pk) == 0
    assert (status_of(batch), batch.rows.count(), persons()) == (BatchStatus.APPLIED, 5, 5)


def test_killed_while_taking_back(batch: ImportBatch) -> None:
    empty = state()
    staged(batch)
    apply_batch(batch_id=batch.pk, actor=CLERK, now=timezone.now())
    applied = state()
    assert run("roll_back", batch.pk, stop_in=f"{PIPELINE}.taking_back.record_audit", at_call=1) == KILLED
    assert status_of(batch) == BatchStatus.ROLLING_BACK
    assert state() == applied
    assert run("roll_back", batch.pk) == 0
    assert status_of(batch) == BatchStatus.ROLLED_BACK
    register, figures, search, _revisions = state()
    assert (figures, search, persons()) == (empty[1], empty[2], 0)
    assert {table: rows for table, rows in register.items() if "register." in table} == {
        table: rows for table, rows in empty[0].items() if "register." in table
    }


def race(work: Callable[[], object], times: int = 2) -> list[BaseException | None]:
    """Do the same in several threads at once; returns what each raised."""
    barrier = Barrier(times)
    raised: list[BaseException | None] = []

    def one() -> None:
        try:
            barrier.wait()
            work()
            raised.append(None)
        except Exception as fault:
            raised.append(fault)
        finally:
            connections.close_all()

    threads = [Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_of_two_who_apply_at_once_one_wins(batch: ImportBatch) -> None:
    staged(batch)
    raised = race(lambda: apply_batch(batch_id=batch.pk, actor=CLERK, now=timezone.now()))
    assert [type(one) for one in raised if one is not None] == [NotAtThisStep]
    assert (status_of(batch), persons(), Revision.objects.count()) == (BatchStatus.APPLIED, 5, 1)
    assert ImportBatch.objects.get(pk=batch.pk).failure == ""


def test_without_the_lock_both_would_apply(batch: ImportBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the race: when neither asks where the batch stands, the second one writes as well."""
    staged(batch)
    revisions = Revision.objects.count()

    def unlocked(batch_id: int) -> ImportBatch:
        found = ImportBatch.objects.get(pk=batch_id)
        found.status = BatchStatus.APPLYING
        return found

    monkeypatch.setattr(f"{PIPELINE}.applying.locked", unlocked)
    monkeypatch.setattr(f"{PIPELINE}.applying.enter", lambda batch_id, *_step, **_from: unlocked(batch_id))
    raised = race(lambda: apply_batch(batch_id=batch.pk, actor=CLERK, now=timezone.now()))
    assert raised == [None, None]
    assert Revision.objects.count() == revisions + 2
