"""What every template may use."""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from xiaoyuan.accounts.choices import Permission, ScopeKind
from xiaoyuan.accounts.viewers import THE_STRANGER, Viewer

ELDER_COOKIE: Final = "elder"


def read_version(changelog: Path) -> str:
    """Return the version of the installed package, else the newest one of a source tree's change log, else nothing."""
    try:
        return version("xiaoyuan")
    except PackageNotFoundError:
        if not changelog.is_file():
            return ""
        newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog.read_text(encoding="utf-8"), re.MULTILINE)
        return newest.group(1) if newest else ""


VERSION: Final = read_version(Path(__file__).resolve().parents[3] / "CHANGELOG.md")


class Rights:
    """What templates ask as `may.manage_points`: whether the viewer holds a right anywhere."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def __getitem__(self, name: str) -> bool:
        return self._viewer.may(Permission(name))


def page(request: HttpRequest) -> dict[str, object]:
    """Return the viewer, the mode of the deployment and the reader's preferences (Django context processor).

    What needs the database is a function, so that a page that does not ask does not query.
    """
    viewer: Viewer = getattr(request, "viewer", THE_STRANGER)
    return {
        "viewer": viewer,
        "may": Rights(viewer),
        "may_open_console": lambda: viewer.may(Permission.CONSOLE),
        "may_see_people": lambda: viewer.may(Permission.VIEW_PEOPLE),
        "may_edit_people": lambda: viewer.may(Permission.EDIT_PEOPLE),
        "may_edit_places": lambda: viewer.may(Permission.EDIT_PLACES),
        "may_export": lambda: viewer.may(Permission.EXPORT_PEOPLE),
        "may_operate": lambda: viewer.may(Permission.OPERATE),
        "has_own_household": lambda: any(grant.scope_kind == ScopeKind.HOUSEHOLD for grant in viewer.grants),
        "is_demo": settings.IS_DEMO,
        "is_elder": request.COOKIES.get(ELDER_COOKIE) == "1",
        "version": VERSION,
    }
