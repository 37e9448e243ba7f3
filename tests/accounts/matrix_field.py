"""Routes of the pages in the field in the permission matrix."""

from typing import Final

from tests.accounts.matrix_rows import PUBLIC, Route
from xiaoyuan.accounts.choices import Permission

FIELD: Final = Permission.WORK_IN_FIELD

TABLE: Final[dict[str, Route]] = {
    "field/": Route(FIELD, lambda place: "/field/"),
    # Rows named in a form are looked for within the right; tests/portal/test_it_takes_field_submissions.py does that.
    "field/report/": Route(FIELD, lambda place: "/field/report/", method="post", ok=400),
    "field/steps/<int:incident_id>/": Route(FIELD, lambda place: "/field/steps/1/", method="post", ok=404),
    "field/app/": Route(PUBLIC, lambda place: "/field/app/"),
    "field/app.webmanifest": Route(PUBLIC, lambda place: "/field/app.webmanifest"),
    "field/worker.js": Route(PUBLIC, lambda place: "/field/worker.js"),
    "install/": Route(PUBLIC, lambda place: "/install/"),
    "install/ca.crt": Route(PUBLIC, lambda place: "/install/ca.crt", ok=404),
    "api/v1/field/today": Route(FIELD, lambda place: "/api/v1/field/today", is_program=True),
    "api/v1/field/submissions": Route(
        FIELD, lambda place: "/api/v1/field/submissions", method="post", ok=400, is_program=True
    ),
    "api/v1/field/uploads": Route(
        FIELD, lambda place: "/api/v1/field/uploads", method="post", ok=400, is_program=True
    ),
    "api/v1/field/uploads/<key>/parts": Route(
        FIELD,
        lambda place: "/api/v1/field/uploads/none/parts?offset=0",
        method="post",
        ok=404,
        is_program=True,
    ),
}
