"""Exports as pages show them: what they hold in words, and what a selection may be narrowed to."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.exports.errors import UnknownSource
from xiaoyuan.exports.models import ExportRequest, ExportStatus
from xiaoyuan.exports.sources import export_source
from xiaoyuan.register.models import Household, PolicyTag

_MOST: int = 200
_TONES = {
    ExportStatus.READY: "good",
    ExportStatus.WAITING: "careful",
    ExportStatus.QUEUED: "cool",
    ExportStatus.REFUSED: "bad",
    ExportStatus.FAILED: "bad",
    ExportStatus.EXPIRED: "",
}


@dataclass(frozen=True)
class ExportLine:
    """An export with its contents and narrowing in words."""

    row: ExportRequest
    what: str
    narrowed: str
    tone: str


def export_lines(rows: Iterable[ExportRequest]) -> list[ExportLine]:
    """Return exports as a page lists them."""
    return [ExportLine(row, _what(row), _narrowed(row), _TONES[ExportStatus(row.status)]) for row in rows]


def _what(row: ExportRequest) -> str:
    if row.template is not None:
        return row.template.name
    if row.source_key == "archive":
        return _("archive of everything")
    try:
        return str(export_source(row.source_key).label)
    except UnknownSource:
        return row.source_key


def _narrowed(row: ExportRequest) -> str:
    filters = row.selection.get("filters", {})
    return " · ".join(filters[name] for name in ("tag", "group") if filters.get(name))


def tags_within(scope: Scope, *, is_sample: bool) -> list[str]:
    """Return the policy tags in force within a scope."""
    rows = PolicyTag.objects.within(scope).filter(is_sample=is_sample, until__isnull=True)
    return list(rows.order_by("tag").values_list("tag", flat=True).distinct()[:_MOST])


def groups_within(scope: Scope, *, is_sample: bool) -> list[str]:
    """Return the villager groups within a scope."""
    rows = Household.objects.within(scope).filter(is_sample=is_sample).exclude(group="")
    return list(rows.order_by("group").values_list("group", flat=True).distinct()[:_MOST])
