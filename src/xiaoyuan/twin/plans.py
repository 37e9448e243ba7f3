"""Road plans: computing a sketched line, keeping it, and saying when the ground or the land under it changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import Change, lock_changes, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.models import Division
from xiaoyuan.twin.ground import digest_of, ground_under, models_under
from xiaoyuan.twin.models import RoadPlan
from xiaoyuan.twin.plan_errors import PlanChanged, PlanRefused, refusal
from xiaoyuan.twin.plan_places import Crossed, digest_now, places_crossed
from xiaoyuan.twin.planning.errors import PlanningError
from xiaoyuan.twin.planning.road import (
    FLATTEST_PERCENT,
    NARROWEST_M,
    STEEPEST_PERCENT,
    WIDEST_M,
    RoadSketch,
    sketch_road,
)

METHOD: Final = 1
"""Number of the method that a result was computed by; a plan of an older one is out of date."""
_KIND: Final = RoadPlan._meta.label_lower
_SLACK_DEGREES: Final = 0.002


@dataclass(frozen=True)
class Computed:
    """A sketch with what it meets. `result` is what a plan keeps: no name and no count of people."""

    sketch: RoadSketch
    places: tuple[Crossed, ...]
    result: dict[str, Any]


@dataclass(frozen=True)
class Staleness:
    """What changed under a plan since it was computed."""

    ground: bool
    places: bool
    method: bool

    def __bool__(self) -> bool:
        return self.ground or self.places or self.method


def compute_plan(
    *,
    division_code: str,
    line: shapely.LineString,
    width_m: float,
    most_gradient_percent: float,
    now: datetime,
) -> Computed:
    """Compute a road along a line in degrees; raises `PlanRefused` with what to draw instead."""
    if not NARROWEST_M <= width_m <= WIDEST_M:
        raise PlanRefused(_("A road is 1 to 40 m wide."))
    if not FLATTEST_PERCENT <= most_gradient_percent <= STEEPEST_PERCENT:
        raise PlanRefused(_("The gradient limit lies between 0.5 and 30 per cent."))
    ground = ground_under(division_code, _box(line))
    try:
        sketch = sketch_road(
            line, width_m=width_m, most_gradient_percent=most_gradient_percent, terrain=ground.terrain
        )
    except PlanningError as error:
        raise refusal(error) from error
    places = places_crossed(sketch)
    works = shapely.set_precision(sketch.frame.to_degrees(sketch.works), 1e-7)
    result = sketch.as_json() | {
        "method": METHOD,
        "computed_at": now.isoformat(timespec="seconds"),
        "works": shapely.geometry.mapping(works),
        "ground_models": list(ground.models),
        "ground_digest": ground.digest,
        "places_digest": digest_now(works),
        "crossed": [place.as_json() for place in places],
    }
    return Computed(sketch, places, result)


def save_plan(
    *,
    division: Division,
    name: str,
    note: str,
    line: shapely.LineString,
    width_m: float,
    most_gradient_percent: float,
    actor: Actor,
    now: datetime,
) -> RoadPlan:
    """Compute a road and keep it as a plan of a division; raises `PlanRefused`."""
    kept = _named(name)
    computed = compute_plan(
        division_code=division.code,
        line=line,
        width_m=width_m,
        most_gradient_percent=most_gradient_percent,
        now=now,
    )
    with transaction.atomic():
        county = ensure_county(division.code)
        plan = RoadPlan.objects.create(
            county_id=county.pk,
            division_code=division.code,
            is_sample=county.shows_sample,
            name=kept,
            note=note.strip()[:400],
            line_wkb=shapely.to_wkb(line, output_dimension=2),
            width_m=width_m,
            most_gradient_percent=most_gradient_percent,
            result=computed.result,
            created_at=now,
            updated_at=now,
            created_by_label=actor.label,
        )
        _record(plan, Operation.CREATE, "twin.save_plan", actor, now)
    return plan


def rename_plan(
    *, plan: RoadPlan, row_version: int, name: str, note: str, actor: Actor, now: datetime
) -> RoadPlan:
    """Give a plan another name and note; raises `PlanChanged`, `PlanRefused`."""
    kept = _named(name)
    with transaction.atomic():
        row = _locked(plan, row_version)
        before = {"name": row.name, "note": row.note}
        row.name, row.note = kept, note.strip()[:400]
        _store(row, now)
        for field, was in before.items():
            if was != getattr(row, field):
                _record(
                    row, Operation.UPDATE, "twin.rename_plan", actor, now, field, was, getattr(row, field)
                )
    return row


def recompute_plan(*, plan: RoadPlan, row_version: int, actor: Actor, now: datetime) -> RoadPlan:
    """Compute a plan again on the ground and land of today; raises `PlanChanged`, `PlanRefused`."""
    computed = compute_plan(
        division_code=plan.division_code,
        line=line_of(plan),
        width_m=plan.width_m,
        most_gradient_percent=plan.most_gradient_percent,
        now=now,
    )
    with transaction.atomic():
        row = _locked(plan, row_version)
        row.result = computed.result
        _store(row, now)
        _record(row, Operation.UPDATE, "twin.recompute_plan", actor, now, "result")
    return row


def delete_plan(*, plan: RoadPlan, row_version: int, actor: Actor, now: datetime) -> None:
    """Remove a plan; raises `PlanChanged`."""
    with transaction.atomic():
        row = _locked(plan, row_version)
        _record(row, Operation.DELETE, "twin.delete_plan", actor, now)
        RoadPlan.objects.unscoped("the row at hand").filter(pk=row.pk).delete()


def staleness(plan: RoadPlan) -> Staleness:
    """Say what changed under a plan. Six queries."""
    works = shapely.geometry.shape(plan.result["works"])
    ground = digest_of(models_under(plan.division_code, _box(line_of(plan))))
    return Staleness(
        ground=ground != plan.result["ground_digest"],
        places=digest_now(works) != plan.result["places_digest"],
        method=plan.result["method"] != METHOD,
    )


def line_of(plan: RoadPlan) -> shapely.LineString:
    """Return a plan's line in degrees."""
    return shapely.from_wkb(bytes(plan.line_wkb))


