"""The index in two dialects: an FTS5 table on SQLite, a tsvector column with a GIN index on PostgreSQL.

Words go in ready-made: FTS5 only splits at spaces, PostgreSQL gets them as an array without its parser.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.db import connection, connections

from xiaoyuan.search.models import SearchEntry
from xiaoyuan.search.words import Asked
from xiaoyuan.store.inserting import insert_rows

TABLE: Final = SearchEntry._meta.db_table
FTS: Final = "search_words"
COLUMNS: Final = ("county_id", "division_code", "kind", "object_id", "is_sample", "is_public")
_PART: Final = 500
_POSTGRESQL: Final = (
    f'ALTER TABLE "{TABLE}" ADD COLUMN IF NOT EXISTS words tsvector',
    f'CREATE INDEX IF NOT EXISTS "{TABLE}_words" ON "{TABLE}" USING gin (words)',
)
_SQLITE: Final = (
    # Without positions: no search asks for phrases, and the index is half as large.
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {FTS} USING fts5(words, detail=none, columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* Co Cn So'\")",
)


def ensure_index(package: AppConfig, using: str) -> None:
    """Create what is missing of the index (after each migration of this package)."""
    if package.label != "search" or TABLE not in connections[using].introspection.table_names():
        return
    with connections[using].cursor() as cursor:
        for statement in _POSTGRESQL if connections[using].vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)


def check_index(using: str) -> list[CheckMessage]:
    """Report a missing index (search.E001)."""
    database = connections[using]
    with database.cursor() as cursor:
        if TABLE not in database.introspection.table_names(cursor):
            return []
        if database.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM pg_indexes WHERE indexname = %s", [f"{TABLE}_words"])
        else:
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE name = %s", [FTS])
        if cursor.fetchone()[0]:
            return []
    return [
        Error(
            "The index of words is missing.",
            hint="Run “xiaoyuan migrate”: it recreates the index, then “xiaoyuan rebuild-search”.",
            id="search.E001",
        )
    ]


def remove(entry_ids: Sequence[int]) -> None:
    """Remove entries with their words."""
    for part in _parts(entry_ids):
        if connection.vendor != "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {FTS} WHERE rowid IN ({_marks(part)})", part)
        SearchEntry.objects.filter(pk__in=part).delete()


def put(entries: Sequence[Sequence[object]], words: Sequence[Iterable[str]]) -> None:
    """Add entries, as values of `COLUMNS`, that are not there yet."""
    if connection.vendor == "postgresql":
        vectors = (" ".join(_term(word, is_postgresql=True) for word in own) for own in words)
        rows = [(*entry, vector) for entry, vector in zip(entries, vectors, strict=True)]
        insert_rows(SearchEntry, COLUMNS, rows, own_columns=("words",))
        return
    ids = insert_rows(SearchEntry, COLUMNS, entries)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {FTS} (rowid, words) VALUES (%s, %s)",
            [(pk, " ".join(own)) for pk, own in zip(ids, words, strict=True)],
        )


def move(old: str, new: str) -> int:
    """Replace the beginning of division codes, in the entries and in their words for places."""
    inside = "division_code >= %s AND division_code < %s"
    bounds = [old, old + ":"]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f'UPDATE "{TABLE}" SET words = array_to_tsvector(ARRAY(SELECT CASE WHEN starts_with(word, %s) '
                "THEN %s || substr(word, %s) ELSE word END FROM unnest(tsvector_to_array(words)) AS word)) "
                f"WHERE {inside}",
                ["d" + old, "d" + new, len(old) + 2, *bounds],
            )
        else:
            cursor.execute(
                f"UPDATE {FTS} SET words = trim(replace(' ' || words, %s, %s)) "
                f'WHERE rowid IN (SELECT id FROM "{TABLE}" WHERE {inside})',
                [" d" + old, " d" + new, *bounds],
            )
        cursor.execute(
            f'UPDATE "{TABLE}" SET division_code = %s || substr(division_code, %s) WHERE {inside}',
            [new, len(old) + 1, *bounds],
        )
        return int(cursor.rowcount)


def source() -> str:
    """Return what to select from; entries have the alias e."""
    if connection.vendor == "postgresql":
        return f'"{TABLE}" AS e'
    # In this order rows come as they are found, and a limit ends the search.
    return f'{FTS} CROSS JOIN "{TABLE}" AS e ON e.id = {FTS}.rowid'


def fitting(places: Sequence[str], asked: Sequence[Asked], *, is_exact: bool) -> tuple[str, str]:
    """Return the condition on `source()` and its parameter.

    Rows hold one of the places (when any is named) and everything asked for. `is_exact`: the first word asked for is a
    whole name.
    """
    is_postgresql = connection.vendor == "postgresql"
    terms = []
    if places:
        terms.append(_any([_term(word, is_postgresql) for word in places], is_postgresql))
    for position, one in enumerate(asked):
        if is_exact and position == 0:
            terms.append(_term(one.exact, is_postgresql))
            continue
        meanings = [_term(word, is_postgresql) for word in one.whole]
        meanings += [_term(word, is_postgresql, is_beginning=True) for word in one.beginnings]
        if one.pairs:
            meanings.append(_all([_term(word, is_postgresql) for word in one.pairs], is_postgresql))
        terms.append(_any(meanings, is_postgresql))
    query = _all(terms, is_postgresql)
    if is_postgresql:
        return "e.words @@ %s::tsquery", query
    return f"{FTS} MATCH %s", query


def _term(word: str, is_postgresql: bool, *, is_beginning: bool = False) -> str:
    if is_postgresql:
        quoted = word.replace("\\", "\\\\").replace("'", "''")
        return f"'{quoted}'{':*' if is_beginning else ''}"
    quoted = word.replace('"', '""')
    return f'"{quoted}"{" *" if is_beginning else ""}'


def _all(terms: Sequence[str], is_postgresql: bool) -> str:
    return "(" + (" & " if is_postgresql else " AND ").join(terms) + ")"


def _any(terms: Sequence[str], is_postgresql: bool) -> str:
    return "(" + (" | " if is_postgresql else " OR ").join(terms) + ")"


def _marks(values: Sequence[int]) -> str:
    return ",".join(["%s"] * len(values))


def _parts(values: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), _PART):
        yield values[start : start + _PART]
