"""The sealer chains committed entries; any later alteration breaks the chain where it happened, also in an export."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from xiaoyuan.audit.actions import record_audit, seal_committed
from xiaoyuan.audit.actors import SYSTEM, Actor
from xiaoyuan.audit.heads import FILE_NAME, keep_head, read_heads
from xiaoyuan.audit.models import AuditEntry, AuditSeal
from xiaoyuan.audit.queries import links, sealed_counties, unsealed_too_long, verify_county
from xiaoyuan.lib import chain

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-03-01T08:00:00+08:00")


def write(count: int, county_id: int = 1) -> list[AuditEntry]:
    return [
        record_audit(
            actor=Actor(at, f"clerk {at}"), now=NOW + timedelta(seconds=at), action="test.act", county_id=county_id,
            object_kind="test.row", object_id=at, reason="because", detail={"number": at, "name": "双堰"},
        )
        for at in range(count)
    ]  # fmt: skip


def test_sealed_entries_verify_in_order() -> None:
    write(3)
    write(2, county_id=2)
    assert seal_committed(now=NOW) == 5
    assert seal_committed(now=NOW) == 0
    write(1)
    assert seal_committed(now=NOW) == 1
    assert sealed_counties() == [1, 2]
    assert (verify_county(1).links, verify_county(1).is_whole) == (4, True)
    assert (verify_county(2).links, verify_county(2).is_whole) == (2, True)


def test_sealing_goes_on_in_portions() -> None:
    write(5)
    assert [seal_committed(now=NOW, limit=2) for _portion in range(4)] == [2, 2, 1, 0]
    assert verify_county(1).is_whole


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "another"},
        {"actor_label": "nobody"},
        {"detail": {"number": 7}},
        {"at": NOW},
        {"object_id": 99},
    ],
)
def test_an_altered_entry_breaks_the_chain_where_it_is(change: dict[str, object]) -> None:
    entries = write(4)
    seal_committed(now=NOW)
    AuditEntry.objects.filter(pk=entries[2].pk).update(**change)
    verdict = verify_county(1)
    assert (verdict.is_whole, verdict.broken_at) == (False, 3)


def test_a_removed_or_reordered_link_breaks_the_chain() -> None:
    write(4)
    seal_committed(now=NOW)
    second = AuditSeal.objects.get(sequence=2)
    AuditSeal.objects.filter(pk=second.pk).delete()
    assert verify_county(1).broken_at == 3
    AuditSeal.objects.bulk_create([second])
    assert verify_county(1).is_whole
    third = AuditSeal.objects.get(sequence=3)
    AuditSeal.objects.filter(pk=third.pk).update(sequence=9)
    AuditSeal.objects.filter(sequence=4).update(sequence=3)
    assert verify_county(1).broken_at == 3


def test_a_sealed_entry_cannot_be_deleted() -> None:
    entries = write(1)
    seal_committed(now=NOW)
    with pytest.raises(IntegrityError):
        entries[0].delete()


def test_two_sealers_cannot_fork_the_chain() -> None:
    first, second = write(2)
    seal_committed(now=NOW)
    seal = AuditSeal.objects.get(entry=second)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditSeal.objects.create(county_id=1, sequence=1, entry=first, hash="0" * 64, sealed_at=NOW)
    assert seal.sequence == 2


def cut_off(county_id: int, sequence: int) -> None:
    """Remove the newest entries with their seals, as somebody with rights on the database could."""
    seals = AuditSeal.objects.filter(county_id=county_id, sequence__gte=sequence)
    entries = list(seals.values_list("entry_id", flat=True))
    seals.delete()
    AuditEntry.objects.filter(pk__in=entries).delete()


def test_a_log_cut_off_at_its_end_is_noticed_by_the_head_outside(
    tmp_path: Path, settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DATA_DIR", tmp_path)
        write(4)
        write(2, county_id=2)
        call_command("seal_audit")
        copy = tmp_path / "elsewhere.json"
        copy.write_bytes((tmp_path / FILE_NAME).read_bytes())
        call_command("verify_audit")
        cut_off(1, 3)
        assert verify_county(1).is_whole
        with pytest.raises(CommandError, match="1 条链断裂"):
            call_command("verify_audit")
        # New entries do not hide it: the head that is gone is kept.
        write(5)
        call_command("seal_audit")
        with pytest.raises(CommandError, match="1 条链断裂"):
            call_command("verify_audit", heads=copy)
        with pytest.raises(CommandError, match="1 条链断裂"):
            call_command("verify_audit")
        cut_off(2, 1)
        assert sealed_counties() == [1]
        with pytest.raises(CommandError, match="2 条链断裂"):
            call_command("verify_audit")
    assert "links 3 to 4 were cut off" in capsys.readouterr().out


def test_a_head_moves_on_with_the_chain(tmp_path: Path) -> None:
    path, kept = tmp_path / FILE_NAME, []
    for count in (1, 2, 3):
        write(count)
        seal_committed(now=NOW, on_head=lambda county_id, head: kept.append(keep_head(path, county_id, head)))
    assert kept == [True, True, True]
    assert read_heads(path)[1].sequence == 6
    assert verify_county(1, read_heads(path)[1]).is_whole


def test_an_export_is_verified_without_the_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(3)
    seal_committed(now=NOW)
    rows: list[dict[str, Any]] = [
        {"sequence": number, "hash": seal, "entry": entry} for number, seal, entry in links(1)
    ]
    export = tmp_path / "audit.jsonl"
    export.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert chain.main(str(export)) == 0
    assert chain.main(str(export), f"3:{rows[2]['hash']}") == 0
    assert chain.main(str(export), f"4:{rows[2]['hash']}") == 1
    rows[1]["entry"]["reason"] = "altered"
    export.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert chain.main(str(export)) == 1
    assert "entry 2 was altered" in capsys.readouterr().out


def test_a_sealer_that_stands_still_is_an_alarm() -> None:
    record_audit(actor=SYSTEM, now=NOW, action="test.act")
    assert unsealed_too_long(NOW + timedelta(seconds=60)) == 0
    assert unsealed_too_long(NOW + timedelta(seconds=61)) == 1
    seal_committed(now=NOW)
    assert unsealed_too_long(NOW + timedelta(days=1)) == 0


def test_an_entry_reads_the_same_on_every_engine() -> None:
    """Times come back in UTC, details with their types: the hash must not depend on what wrote them."""
    entry = write(1)[0]
    reread = AuditEntry.objects.get(pk=entry.pk)
    assert chain.canonical(reread.canonical()) == chain.canonical(
        AuditEntry.objects.get(pk=entry.pk).canonical()
    )
    assert reread.canonical()["at"] == "2026-03-01T00:00:00+00:00"
    assert connection.vendor in ("sqlite", "postgresql")
