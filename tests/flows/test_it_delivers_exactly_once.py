"""Five hundred reports, shuffled, over a line that loses three replies in ten after the commit: each arrives once."""

import http.client
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.cast import OWN, Cast, cast
from tests.fault_proxy import fault_proxy
from tests.portal.console import signed_in
from xiaoyuan.audit.models import AuditEntry, IdempotencyKey
from xiaoyuan.incidents.actions.categories import ensure_categories
from xiaoyuan.incidents.models import Incident

__all__ = ["cast"]

pytestmark = pytest.mark.slow
REPORTS: Final = 500
PHONES: Final = 4
MOST_TRIES: Final = 60


def send_until_heard(url: str, cookie: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Send the same bytes until an answer is heard, as the queue of a phone does; returns tries and answer."""
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Cookie": cookie, "X-CSRFToken": token}
    for tries in range(1, MOST_TRIES + 1):
        line = http.client.HTTPConnection(urlsplit(url).hostname or "", urlsplit(url).port, timeout=60)
        try:
            line.request("POST", "/api/v1/field/submissions", content, headers)
            answer = line.getresponse()
            said = json.loads(answer.read())
            assert answer.status == 200, said
            return tries, said
        except (http.client.HTTPException, ConnectionError):
            continue
        finally:
            line.close()
    raise AssertionError("no reply was heard")


def test_each_report_arrives_exactly_once(cast: Cast, live_server: LiveServer) -> None:
    ensure_categories(cast.own.courtyard.county_id)
    client = signed_in(cast, "li")
    client.get("/api/v1/field/today")
    token = client.cookies["csrftoken"].value
    cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={token}"
    payload = {"category": "lamp", "courtyard": str(cast.own.courtyard.pk), "division": OWN}
    reports = [
        {
            "key": f"report-{number:05d}",
            "kind": "incident.report",
            "payload": {**payload, "words": f"第 {number} 件"},
        }
        for number in range(REPORTS)
    ]
    random.Random(7).shuffle(reports)
    with fault_proxy(live_server.url) as proxy, ThreadPoolExecutor(PHONES) as phones:
        heard = list(phones.map(lambda body: send_until_heard(proxy.url, cookie, token, body), reports))
    # The line did lose what it was meant to lose, and phones did ask again.
    assert proxy.lost > REPORTS // 5
    assert sum(tries for tries, _said in heard) == REPORTS + proxy.lost

    words = Counter(Incident.objects.unscoped("a test").values_list("words", flat=True))
    assert words == Counter({f"第 {number} 件": 1 for number in range(REPORTS)})
    receipts = {said["receipt_no"] for _tries, said in heard}
    assert receipts == set(Incident.objects.unscoped("a test").values_list("receipt_no", flat=True))
    assert IdempotencyKey.objects.filter(key__startswith="report-").count() == REPORTS
    assert AuditEntry.objects.filter(object_kind="incidents.incident").count() == REPORTS
