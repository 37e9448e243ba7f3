"""How plates by state are counted afresh from the rows."""

from collections.abc import Iterator
from typing import Final

from django.db.models import Count

from xiaoyuan.doorplates.counters import PLATES
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.figures.actions import Delta
from xiaoyuan.register.figures import CountedFigure


def _plates(county_id: int) -> Iterator[Delta]:
    rows = (
        Doorplate.objects.unscoped("a rebuild counts all rows of a county")
        .filter(county_id=county_id)
        .order_by()
        .values_list("division_code", "is_sample", "state")
        .annotate(amount=Count("pk"))
    )
    for code, is_sample, state, amount in rows:
        yield Delta(code, PLATES, amount, state, is_sample)


FIGURES: Final[tuple[CountedFigure, ...]] = (CountedFigure(PLATES, "state", _plates),)
