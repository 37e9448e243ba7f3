"""How booked points are counted afresh from the rows."""

from collections.abc import Iterator
from typing import Final

from django.db.models import Sum

from xiaoyuan.figures.actions import Delta
from xiaoyuan.points.choices import EntryState
from xiaoyuan.points.counters import POINTS_BOOKED
from xiaoyuan.points.models import PointEntry
from xiaoyuan.register.figures import CountedFigure


def _booked(county_id: int) -> Iterator[Delta]:
    rows = (
        PointEntry.objects.unscoped("a rebuild counts all rows of a county")
        .filter(county_id=county_id, state=EntryState.BOOKED)
        .order_by()
        .values_list("division_code", "is_sample", "kind")
        .annotate(amount=Sum("points"))
    )
    for code, is_sample, kind, amount in rows:
        yield Delta(code, POINTS_BOOKED, amount, kind, is_sample)


FIGURES: Final[tuple[CountedFigure, ...]] = (CountedFigure(POINTS_BOOKED, "kind", _booked),)
