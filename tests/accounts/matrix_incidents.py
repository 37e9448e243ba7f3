"""Routes of incidents at the desk in the permission matrix."""

import io
from typing import Final

from django.utils import timezone
from PIL import Image

from tests.accounts.matrix_rows import UNKNOWN, Route
from tests.cast import Place
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.attachments.actions import bind, store_photo
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.incidents.actions.categories import ensure_categories
from xiaoyuan.incidents.actions.keeping import INCIDENT
from xiaoyuan.incidents.actions.reporting import Reporter, report_incident
from xiaoyuan.incidents.choices import Source
from xiaoyuan.incidents.models import Incident, IncidentCategory

WORK: Final = Permission.WORK_INCIDENTS


def incident_in(place: Place, phone: str = "") -> Incident:
    county_id = place.courtyard.county_id
    ensure_categories(county_id)
    return report_incident(
        county_id=county_id,
        division_code=place.code,
        category=IncidentCategory.objects.get(county_id=county_id, code="lamp"),
        courtyard=place.courtyard,
        reporter=Reporter(phone=phone),
        source=Source.PLATE,
        is_sample=True,
        actor=SYSTEM,
        now=timezone.now(),
    ).incident


def photo_in(place: Place) -> str:
    out, now = io.BytesIO(), timezone.now()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    out.seek(0)
    row = store_photo(
        county_id=place.courtyard.county_id,
        division_code=place.code,
        is_sample=True,
        source=out,
        actor=SYSTEM,
        now=now,
    )
    bind(
        public_ids=[row.public_id],
        object_kind=INCIDENT,
        object_id=incident_in(place).pk,
        actor=SYSTEM,
        now=now,
    )
    return str(row.public_id)


TABLE: Final[dict[str, Route]] = {
    "inbox/": Route(Permission.SIGNED_IN, lambda place: "/inbox/"),
    "console/incidents/": Route(
        WORK,
        lambda place: f"/console/incidents/?division={place.code}",
        WORK,
        "/console/incidents/?division=990001009009",
    ),
    "console/incidents/new/": Route(
        WORK,
        lambda place: f"/console/incidents/new/?division={place.code}",
        WORK,
        "/console/incidents/new/?division=990001009009",
    ),
    "console/incidents/board/": Route(
        WORK,
        lambda place: f"/console/incidents/board/?division={place.code}",
        WORK,
        "/console/incidents/board/?division=990001009009",
    ),
    "console/incidents/board.csv": Route(
        WORK,
        lambda place: f"/console/incidents/board.csv?division={place.code}",
        WORK,
        "/console/incidents/board.csv?division=990001009009",
    ),
    "console/incidents/categories/": Route(
        Permission.MANAGE_INCIDENTS,
        lambda place: f"/console/incidents/categories/?division={place.code}",
        Permission.MANAGE_INCIDENTS,
        "/console/incidents/categories/?division=990001009009",
    ),
    "console/incidents/<int:incident_id>/": Route(
        WORK,
        lambda place: f"/console/incidents/{incident_in(place).pk}/",
        WORK,
        f"/console/incidents/{UNKNOWN}/",
    ),
    "console/incidents/<int:incident_id>/step/": Route(
        WORK,
        lambda place: f"/console/incidents/{incident_in(place).pk}/step/",
        WORK,
        f"/console/incidents/{UNKNOWN}/step/",
        "post",
        lambda place: {"step": "accept", "row_version": "1"},
        302,
    ),
    "console/incidents/<int:incident_id>/contact/": Route(
        WORK,
        lambda place: f"/console/incidents/{incident_in(place, '13900001234').pk}/contact/",
        WORK,
        f"/console/incidents/{UNKNOWN}/contact/",
        "post",
        lambda place: {"reason": "问路"},
    ),
    "console/incidents/files/<uuid:public_id>/": Route(
        WORK,
        lambda place: f"/console/incidents/files/{photo_in(place)}/",
        WORK,
        "/console/incidents/files/00000000-0000-4000-8000-000000000000/",
    ),
}
