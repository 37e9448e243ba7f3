"""Recording deltas inside an action's transaction, and rebuilding all cells from the register."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection, transaction

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.figures.models import FigureCell

_BATCH: Final = 500


@dataclass(frozen=True)
class Delta:
    """A change of one counter: `amount` units more (or fewer) of `figure` in a division."""

    division_code: str
    figure: str
    amount: int
    dimension: str = ""
    is_sample: bool = False


def record(*, county_id: int, day: date, deltas: Iterable[Delta]) -> None:
    """Add deltas to the cells of a day. Must run inside the transaction of the change it counts.

    One upsert a batch: concurrent writers add up instead of overwriting each other.
    """
    sums: Counter[tuple[str, str, str, bool]] = Counter()
    for delta in deltas:
        sums[(delta.division_code, delta.figure, delta.dimension, delta.is_sample)] += delta.amount
    rows = [(county_id, *key, day, amount) for key, amount in sorted(sums.items()) if amount]
    table = connection.ops.quote_name(FigureCell._meta.db_table)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _BATCH):
            part = rows[start : start + _BATCH]
            marks = ",".join(["(%s,%s,%s,%s,%s,%s,%s)"] * len(part))
            cursor.execute(
                f"INSERT INTO {table} (county_id, division_code, figure, dimension, is_sample, day, delta) "
                f"VALUES {marks} "
                "ON CONFLICT (county_id, division_code, figure, dimension, is_sample, day) "
                f"DO UPDATE SET delta = {table}.delta + excluded.delta",
                [value for row in part for value in row],
            )


def rebuild(*, county_id: int, day: date, figures: Iterable[str], counted: Iterable[Delta]) -> int:
    """Replace the cells of some figures by a fresh count dated `day`; returns how many cells disagreed.

    `counted` is read under the county's change lock, so it must be a generator that counts when it is asked.
    History by day is kept: only the difference between the kept sum and the fresh count is booked on `day`.
    """
    with transaction.atomic():
        # Counting and the kept cells must mean the same moment: no write of the county in between.
        lock_changes(county_id)
        fresh: Counter[tuple[str, str, str, bool]] = Counter()
        for delta in counted:
            fresh[(delta.division_code, delta.figure, delta.dimension, delta.is_sample)] += delta.amount
        kept: Counter[tuple[str, str, str, bool]] = Counter()
        cells = FigureCell.objects.filter(county_id=county_id, figure__in=list(figures))
        for cell in cells.values_list("division_code", "figure", "dimension", "is_sample", "delta"):
            kept[cell[:4]] += cell[4]
        wrong = {key: fresh[key] - kept[key] for key in fresh.keys() | kept.keys() if fresh[key] != kept[key]}
        record(
            county_id=county_id,
            day=day,
            deltas=(Delta(key[0], key[1], amount, key[2], key[3]) for key, amount in wrong.items()),
        )
    return len(wrong)


def move_cells(*, old: str, new: str) -> int:
    """Book the cells of a division and all below it on another one, day by day; returns how many.

    Must run in a transaction. Whoever compares days sees the successor with the history of what it was.
    """
    if old == new:
        return 0
    table = connection.ops.quote_name(FigureCell._meta.db_table)
    columns = "figure, dimension, is_sample, day, delta"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (county_id, division_code, {columns}) "
            f"SELECT county_id, %s || substr(division_code, %s), {columns} FROM {table} "
            "WHERE division_code >= %s AND division_code < %s "
            "ON CONFLICT (county_id, division_code, figure, dimension, is_sample, day) "
            f"DO UPDATE SET delta = {table}.delta + excluded.delta",
            [new, len(old) + 1, old, old + ":"],
        )
        cursor.execute(
            f"DELETE FROM {table} WHERE division_code >= %s AND division_code < %s", [old, old + ":"]
        )
        return int(cursor.rowcount)
