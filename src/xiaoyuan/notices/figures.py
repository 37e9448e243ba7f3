"""How published notices are counted afresh from the rows."""

from collections.abc import Iterator
from typing import Final

from django.db.models import Count

from xiaoyuan.figures.actions import Delta
from xiaoyuan.notices.counters import NOTICES_PUBLISHED
from xiaoyuan.notices.models import Notice
from xiaoyuan.register.figures import CountedFigure


def _published(county_id: int) -> Iterator[Delta]:
    rows = (
        Notice.objects.unscoped("a rebuild counts all rows of a county")
        .filter(county_id=county_id, published_at__isnull=False)
        .order_by()
        .values_list("division_code", "is_sample", "kind")
        .annotate(amount=Count("pk"))
    )
    for code, is_sample, kind, amount in rows:
        yield Delta(code, NOTICES_PUBLISHED, amount, kind, is_sample)


FIGURES: Final[tuple[CountedFigure, ...]] = (CountedFigure(NOTICES_PUBLISHED, "kind", _published),)
