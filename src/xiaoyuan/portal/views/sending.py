"""Writes that a page's script sends: carried out once per key, however often a phone sends them."""

import hashlib
import math
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.routes import viewer_behind
from xiaoyuan.audit.actions import Answer, once
from xiaoyuan.register.errors import RegisterError


def write_once(request: HttpRequest, county_id: int, write: Callable[[], dict[str, Any]]) -> JsonResponse:
    """Carry out a write once per key of the client: a phone that lost the answer may send again."""
    key = request.POST.get("key", "")[:60]
    if not key:
        raise RegisterError(_("The request has no key."))
    said = hashlib.sha256(f"{request.path}?{request.POST.urlencode()}".encode()).hexdigest()
    answer = once(
        county_id=county_id,
        actor=viewer_behind(request).actor,
        key=key,
        body_hash=said,
        now=timezone.now(),
        write=lambda: Answer(200, write()),
    )
    return JsonResponse(answer.body, status=answer.status)


def number_of(request: HttpRequest, name: str) -> int:
    """Return a whole number of a form; raises `RegisterError`."""
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise RegisterError(_("The request was not understood. Nothing was saved."))
    return int(text)


def box_of(text: str) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of `west,south,east,north`; None when it is not four numbers."""
    try:
        west, south, east, north = (float(word) for word in text.split(","))
    except ValueError:
        return None
    box = west, south, east, north
    return box if all(math.isfinite(number) for number in box) else None
