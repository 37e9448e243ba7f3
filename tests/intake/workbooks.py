"""Small workbooks for tests: sheets of rows, written by openpyxl as a clerk's program would."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.cells import code, decimal, phone, text
from xiaoyuan.intake.columns import (
    Column,
    DecidedAbsence,
    ImportContext,
    JudgedRow,
    Judgement,
    LedgerKind,
    Row,
    RowVerdict,
)
from xiaoyuan.intake.models import Verdict

TODAY = date(2026, 3, 1)
CLERK = Actor(7, "Wang")


def write_book(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write rows as they are into the named sheets."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


class Orchard:
    """A domain made up for the engine's tests: trees by number, kept in a list instead of a table."""

    def __init__(self) -> None:
        self.planted: list[str] = []
        self.fails = False

    def judge(self, rows: Sequence[Row], context: ImportContext) -> Judgement:
        return Judgement(
            [
                RowVerdict(Verdict.SAME if row.values["number"] in self.planted else Verdict.NEW)
                for row in rows
            ]
        )

    def apply(
        self, judged: Sequence[JudgedRow], absences: Sequence[DecidedAbsence], context: ImportContext
    ) -> list[RowLink]:
        fresh = [one for one in judged if one.verdict.verdict == Verdict.NEW]
        if self.fails:
            raise RuntimeError("the orchard burns")
        self.planted += [one.row.values["number"] for one in fresh]
        return [
            RowLink(one.staged_id, "orchard.tree", at)
            for at, one in enumerate(fresh, start=1)
            if one.staged_id is not None
        ]

    def take_back(self, revision_id: int, actor: Actor, now: datetime) -> None:
        self.planted.clear()

    def kind(self, *, is_personal: bool = False) -> LedgerKind:
        """The trees' ledger."""
        return LedgerKind(
            key="trees",
            label="trees",
            columns=(
                Column("number", "树号", code(20), ("编号",), is_required=True, is_filled=True),
                Column("fruit", "果种", text(20), is_required=True),
                Column("yield_kg", "产量(公斤)", decimal(1, units=("公斤",))),
                Column("keeper_phone", "联系电话", phone, is_personal=True),
            ),
            judge=self.judge,
            apply=self.apply,
            lock=lambda context: None,
            take_back=self.take_back,
            is_personal=is_personal,
        )
