"""Routes of Open311 in the permission matrix: public, asked for a county that the cast's villages lie in."""

from typing import Final

from tests.accounts.matrix_rows import PUBLIC, Route
from tests.cast import Place
from xiaoyuan.incidents.actions.categories import ensure_categories


def _of(place: Place) -> str:
    ensure_categories(place.courtyard.county_id)
    return f"?jurisdiction_id={place.code[:6]}"


TABLE: Final[dict[str, Route]] = {
    "open311/discovery.<str:form>": Route(PUBLIC, lambda place: "/open311/discovery.xml"),
    "open311/v2/services.<str:form>": Route(PUBLIC, lambda place: f"/open311/v2/services.json{_of(place)}"),
    "open311/v2/services/<str:code>.<str:form>": Route(
        PUBLIC, lambda place: f"/open311/v2/services/lamp.json{_of(place)}"
    ),
    "open311/v2/requests.<str:form>": Route(PUBLIC, lambda place: f"/open311/v2/requests.json{_of(place)}"),
    "open311/v2/requests/<str:number>.<str:form>": Route(
        PUBLIC, lambda place: f"/open311/v2/requests/0000000000.json{_of(place)}", ok=404
    ),
}
