"""Asking the index."""

from collections.abc import Sequence
from typing import Final

from django.db import connection

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.search import index as engine
from xiaoyuan.search.words import PLACE_LENGTHS, Asked, asked

LONGEST_QUESTION: Final = 60


def find(*, kind: str, text: str, scope: Scope | None, is_sample: bool, limit: int = 50) -> list[int]:
    """Return ids of rows of a kind that fit all words of a text, whole names first.

    `scope`: only within its divisions (single households of a scope are not looked at); None: public entries only.
    """
    words = asked(text.replace("\0", " ")[:LONGEST_QUESTION])
    if not words or (scope is not None and not scope.prefixes):
        return []
    found: dict[int, None] = {}
    for is_exact in (True, False):
        found.update(dict.fromkeys(_ask(kind, words, scope, is_sample, limit, is_exact)))
        if len(found) >= limit:
            break
    return list(found)[:limit]


def _ask(
    kind: str, words: Sequence[Asked], scope: Scope | None, is_sample: bool, limit: int, is_exact: bool
) -> list[int]:
    places: list[str] = []
    conditions = ["e.kind = %s", "e.is_sample = %s"]
    parameters: list[str | int | bool] = [kind, is_sample]
    if scope is None:
        conditions.append("e.is_public")
    elif "" not in scope.prefixes:
        ranges = []
        for prefix in sorted(scope.prefixes):
            ranges.append("(e.division_code >= %s AND e.division_code < %s)")
            parameters += [prefix, prefix + ":"]
        conditions.append("(" + " OR ".join(ranges) + ")")
        if all(len(prefix) in PLACE_LENGTHS for prefix in scope.prefixes):
            places = ["d" + prefix for prefix in sorted(scope.prefixes)]
    condition, query = engine.fitting(places, words, is_exact=is_exact)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.object_id FROM {engine.source()} WHERE {condition} AND {' AND '.join(conditions)} LIMIT %s",
            [query, *parameters, limit],
        )
        return [row[0] for row in cursor.fetchall()]
