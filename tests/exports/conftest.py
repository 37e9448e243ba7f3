"""Who asks for exports in these tests, and a short way to ask."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import NOW, OWN, Cast, cast
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.viewers import Viewer, viewer_of
from xiaoyuan.exports.actions import Wish, fetch_export, request_export
from xiaoyuan.exports.models import ExportFormat, ExportRequest

__all__ = ["cast"]

Ask = Callable[..., ExportRequest]


def viewer(user: User) -> Viewer:
    return viewer_of(user, NOW)


@pytest.fixture
def ask(cast: Cast) -> Ask:
    """Ask for an export of the own village as Wang, unless said otherwise."""

    def one(who: str = "wang", now: Any = NOW, **changes: Any) -> ExportRequest:
        given: dict[str, Any] = {
            "source_key": "people",
            "format": ExportFormat.XLSX,
            "county_id": cast.own.household.county_id,
            "division_code": OWN,
            "place": "双堰社区",
            "is_sample": True,
        }
        return request_export(wish=Wish(**{**given, **changes}), viewer=viewer(cast.users[who]), now=now)

    return one


@pytest.fixture
def content(cast: Cast) -> Callable[[ExportRequest], bytes]:
    """Fetch the file of an export as who asked for it."""

    def one(request: ExportRequest) -> bytes:
        assert request.requested_by_id is not None
        who = User.objects.get(pk=request.requested_by_id)
        return b"".join(fetch_export(request=request, viewer=viewer(who), now=NOW))

    return one


def parts(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}
