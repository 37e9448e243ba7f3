"""Routes of reporting in the permission matrix: open to anybody; what they open is decided by a secret."""

from typing import Final

from tests.accounts.matrix_rows import PUBLIC, Route

TABLE: Final[dict[str, Route]] = {
    r"^d/(?P<token>[A-Za-z0-9_-]{16})/report/$": Route(
        PUBLIC, lambda place: f"/d/{'0' * 16}/report/", ok=404
    ),
    "v/<str:code>/report/": Route(PUBLIC, lambda place: f"/v/{place.code}/report/"),
    "r/<str:secret>/": Route(PUBLIC, lambda place: f"/r/{'0' * 16}/", ok=404),
}
