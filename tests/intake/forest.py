"""Forests by village for the pipeline: several blocks, doubles, doubts, absences, written as staged rows say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from xiaoyuan.audit.actors import Actor
from xiaoyuan.history.errors import Dependency, LaterEdits
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.cells import code, text
from xiaoyuan.intake.columns import (
    AbsentRecord,
    Column,
    DecidedAbsence,
    ImportContext,
    JudgedRow,
    Judgement,
    LedgerKind,
    Row,
    RowVerdict,
)
from xiaoyuan.intake.models import Decision, Verdict

NAMES = ("林号", "树种", "村", "标牌")


@dataclass
class Forest:
    """Trees by village and number with their fruit; what was called is noted for the tests to look at."""

    trees: dict[tuple[str, str], str] = field(default_factory=dict)
    judged: list[tuple[str, list[str]]] = field(default_factory=list)
    doubles: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    absences: list[tuple[int, Decision]] = field(default_factory=list)
    breaks_at: str = ""
    later_edits: int = 0

    def judge(self, rows: Sequence[Row], context: ImportContext) -> Judgement:
        village = rows[0].values["village"]
        self.judged.append((village, [row.values["number"] for row in rows]))
        for identity, places in context.doubles.items():
            self.doubles[identity] = [(place.sheet, place.number) for place in places]
        named = {row.values["number"] for row in rows}
        absent = [
            AbsentRecord("forest.tree", int(number))
            for place, number in sorted(self.trees)
            if place == village and number not in named
        ]
        return Judgement([self._verdict(row, village) for row in rows], absent)

    def _verdict(self, row: Row, village: str) -> RowVerdict:
        fruit = row.values["fruit"]
        if fruit == "?" and row.decided is None:
            return RowVerdict(
                Verdict.AMBIGUOUS, [row.problem("树种", "Which tree?")], candidates=[1, 2], plan=None
            )
        number = row.values["number"]
        if row.decided is not None and row.decided.choice == Decision.USE_CANDIDATE:
            number = str(row.decided.record_id)
        before = self.trees.get((village, number))
        plan = ((village, number), fruit)
        if before is None:
            return RowVerdict(Verdict.NEW, plan=plan)
        return RowVerdict(Verdict.SAME if before == fruit else Verdict.CHANGED, plan=plan)

    def apply(
        self, judged: Sequence[JudgedRow], absences: Sequence[DecidedAbsence], context: ImportContext
    ) -> list[RowLink]:
        assert context.recorder is not None
        links = []
        for one in judged:
            place, fruit = one.verdict.plan
            if place[0] == self.breaks_at:
                raise RuntimeError("the forest burns")
            if one.verdict.verdict != Verdict.SAME:
                assert one.staged_id is not None
                self.trees[place] = fruit
                links.append(RowLink(one.staged_id, "forest.tree", int(place[1])))
        self.absences += [(one.record.object_id, one.choice) for one in absences]
        return links

    def take_back(self, revision_id: int, actor: Actor, now: datetime) -> None:
        if self.later_edits:
            raise LaterEdits([Dependency("forest.tree", at, "Li", "") for at in range(self.later_edits)])
        self.trees.clear()

    def kind(self) -> LedgerKind:
        """The forests' ledger."""
        return LedgerKind(
            key="forests",
            label="forests",
            columns=(
                Column("number", "林号", code(20), is_required=True, is_filled=True),
                Column("fruit", "树种", text(20), is_required=True),
                Column("village", "村", text(20), is_required=True, is_filled=True),
                Column("tag", "标牌", text(20), is_personal=True),
            ),
            judge=self.judge,
            apply=self.apply,
            lock=lambda context: None,
            take_back=self.take_back,
            is_personal=True,
            block=lambda row, context: row.values["village"] or "",
            identity=lambda row: row.values.get("tag") or "",
            absent_choices=(Decision.ENDED,),
        )
