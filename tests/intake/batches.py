"""The pipeline over a made-up kind of ledger: engines find kinds by a name in the settings, here by this module's."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.intake.workbooks import CLERK, Orchard, write_book
from xiaoyuan.intake.columns import LedgerKind
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.intake.pipeline import ImportReport, import_at_once, read_batch, receive_file

NOW = datetime.fromisoformat("2026-03-01T08:00:00+08:00")
VILLAGE = "520502103003"
KINDS: tuple[LedgerKind, ...] = ()


def offer(settings: Any, monkeypatch: pytest.MonkeyPatch, *kinds: LedgerKind) -> None:
    """Let the engines know these kinds for one test."""
    monkeypatch.setattr("tests.intake.batches.KINDS", kinds)
    settings.LEDGER_KINDS = "tests.intake.batches.KINDS"


def received(path: Path, *, kind_key: str = "", division: str = VILLAGE) -> ImportBatch:
    """Receive a file as a clerk's upload."""
    with path.open("rb") as source:
        return receive_file(
            source=source,
            file_name=path.name,
            county_id=1,
            division_code=division,
            is_sample=False,
            actor=CLERK,
            now=NOW,
            kind_key=kind_key,
        )


def read(path: Path, **options: Any) -> ImportBatch:
    """Receive and read a file."""
    return read_batch(received(path, **options).pk)


def imported(path: Path) -> ImportReport:
    """Receive, read and import a file in one go."""
    return import_at_once(batch_id=read(path).pk, actor=CLERK, now=NOW)


def trees(path: Path, rows: list[list[Any]]) -> Path:
    """Write a workbook with one sheet."""
    return write_book(path, {"树": rows})


__all__ = ["KINDS", "NOW", "VILLAGE", "Orchard", "imported", "offer", "read", "received", "trees"]
