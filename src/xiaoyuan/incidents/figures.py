"""How the incidents' counters are counted afresh from the rows."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from xiaoyuan.figures.actions import Delta
from xiaoyuan.incidents.actions.keeping import counted
from xiaoyuan.incidents.counters import (
    INCIDENT_MINUTES,
    INCIDENTS,
    INCIDENTS_BY_CATEGORY,
    INCIDENTS_FINISHED,
    INCIDENTS_IN_TIME,
)
from xiaoyuan.incidents.models import Incident
from xiaoyuan.register.figures import CountedFigure


def _counted(figure: str, county_id: int) -> Iterator[Delta]:
    rows = (
        Incident.objects.unscoped("a rebuild counts all rows of a county")
        .filter(county_id=county_id)
        .select_related("category")
        .order_by("pk")
    )
    for row in rows.iterator(2000):
        for (code, name, dimension), amount in counted(row, row.category.code).items():
            if name == figure:
                yield Delta(code, name, amount, dimension, row.is_sample)


def _figure(name: str, dimension: str) -> CountedFigure:
    count: Callable[[int], Iterator[Delta]] = partial(_counted, name)
    return CountedFigure(name, dimension, count)


FIGURES: Final[tuple[CountedFigure, ...]] = (
    _figure(INCIDENTS, "state"),
    _figure(INCIDENTS_BY_CATEGORY, "category"),
    _figure(INCIDENTS_FINISHED, "category"),
    _figure(INCIDENT_MINUTES, "category"),
    _figure(INCIDENTS_IN_TIME, "category"),
)