def places_of(result: dict[str, Any]) -> tuple[Crossed, ...]:
    """Return the places that a kept result names."""
    return tuple(Crossed.from_json(values) for values in result["crossed"])


def _box(line: shapely.LineString) -> tuple[float, float, float, float]:
    west, south, east, north = line.bounds
    return west - _SLACK_DEGREES, south - _SLACK_DEGREES, east + _SLACK_DEGREES, north + _SLACK_DEGREES


def _named(name: str) -> str:
    kept = " ".join(name.split())[:120]
    if not kept:
        raise PlanRefused(_("Give the plan a name, so that it is found again."))
    return kept


def _locked(plan: RoadPlan, row_version: int) -> RoadPlan:
    lock_changes(plan.county_id)
    row = RoadPlan.objects.unscoped("the row at hand").select_for_update().filter(pk=plan.pk).first()
    if row is None or row.row_version != row_version:
        raise PlanChanged
    return row  # type: ignore[no-any-return]  # the manager is untyped


def _store(row: RoadPlan, now: datetime) -> None:
    row.row_version += 1
    row.updated_at = now
    row.save()


def _record(
    plan: RoadPlan,
    operation: Operation,
    action: str,
    actor: Actor,
    now: datetime,
    field: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    record_changes(
        county_id=plan.county_id,
        actor=actor,
        now=now,
        changes=[Change(_KIND, plan.pk, operation, field, before, after)],
    )
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=plan.county_id,
        object_kind=_KIND,
        object_id=plan.pk,
        detail={"division": plan.division_code, "name": plan.name},
    )
