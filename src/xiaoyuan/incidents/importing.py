"""Reading lists of service requests as other systems hand them out: 311-style CSV and JSON."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.incidents.errors import IncidentError

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "key": ("service_request_id", "id", "case_id", "request_id", "caseid", "编号", "事件编号"),
    "category": ("service_code", "code", "service_name", "type", "category", "类别", "事件类别"),
    "words": ("description", "details", "notes", "描述", "内容", "事件描述"),
    "at": ("requested_datetime", "opened", "created", "created_date", "open_date", "上报时间", "时间"),
    "closed_at": ("closed", "closed_date", "updated_datetime", "办结时间"),
    "status": ("status", "状态"),
    "lat": ("lat", "latitude", "y", "纬度"),
    "lon": ("long", "lon", "lng", "longitude", "x", "经度"),
    "place": ("address", "location", "地址", "地点"),
}
MOST_ROWS: Final = 200_000


class ListRefused(IncidentError):
    """A list cannot be read; the message says where."""


@dataclass(frozen=True)
class ListedRequest:
    """One row of a list. `number` is the row as people count them; a time without zone is taken as local."""

    number: int
    key: str
    category: str
    words: str
    at: datetime
    closed_at: datetime | None
    is_open: bool
    lon: float | None
    lat: float | None
    place: str


def read_list(content: bytes, file_name: str) -> list[ListedRequest]:
    """Return the rows of a CSV or JSON file, all or none. Raises `ListRefused` naming row and column."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise ListRefused(_("The file is neither UTF-8 nor GB 18030.")) from None
    rows = list(_json_rows(text) if file_name.lower().endswith(".json") else _csv_rows(text))
    if not rows:
        raise ListRefused(_("The file has no rows."))
    return [_request(number, row) for number, row in rows]


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ListRefused(_("The file is no JSON.")) from None
    if isinstance(found, dict):
        found = next((value for value in found.values() if isinstance(value, list)), None)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ListRefused(_("The file holds no list of requests."))
    yield from enumerate(found[: MOST_ROWS + 1], start=1)


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        for row in reader:
            yield reader.line_num, {name or "": value for name, value in row.items()}
    except csv.Error as error:
        raise ListRefused(_("The file is no CSV: %(error)s") % {"error": error}) from None


def _request(number: int, row: Mapping[str, Any]) -> ListedRequest:
    given = {str(name).strip().lower(): value for name, value in row.items() if name}

    def text(field: str) -> str:
        value = next((given[name] for name in NAMES[field] if given.get(name) not in (None, "")), "")
        return str(value).strip()

    for field in ("key", "category", "at"):
        if not text(field):
            raise ListRefused(
                _("Row %(row)d: the column %(column)s is missing or empty. Nothing was imported.")
                % {"row": number, "column": NAMES[field][0]}
            )
    at = _moment(text("at"), number, "at")
    return ListedRequest(
        number=number,
        key=text("key")[:80],
        category=text("category"),
        words=text("words"),
        at=at if at is not None else timezone.now(),
        closed_at=_moment(text("closed_at"), number, "closed_at"),
        is_open=text("status").lower() not in ("closed", "resolved", "done", "已办结", "已关闭", "办结"),
        lon=_degrees(text("lon"), number, "lon", 180),
        lat=_degrees(text("lat"), number, "lat", 90),
        place=text("place")[:200],
    )


def _moment(text: str, number: int, field: str) -> datetime | None:
    if not text:
        return None
    for shape in (None, "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%m/%d/%Y %I:%M:%S %p"):
        try:
            moment = (
                datetime.fromisoformat(text.replace("Z", "+00:00"))
                if shape is None
                else datetime.strptime(text, shape)  # noqa: DTZ007 - made aware below
            )
        except ValueError:
            continue
        return moment if moment.tzinfo is not None else timezone.make_aware(moment)
    raise ListRefused(
        _("Row %(row)d: “%(text)s” in the column %(column)s is no time. Nothing was imported.")
        % {"row": number, "text": text[:30], "column": NAMES[field][0]}
    )


def _degrees(text: str, number: int, field: str, largest: float) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= largest:
        raise ListRefused(
            _("Row %(row)d: “%(text)s” in the column %(column)s is no degree. Nothing was imported.")
            % {"row": number, "text": text[:30], "column": NAMES[field][0]}
        )
    return value
