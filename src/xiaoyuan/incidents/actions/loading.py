"""Taking over a list of requests from another system: each once, in the state it had there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actors import Actor
from xiaoyuan.incidents.actions.reporting import Reporter, report_incident
from xiaoyuan.incidents.actions.steps import take_step
from xiaoyuan.incidents.choices import Source, Step
from xiaoyuan.incidents.importing import ListedRequest, ListRefused
from xiaoyuan.incidents.models import Incident, IncidentCategory
from xiaoyuan.register.models import County
from xiaoyuan.register.queries.locating import locate


@dataclass(frozen=True)
class Loaded:
    """What an import did."""

    written: int
    known: int


@transaction.atomic
def load_requests(
    *,
    county: County,
    division_code: str,
    rows: Sequence[ListedRequest],
    is_sample: bool,
    actor: Actor,
    now: datetime,
) -> Loaded:
    """Write the requests that are not known yet by their number; all or none.

    A category is found by code or name. Raises `ListRefused` naming the row.
    """
    by_name: dict[str, IncidentCategory] = {}
    for known_one in IncidentCategory.objects.filter(county=county):
        by_name[known_one.code.lower()] = by_name[known_one.name.lower()] = known_one
    keys = [f"{row.key}" for row in rows]
    known = set(
        Incident.objects.unscoped("numbers only")
        .filter(county=county, source_key__in=keys)
        .values_list("source_key", flat=True)
    )
    written = 0
    for row in rows:
        if row.key in known:
            continue
        known.add(row.key)
        category = by_name.get(row.category.lower())
        if category is None:
            raise ListRefused(
                _("Row %(row)d: the category “%(name)s” is not known here. Nothing was imported.")
                % {"row": row.number, "name": row.category[:40]}
            )
        found = None
        if row.lon is not None and row.lat is not None:
            found = locate(shapely.Point(row.lon, row.lat), county_code=county.code, assumed=division_code)
            if found is None:
                raise ListRefused(
                    _("Row %(row)d: its point lies outside of the county. Nothing was imported.")
                    % {"row": row.number}
                )
        incident = report_incident(
            county_id=county.pk,
            division_code=found.code if found is not None else division_code,
            category=category,
            lon=row.lon,
            lat=row.lat,
            place=row.place or ("" if found is not None else county.name),
            words=row.words,
            reporter=Reporter(),
            source=Source.IMPORT,
            is_sample=is_sample,
            actor=actor,
            now=row.at,
            source_key=row.key,
        ).incident
        if not row.is_open:
            ended = max(row.at, row.closed_at or row.at)
            for step in (Step.ACCEPT, Step.FINISH, Step.CONFIRM, Step.CLOSE):
                incident = take_step(incident=incident, row_version=None, step=step, actor=actor, now=ended)
        written += 1
    return Loaded(written, len(rows) - written)
