"""Reading exports: who asked for what, what waits for a second person, how many people somebody took lately."""

from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.exports.models import ExportRequest, ExportStatus, ExportTemplate
from xiaoyuan.exports.rules import COUNTED_FOR
from xiaoyuan.exports.sources import fold_heading
from xiaoyuan.lib import divisions

LET_GO_NOBODY = (ExportStatus.REFUSED, ExportStatus.FAILED)


def people_lately(user_id: int | None, now: datetime, *, but: int = 0) -> int:
    """Count the people whom somebody asked for within the last day, the request `but` left out."""
    if user_id is None:
        return 0
    rows = ExportRequest.objects.filter(requested_by_id=user_id, requested_at__gt=now - COUNTED_FOR)
    rows = rows.exclude(status__in=LET_GO_NOBODY).exclude(pk=but)
    return int(rows.aggregate(people=Sum("person_count"))["people"] or 0)


def requests_within(viewer: Viewer) -> QuerySet[ExportRequest]:
    """Return the exports of divisions where the viewer exports, the newest first."""
    scope = viewer.scope_for(Permission.EXPORT_PEOPLE)
    return ExportRequest.objects.filter(scope.condition()).select_related("template").order_by("-pk")


def waiting_for(viewer: Viewer) -> QuerySet[ExportRequest]:
    """Return the exports that the viewer may agree to: of their divisions and not their own."""
    scope = viewer.scope_for(Permission.APPROVE_EXPORTS)
    rows = ExportRequest.objects.filter(scope.condition(), status=ExportStatus.WAITING)
    return rows.exclude(requested_by_id=viewer.actor.user_id).order_by("releases_at", "pk")


def waiting_count() -> int:
    """Count the exports that wait anywhere: the operator's notice."""
    return ExportRequest.objects.filter(status=ExportStatus.WAITING).count()


def templates_for(scope: Scope) -> QuerySet[ExportTemplate]:
    """Return the layouts in use within a scope and those of the divisions above it."""
    above = {code for prefix in scope.prefixes for code in _ancestors(prefix)}
    rows = ExportTemplate.objects.filter(scope.condition() | Q(division_code__in=above))
    return rows.filter(retired_at__isnull=True).order_by("name", "pk")


def known_meanings(county_id: int, source_key: str) -> dict[str, str]:
    """Return what columns of earlier layouts were said to mean: field key by folded heading, the newest first."""
    found: dict[str, str] = {}
    rows = ExportTemplate.objects.filter(county_id=county_id, source_key=source_key).order_by("-pk")
    for template in rows[:50]:
        for letters, heading in template.headings.items():
            if letters in template.columns and heading:
                found.setdefault(fold_heading(heading), template.columns[letters])
    return found


def _ancestors(code: str) -> tuple[str, ...]:
    return divisions.ancestors(code) if len(code) in divisions.LENGTHS else ()
