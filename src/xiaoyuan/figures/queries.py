"""Summing cells: one figure, by division, by dimension, by day."""

from collections import defaultdict
from datetime import date

from django.db.models import QuerySet, Sum

from xiaoyuan.figures.models import FigureCell
from xiaoyuan.lib import divisions


def _cells(figure: str, code: str, as_of: date, is_sample: bool) -> QuerySet[FigureCell]:
    return FigureCell.objects.filter(
        figure=figure,
        **divisions.range_below(code),
        day__lte=as_of,
        is_sample=is_sample,
    )


def total(figure: str, *, code: str, as_of: date, is_sample: bool) -> int:
    """Return a figure of a division and all below it at the end of a day."""
    return _cells(figure, code, as_of, is_sample).aggregate(total=Sum("delta"))["total"] or 0


def by_dimension(figure: str, *, code: str, as_of: date, is_sample: bool) -> dict[str, int]:
    """Return a figure split by its own dimension."""
    rows = _cells(figure, code, as_of, is_sample).values_list("dimension").annotate(total=Sum("delta"))
    return {dimension: amount for dimension, amount in rows if amount}


def by_division(figure: str, *, code: str, digits: int, as_of: date, is_sample: bool) -> dict[str, int]:
    """Return a figure for each division of `digits` digits below `code`."""
    sums: dict[str, int] = defaultdict(int)
    rows = _cells(figure, code, as_of, is_sample).values_list("division_code").annotate(total=Sum("delta"))
    for division_code, amount in rows:
        sums[division_code[:digits]] += amount
    return dict(sums)


def has_cells(figure: str, *, code: str, is_sample: bool) -> bool:
    """Whether a figure was ever counted in a division: tells "none" from "no data"."""
    return FigureCell.objects.filter(
        figure=figure, **divisions.range_below(code), is_sample=is_sample
    ).exists()
