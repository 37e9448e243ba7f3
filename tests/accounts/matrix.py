"""Every route: how it is asked for, what it declares, and which right decides about its rows."""

from typing import Final

from tests.accounts import (
    matrix_doorplates,
    matrix_field,
    matrix_forms,
    matrix_incidents,
    matrix_notices,
    matrix_open311,
    matrix_points,
    matrix_reports,
    matrix_residents,
)
from tests.accounts.matrix_rows import (
    APPROVE,
    CONSOLE,
    EDIT,
    EXPORT,
    IMPORT,
    OPEN_SCENE,
    OPERATE,
    PLACES,
    PUBLIC,
    REVEAL,
    SIGNED_IN,
    UNKNOWN,
    VIEW_PEOPLE,
    Route,
    export_of,
    import_step,
    kept_layout,
    kept_model,
    kept_plan,
    kept_view,
    ledger_of,
    place_step_in,
    relative_of,
    step_in,
)

TABLE: Final[dict[str, Route]] = {
    "": Route(PUBLIC, lambda place: "/"),
    "v/<str:code>/": Route(PUBLIC, lambda place: f"/v/{place.code}/"),
    "screen/<str:code>/": Route(PUBLIC, lambda place: f"/screen/{place.code}/?view=table"),
    r"^d/(?P<token>[\s\S]*)$": Route(PUBLIC, lambda place: "/d/never-a-token", ok=404),
    "preferences/elder/": Route(PUBLIC, lambda place: "/preferences/elder/", method="post", ok=302),
    "preferences/language/": Route(PUBLIC, lambda place: "/preferences/language/", method="post", ok=302),
    "api/v1/plates/<token>": Route(PUBLIC, lambda place: "/api/v1/plates/never-a-token", ok=404),
    "healthz": Route(PUBLIC, lambda place: "/healthz"),
    "readyz": Route(PUBLIC, lambda place: "/readyz"),
    "metrics": Route(OPERATE, lambda place: "/metrics"),
    "me/": Route(SIGNED_IN, lambda place: "/me/"),
    "console/": Route(
        CONSOLE, lambda place: f"/console/?division={place.code}", CONSOLE, "/console/?division=990001009009"
    ),
    "console/households/": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/?division={place.code}",
        VIEW_PEOPLE,
        "/console/households/?division=990001009009",
    ),
    "console/households/<int:household_id>/": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/{place.household.pk}/",
        VIEW_PEOPLE,
        f"/console/households/{UNKNOWN}/",
    ),
    "console/households/<int:household_id>/reveal/": Route(
        REVEAL,
        lambda place: f"/console/households/{place.household.pk}/reveal/",
        REVEAL,
        f"/console/households/{UNKNOWN}/reveal/",
        method="post",
        body=lambda place: {"person": str(place.person.pk), "field": "phone", "reason": "a home visit"},
    ),
    # A number is answered here and now; a name would lead to an address that can be kept.
    "console/households/find/": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/find/?division={place.code}",
        VIEW_PEOPLE,
        "/console/households/find/?division=990001009009",
        method="post",
        body=lambda place: {"q": "190 0000 9999"},
    ),
    "console/households/new/": Route(
        EDIT,
        lambda place: f"/console/households/new/?division={place.code}",
        EDIT,
        "/console/households/new/?division=990001009009",
    ),
    "console/households/<int:household_id>/steps/<slug:step>/": Route(
        EDIT,
        lambda place: f"/console/households/{place.household.pk}/steps/split/",
        EDIT,
        f"/console/households/{UNKNOWN}/steps/split/",
    ),
    "console/persons/<int:person_id>/steps/<slug:step>/": Route(
        EDIT,
        lambda place: f"/console/persons/{place.person.pk}/steps/death/",
        EDIT,
        f"/console/persons/{UNKNOWN}/steps/death/",
    ),
    "console/duplicates/": Route(
        EDIT,
        lambda place: f"/console/duplicates/?division={place.code}",
        EDIT,
        "/console/duplicates/?division=990001009009",
    ),
    "console/duplicates/<int:first_id>/<int:second_id>/": Route(
        EDIT,
        lambda place: f"/console/duplicates/{place.person.pk}/{relative_of(place)}/",
        EDIT,
        f"/console/duplicates/{UNKNOWN}/{UNKNOWN}/",
    ),
    "console/duplicates/<int:first_id>/<int:second_id>/apart/": Route(
        EDIT,
        lambda place: f"/console/duplicates/{place.person.pk}/{relative_of(place)}/apart/",
        EDIT,
        f"/console/duplicates/{UNKNOWN}/{UNKNOWN}/apart/",
        method="post",
        ok=302,
    ),
    "console/people/table/": Route(
        EDIT,
        lambda place: f"/console/people/table/?division={place.code}",
        EDIT,
        "/console/people/table/?division=990001009009",
    ),
    "console/persons/<int:person_id>/edit/": Route(
        EDIT,
        lambda place: f"/console/persons/{place.person.pk}/edit/",
        EDIT,
        f"/console/persons/{UNKNOWN}/edit/",
    ),
    "console/households/<int:household_id>/edit/": Route(
        EDIT,
        lambda place: f"/console/households/{place.household.pk}/edit/",
        EDIT,
        f"/console/households/{UNKNOWN}/edit/",
    ),
    "console/households/<int:household_id>/card/": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/{place.household.pk}/card/",
        VIEW_PEOPLE,
        f"/console/households/{UNKNOWN}/card/",
    ),
    "console/households/<int:household_id>/card.pdf": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/{place.household.pk}/card.pdf",
        VIEW_PEOPLE,
        f"/console/households/{UNKNOWN}/card.pdf",
    ),
    "console/households/<int:household_id>/card-in-full.pdf": Route(
        REVEAL,
        lambda place: f"/console/households/{place.household.pk}/card-in-full.pdf",
        REVEAL,
        f"/console/households/{UNKNOWN}/card-in-full.pdf",
        method="post",
        body=lambda place: {"reason": "a home visit"},
    ),
    "console/revisions/<int:revision_id>/undo/": Route(
        EDIT,
        lambda place: f"/console/revisions/{step_in(place)}/undo/",
        EDIT,
        f"/console/revisions/{UNKNOWN}/undo/",
        method="post",
        ok=302,
    ),
    "console/courtyards/": Route(
        CONSOLE,
        lambda place: f"/console/courtyards/?division={place.code}",
        CONSOLE,
        "/console/courtyards/?division=990001009009",
    ),
    "console/courtyards/<int:courtyard_id>/": Route(
        CONSOLE,
        lambda place: f"/console/courtyards/{place.courtyard.pk}/",
        CONSOLE,
        f"/console/courtyards/{UNKNOWN}/",
    ),
    "console/placing/": Route(
        EDIT,
        lambda place: f"/console/placing/?division={place.code}",
        EDIT,
        "/console/placing/?division=990001009009",
    ),
    "console/placing/places/": Route(
        EDIT,
        lambda place: f"/console/placing/places/?division={place.code}",
        EDIT,
        "/console/placing/places/?division=990001009009",
    ),
    # The courtyards of the cast are surveyed and its households settled: both are refused with a sentence.
    "console/placing/courtyards/<int:courtyard_id>/": Route(
        EDIT,
        lambda place: f"/console/placing/courtyards/{place.courtyard.pk}/",
        EDIT,
        f"/console/placing/courtyards/{UNKNOWN}/",
        method="post",
        body=lambda place: {
            "key": f"{place.code}-courtyard",
            "row_version": "1",
            "lon": "105.29",
            "lat": "27.3",
        },
        ok=400,
    ),
    "console/placing/households/<int:household_id>/": Route(
        EDIT,
        lambda place: f"/console/placing/households/{place.household.pk}/",
        EDIT,
        f"/console/placing/households/{UNKNOWN}/",
        method="post",
        body=lambda place: {
            "key": f"{place.code}-household",
            "row_version": "1",
            "lon": "105.29",
            "lat": "27.3",
        },
        ok=400,
    ),
    "console/placing/undo/": Route(
        EDIT, lambda place: "/console/placing/undo/", method="post", body=lambda place: {"revisions": ""}
    ),
    "console/plans/": Route(
        CONSOLE,
        lambda place: f"/console/plans/?division={place.code}",
        CONSOLE,
        "/console/plans/?division=990001009009",
    ),
    "console/plans/desk/": Route(
        CONSOLE,
        lambda place: f"/console/plans/desk/?division={place.code}",
        CONSOLE,
        "/console/plans/desk/?division=990001009009",
    ),
    # These three are asked in JSON: a form is refused with a sentence.
    "console/plans/compute/": Route(CONSOLE, lambda place: "/console/plans/compute/", method="post", ok=400),
    "console/plans/flood/": Route(CONSOLE, lambda place: "/console/plans/flood/", method="post", ok=400),
    "console/plans/save/": Route(PLACES, lambda place: "/console/plans/save/", method="post", ok=400),
    "console/plans/<int:plan_id>/": Route(
        CONSOLE, lambda place: f"/console/plans/{kept_plan(place)}/", CONSOLE, f"/console/plans/{UNKNOWN}/"
    ),
    "console/plans/<int:plan_id>/plan.pdf": Route(
        CONSOLE,
        lambda place: f"/console/plans/{kept_plan(place)}/plan.pdf",
        CONSOLE,
        f"/console/plans/{UNKNOWN}/plan.pdf",
    ),
    "console/plans/<int:plan_id>/rename/": Route(
        PLACES,
        lambda place: f"/console/plans/{kept_plan(place)}/rename/",
        PLACES,
        f"/console/plans/{UNKNOWN}/rename/",
        method="post",
        body=lambda place: {"row_version": "1", "name": "new"},
        ok=302,
    ),
    # There is no elevation model here: refused with a sentence.
    "console/plans/<int:plan_id>/recompute/": Route(
        PLACES,
        lambda place: f"/console/plans/{kept_plan(place)}/recompute/",
        PLACES,
        f"/console/plans/{UNKNOWN}/recompute/",
        method="post",
        body=lambda place: {"row_version": "1"},
        ok=400,
    ),
    "console/plans/<int:plan_id>/delete/": Route(
        PLACES,
        lambda place: f"/console/plans/{kept_plan(place)}/delete/",
        PLACES,
        f"/console/plans/{UNKNOWN}/delete/",
        method="post",
        body=lambda place: {"row_version": "1"},
        ok=302,
    ),
    "console/maps/": Route(
        CONSOLE,
        lambda place: f"/console/maps/?division={place.code}",
        CONSOLE,
        "/console/maps/?division=990001009009",
    ),
    "console/maps/map.pdf": Route(
        CONSOLE,
        lambda place: f"/console/maps/map.pdf?division={place.code}",
        CONSOLE,
        "/console/maps/map.pdf?division=990001009009",
    ),
    "console/map/": Route(
        PLACES,
        lambda place: f"/console/map/?division={place.code}",
        PLACES,
        "/console/map/?division=990001009009",
    ),
    "console/map/places/": Route(
        PLACES,
        lambda place: f"/console/map/places/?division={place.code}",
        PLACES,
        "/console/map/places/?division=990001009009",
    ),
    # Without a shape, with a number that is not the next one, or without a reason: refused with a sentence.
    "console/map/new/": Route(
        PLACES,
        lambda place: "/console/map/new/",
        PLACES,
        "/console/map/new/",
        method="post",
        body=lambda place: {"key": f"{place.code}-drawn", "division": place.code, "kind": "building"},
        ok=400,
    ),
    "console/map/<slug:kind>/<int:place_id>/": Route(
        PLACES,
        lambda place: f"/console/map/courtyard/{place.courtyard.pk}/",
        PLACES,
        f"/console/map/courtyard/{UNKNOWN}/",
    ),
    "console/map/<slug:kind>/<int:place_id>/change/": Route(
        PLACES,
        lambda place: f"/console/map/courtyard/{place.courtyard.pk}/change/",
        PLACES,
        f"/console/map/courtyard/{UNKNOWN}/change/",
        method="post",
        body=lambda place: {"key": f"{place.code}-changed", "row_version": "one"},
        ok=400,
    ),
    "console/map/<slug:kind>/<int:place_id>/remove/": Route(
        PLACES,
        lambda place: f"/console/map/courtyard/{place.courtyard.pk}/remove/",
        PLACES,
        f"/console/map/courtyard/{UNKNOWN}/remove/",
        method="post",
        body=lambda place: {"key": f"{place.code}-removed", "row_version": "1"},
        ok=400,
    ),
    "console/map/steps/<int:revision_id>/undo/": Route(
        PLACES,
        lambda place: f"/console/map/steps/{place_step_in(place)}/undo/",
        PLACES,
        f"/console/map/steps/{UNKNOWN}/undo/",
        method="post",
        ok=302,
    ),
    "console/imports/": Route(CONSOLE, lambda place: "/console/imports/"),
    "console/imports/<int:batch_id>/": Route(
        CONSOLE, lambda place: f"/console/imports/{place.batch.pk}/", CONSOLE, f"/console/imports/{UNKNOWN}/"
    ),
    "console/imports/upload/": Route(
        IMPORT,
        lambda place: "/console/imports/upload/",
        IMPORT,
        "/console/imports/upload/",
        method="post",
        body=lambda place: {"division": place.code},
        ok=400,
    ),
    "console/imports/<int:batch_id>/progress/": Route(
        CONSOLE,
        lambda place: f"/console/imports/{ledger_of(place)}/progress/",
        CONSOLE,
        f"/console/imports/{UNKNOWN}/progress/",
    ),
    # What was not read yet can be thrown away, and nothing else.
    "console/imports/<int:batch_id>/columns/": import_step("columns", ok=409),
    "console/imports/<int:batch_id>/decide/": import_step("decide", ok=400),
    "console/imports/<int:batch_id>/apply/": import_step("apply"),
    "console/imports/<int:batch_id>/roll-back/": import_step("roll-back", ok=400),
    "console/imports/<int:batch_id>/discard/": import_step("discard"),
    "console/imports/<int:batch_id>/report/": import_step("report", method="get", ok=409),
    "console/exports/": Route(EXPORT, lambda place: "/console/exports/"),
    "console/exports/new/": Route(
        EXPORT,
        lambda place: f"/console/exports/new/?division={place.code}",
        EXPORT,
        "/console/exports/new/?division=990001009009",
    ),
    "console/exports/changes/": Route(
        EXPORT,
        lambda place: f"/console/exports/changes/?division={place.code}",
        EXPORT,
        "/console/exports/changes/?division=990001009009",
    ),
    "console/exports/<int:export_id>/": Route(
        EXPORT, lambda place: f"/console/exports/{export_of(place)}/", EXPORT, f"/console/exports/{UNKNOWN}/"
    ),
    # Whoever asked for a file may fetch it, and nobody else.
    "console/exports/<int:export_id>/file/": Route(
        EXPORT, lambda place: f"/console/exports/{export_of(place)}/file/", ok=404
    ),
    # What waits no more cannot be decided.
    "console/exports/<int:export_id>/approve/": Route(
        APPROVE,
        lambda place: f"/console/exports/{export_of(place)}/approve/",
        APPROVE,
        f"/console/exports/{UNKNOWN}/approve/",
        method="post",
        ok=409,
    ),
    "console/exports/<int:export_id>/refuse/": Route(
        APPROVE,
        lambda place: f"/console/exports/{export_of(place)}/refuse/",
        APPROVE,
        f"/console/exports/{UNKNOWN}/refuse/",
        method="post",
        body=lambda place: {"reason": "no purpose"},
        ok=409,
    ),
    "console/exports/layouts/new/": Route(
        EXPORT,
        lambda place: f"/console/exports/layouts/new/?division={place.code}",
        EXPORT,
        "/console/exports/layouts/new/?division=990001009009",
    ),
    "console/exports/layouts/<int:layout_id>/": Route(
        EXPORT,
        lambda place: f"/console/exports/layouts/{kept_layout(place).pk}/",
        EXPORT,
        f"/console/exports/layouts/{UNKNOWN}/",
    ),
    "console/exports/layouts/<int:layout_id>/fill/": Route(
        EXPORT,
        lambda place: f"/console/exports/layouts/{kept_layout(place).pk}/fill/",
        EXPORT,
        f"/console/exports/layouts/{UNKNOWN}/fill/",
        method="post",
        body=lambda place: {"division": place.code},
        ok=302,
    ),
    "console/exports/layouts/<int:layout_id>/retire/": Route(
        EXPORT,
        lambda place: f"/console/exports/layouts/{kept_layout(place).pk}/retire/",
        EXPORT,
        f"/console/exports/layouts/{UNKNOWN}/retire/",
        method="post",
        ok=302,
    ),
    # The scenes and courtyards asked for here are of the internal layer class.
    "twin/<str:key>/current.json": Route(
        PUBLIC, lambda place: f"/twin/{place.code}/current.json", CONSOLE, "/twin/nowhere/current.json"
    ),
    "twin/<str:key>/revisions.json": Route(
        PUBLIC, lambda place: f"/twin/{place.code}/revisions.json", CONSOLE, "/twin/nowhere/revisions.json"
    ),
    "twin/<str:key>/revisions/<str:name>.json": Route(
        PUBLIC,
        lambda place: f"/twin/{place.code}/revisions/1.json",
        CONSOLE,
        "/twin/nowhere/revisions/1.json",
    ),
    "twin/<str:key>/vectors/<slug:index>/<int:zoom>/<int:column>/<int:row>.pbf": Route(
        PUBLIC,
        lambda place: f"/twin/{place.code}/vectors/{'1' * 20}/14/1/1.pbf",
        CONSOLE,
        f"/twin/nowhere/vectors/{'1' * 20}/14/1/1.pbf",
    ),
    "twin/<str:key>/<path:path>": Route(
        PUBLIC,
        lambda place: f"/twin/{place.code}/files/{'0' * 20}.json",
        CONSOLE,
        f"/twin/nowhere/files/{'0' * 20}.json",
    ),
    "api/v1/places/<scene>/<int:cid>": Route(
        PUBLIC,
        lambda place: f"/api/v1/places/{place.code}/{place.courtyard.cid}",
        CONSOLE,
        "/api/v1/places/nowhere/1",
    ),
    "api/v1/": Route(PUBLIC, lambda place: "/api/v1/", ok=404),
    "api/v1/openapi.json": Route(PUBLIC, lambda place: "/api/v1/openapi.json"),
    "api/v1/screen/<code>": Route(PUBLIC, lambda place: f"/api/v1/screen/{place.code}"),
    "api/v1/screen/<code>/outlines": Route(PUBLIC, lambda place: f"/api/v1/screen/{place.code}/outlines"),
    "api/v1/screen/<code>/labels": Route(PUBLIC, lambda place: f"/api/v1/screen/{place.code}/labels"),
    "api/v1/search": Route(PUBLIC, lambda place: "/api/v1/search?q=双堰"),
    "twin/<str:key>/tilejson.json": Route(
        PUBLIC, lambda place: f"/twin/{OPEN_SCENE}/tilejson.json", unknown="/twin/nowhere/tilejson.json"
    ),
    "ogc/": Route(PUBLIC, lambda place: "/ogc/"),
    "ogc/api": Route(PUBLIC, lambda place: "/ogc/api"),
    "ogc/conformance": Route(PUBLIC, lambda place: "/ogc/conformance"),
    "ogc/collections": Route(PUBLIC, lambda place: "/ogc/collections"),
    "ogc/collections/<str:name>": Route(PUBLIC, lambda place: "/ogc/collections/divisions"),
    "ogc/collections/<str:name>/items": Route(PUBLIC, lambda place: "/ogc/collections/courtyards/items"),
    "ogc/collections/<str:name>/items/<str:feature_id>": Route(
        PUBLIC, lambda place: f"/ogc/collections/divisions/items/{place.code}"
    ),
    "ogc/tiles": Route(PUBLIC, lambda place: "/ogc/tiles"),
    "ogc/tiles/<str:key>/WebMercatorQuad": Route(
        PUBLIC, lambda place: f"/ogc/tiles/{OPEN_SCENE}/WebMercatorQuad"
    ),
    "ogc/tiles/<str:key>/WebMercatorQuad/<int:zoom>/<int:row>/<int:column>": Route(
        PUBLIC, lambda place: f"/ogc/tiles/{OPEN_SCENE}/WebMercatorQuad/14/1/1"
    ),
    "api/v1/screen/<code>/themes": Route(
        PUBLIC, lambda place: f"/api/v1/screen/{place.code}/themes", unknown="/api/v1/screen/990009/themes"
    ),
    "api/v1/screen/<code>/themes/<theme>": Route(
        PUBLIC,
        lambda place: f"/api/v1/screen/{place.code}/themes/courtyard:residents",
        VIEW_PEOPLE,
        "/api/v1/screen/990009/themes/courtyard:residents",
    ),
    "api/v1/screen/<code>/overlays": Route(
        PUBLIC,
        lambda place: f"/api/v1/screen/{place.code}/overlays",
        unknown="/api/v1/screen/990009/overlays",
    ),
    "api/v1/screen/<code>/overlays/<overlay>": Route(
        PUBLIC,
        lambda place: f"/api/v1/screen/{place.code}/overlays/vacant_houses",
        VIEW_PEOPLE,
        "/api/v1/screen/990009/overlays/vacant_houses",
    ),
    "api/v1/screen/<code>/views": Route(
        PUBLIC, lambda place: f"/api/v1/screen/{place.code}/views", unknown="/api/v1/screen/990009/views"
    ),
    "screen/<str:code>/views/": Route(
        PLACES,
        lambda place: f"/screen/{place.code}/views/",
        PLACES,
        "/screen/990009/views/",
        "post",
        lambda place: {"name": "test", "address": "v=1", "dwell_s": "10"},
        201,
    ),
    "screen/views/<int:view_id>/": Route(
        PLACES,
        lambda place: f"/screen/views/{kept_view(place)}/",
        PLACES,
        f"/screen/views/{UNKNOWN}/",
        "post",
        lambda place: {"remove": "1", "row_version": "1"},
    ),
    "twin/models/<str:key>/<path:path>": Route(
        PUBLIC,
        lambda place: f"/twin/models/{kept_model(place)}/one/tileset.json",
        CONSOLE,
        "/twin/models/nowhere/one/tileset.json",
    ),
}

TABLE.update(matrix_forms.TABLE)
TABLE.update(matrix_doorplates.TABLE)
TABLE.update(matrix_points.TABLE)
TABLE.update(matrix_notices.TABLE)
TABLE.update(matrix_incidents.TABLE)
TABLE.update(matrix_field.TABLE)
TABLE.update(matrix_open311.TABLE)
TABLE.update(matrix_reports.TABLE)
TABLE.update(matrix_residents.TABLE)
