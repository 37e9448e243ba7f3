"""Open311 GeoReport v2 as plain values: what is asked, what is answered, both ways of writing it (XML and JSON).

Source: wiki.open311.org/GeoReport_v2. Answers hold no words of reporters, no phones, and positions to about 100 m.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from xml.etree import ElementTree as ET

import orjson
from django.utils.translation import gettext as _

from xiaoyuan.incidents.choices import State
from xiaoyuan.incidents.models import Incident, IncidentCategory
from xiaoyuan.incidents.workflow import OPEN

FORMATS: Final = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}
MOST: Final = 1000
SPAN: Final = timedelta(days=90)
DECIMALS: Final = 3
"""Places of a degree that public lists show: about 100 m."""

Answer = Sequence[Mapping[str, Any]]


class Open311Error(Exception):
    """An answer of the protocol that says what is wrong: HTTP status and sentence."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status


@dataclass(frozen=True)
class Wanted:
    """What a list of requests is narrowed to."""

    ids: tuple[str, ...]
    codes: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    statuses: tuple[str, ...]


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """Read the parameters of GET requests; raises `Open311Error`."""
    start, end = _moment(query.get("start_date", "")), _moment(query.get("end_date", ""))
    if start and end and end - start > SPAN:
        raise Open311Error(400, _("start_date and end_date may not span more than 90 days."))
    statuses = _words(query.get("status", ""))
    if unknown := set(statuses) - {"open", "closed"}:
        raise Open311Error(400, _("status is open or closed, not “%(word)s”.") % {"word": sorted(unknown)[0]})
    return Wanted(
        _words(query.get("service_request_id", "")),
        _words(query.get("service_code", "")),
        start,
        end,
        statuses,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())[:100]


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        # A plus sign of an offset arrives as a space where a client forgot to encode it.
        moment = datetime.fromisoformat(text.replace(" ", "+").replace("Z", "+00:00"))
    except ValueError:
        raise Open311Error(400, _("Dates are written as 2026-11-23T08:00:00Z.")) from None
    if moment.tzinfo is None:
        raise Open311Error(400, _("Dates are written as 2026-11-23T08:00:00Z."))
    return moment


def service(category: IncidentCategory) -> dict[str, Any]:
    """Return a category as a service."""
    return {
        "service_code": category.code,
        "service_name": category.name,
        "description": category.description,
        "metadata": False,
        "type": "realtime",
        "keywords": category.keywords,
        "group": category.group,
    }


def service_request(incident: Incident) -> dict[str, Any]:
    """Return an incident as a service request, without anybody's words."""

    def moment(at: datetime | None) -> str:
        return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    return {
        "service_request_id": incident.receipt_no,
        "status": "open" if incident.state in OPEN else "closed",
        "status_notes": str(State(incident.state).label),
        "service_name": incident.category.name,
        "service_code": incident.category.code,
        "description": "",
        "agency_responsible": incident.handled_by,
        "requested_datetime": moment(incident.reported_at),
        "updated_datetime": moment(incident.updated_at),
        "expected_datetime": moment(incident.finish_by),
        "address": "",
        "lat": "" if incident.lat is None else round(incident.lat, DECIMALS),
        "long": "" if incident.lon is None else round(incident.lon, DECIMALS),
    }


def discovery(base: str, changed: datetime) -> dict[str, Any]:
    """Return the document by which clients find the endpoint."""
    return {
        "changeset": changed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "contact": "",
        "key_service": _("Keys are given out by the county's operator."),
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": f"{base}/open311/v2",
                "changeset": changed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "type": "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }


def write_list(kind: str, name: str, rows: Answer, form: str) -> bytes:
    """Return a list in a format; `kind` and `name` are the XML names of the list and of each row."""
    if form == "json":
        return orjson.dumps(list(rows))
    root = ET.Element(kind)
    for row in rows:
        _into(ET.SubElement(root, name), row)
    return _document(root)


def write_one(kind: str, row: Mapping[str, Any], form: str) -> bytes:
    """Return one document in a format."""
    if form == "json":
        return orjson.dumps(dict(row))
    root = ET.Element(kind)
    _into(root, row)
    return _document(root)


def _into(parent: ET.Element, row: Mapping[str, Any]) -> None:
    for name, value in row.items():
        child = ET.SubElement(parent, name)
        if isinstance(value, list):
            for one in value:
                inner = ET.SubElement(child, name.removesuffix("s"))
                if isinstance(one, Mapping):
                    _into(inner, one)
                else:
                    inner.text = str(one)
        elif isinstance(value, bool):
            child.text = "true" if value else "false"
        else:
            child.text = str(value)


def _document(root: ET.Element) -> bytes:
    written: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + written
