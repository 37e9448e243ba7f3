"""Finding a household among 1.2 million persons, on whichever engine the settings name."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
from django.db import connection, transaction

from bench.measuring import Measurement, latency, rate
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.sample.names import given_name, surname
from xiaoyuan.search.actions import index
from xiaoyuan.search.documents import Document
from xiaoyuan.search.index import TABLE
from xiaoyuan.search.queries import find

HOUSEHOLDS: Final = 400_000
MEMBERS: Final = 3
VILLAGES: Final = 500
KIND: Final = "bench.household"
COUNTY: Final = "520502"
QUESTIONS: Final = (
    ("name 张伟", "张伟"),
    ("initials zw", "zw"),
    ("initials lxl", "lxl"),
    ("pinyin zhangwei", "zhangwei"),
    ("number 0123456", "0123456"),
    ("name and group", "王芳 3组"),
    ("name that nobody has", "𠮷野"),
)


def documents(count: int) -> Iterator[Document]:
    """Yield invented households, spread over the villages of a county."""
    random = np.random.default_rng(20260101)
    people = [
        surname(random) + given_name(1950 + at % 70, is_male=bool(at % 2), generation="", rng=random)
        for at in range(60_000)
    ]
    chosen = random.integers(0, len(people), (count, MEMBERS))
    for number, members in enumerate(chosen.tolist()):
        village = number % VILLAGES
        yield Document(
            1,
            f"{COUNTY}{100 + village // 30:03}{201 + village % 30:03}",
            KIND,
            number + 1,
            True,
            names=tuple(people[one] for one in members),
            texts=(f"{village % 9 + 1}组",),
            codes=(f"{number:07}",),
        )


def measure() -> Iterator[Measurement]:
    """Measure keeping the index of a county, and questions of a county and of a village."""

    def fill() -> None:
        with transaction.atomic():
            index(documents(HOUSEHOLDS), are_new=True)

    yield rate(f"search: index {connection.vendor}", "households/s", HOUSEHOLDS, 20_000, fill, times=1)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {TABLE}")
    for scope in (Scope.below(COUNTY), Scope.below(f"{COUNTY}105207")):
        (prefix,) = scope.prefixes
        for name, text in QUESTIONS:
            ask = partial(find, kind=KIND, text=text, scope=scope, is_sample=True)
            yield latency(f"search: {name} in {prefix}", 20, ask)
