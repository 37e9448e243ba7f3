"""A county's household ledger through the whole import, beside the bare copying of the same rows.

`python -m bench.loading 1200000 csv` writes an invented ledger, imports it by the steps of an upload, then
copies what came of it, table by table, into empty tables with the same indexes: the ratio says what judging, encrypting
and indexing cost.
"""

import csv
import itertools
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

HEADINGS: Final = (
    "区划代码", "户号", "姓名", "性别", "身份证号", "与户主关系", "民族", "文化程度", "联系电话", "是否常住", "组别",
    "务工时间",
)  # fmt: skip
TOWN: Final = "990001{town:03}"
PERSONS_A_VILLAGE: Final = 2400
RELATIONS: Final = ("户主", "配偶", "子")


def rows(count: int) -> Iterator[list[str]]:
    """Yield the rows of invented persons, three a household, village by village."""
    from xiaoyuan.lib.id_number import SAMPLE_AREA, check_character
    from xiaoyuan.sample.names import given_name, surname

    random = np.random.default_rng(20260101)
    surnames = [surname(random) for _ in range(5000)]
    given = [
        given_name(1950 + at % 70, is_male=bool(at % 2), generation="", rng=random) for at in range(20_000)
    ]
    start = np.datetime64("1930-01-01")
    for number in range(count):
        village, place = divmod(number, PERSONS_A_VILLAGE)
        home, role = divmod(place, 3)
        is_male = role != 1
        # Fewer than 500 persons of a sex share a day of birth: 32,000 days hold more than a county.
        day, sequence = (number // 499) % 32_000, number % 499
        born = str(start + np.timedelta64(day, "D")).replace("-", "")
        first17 = f"{SAMPLE_AREA}{born}{2 * sequence + is_male:03}"
        yield [
            f"{TOWN.format(town=101 + village // 90)}{201 + village % 90:03}",
            f"{home + 1:05}",
            surnames[(number // 3 * 7) % 5000] + given[number * 31 % 20_000],
            "男" if is_male else "女",
            first17 + check_character(first17),
            RELATIONS[role],
            ("汉族", "彝族", "苗族", "穿青人")[number % 4],
            ("小学", "初中", "高中", "本科")[number % 4],
            f"100{number:08}",
            "是" if number % 5 else "否",
            f"{home % 9 + 1}组",
            "" if number % 3 else "8",
        ]


def write_file(path: Path, count: int) -> None:
    """Write the ledger as .csv or .xlsx, by the name's ending."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows(rows(count))
        return
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("户籍")
    # A sheet holds 1,048,576 rows.
    source = rows(count)
    while part := list(itertools.islice(source, 1_000_000)):
        sheet.append(HEADINGS)
        for row in part:
            sheet.append(row)
        sheet = book.create_sheet(f"户籍{len(book.sheetnames) + 1}")
    book.remove(sheet)
    book.save(path)


def make_divisions(count: int) -> None:
    """Make the sample county with as many villages as the persons need."""
    from xiaoyuan.register.choices import DivisionLevel, DivisionOrigin
    from xiaoyuan.register.models import Division

    def division(code: str, name: str, level: str, parent: Any) -> Any:
        return Division.objects.create(
            code=code, name=name, level=level, parent=parent, origin=DivisionOrigin.SAMPLE
        )

    province = division("99", "样例省", DivisionLevel.PROVINCE, None)
    county = division(
        "990001", "样例县", DivisionLevel.COUNTY, division("9900", "样例市", DivisionLevel.CITY, province)
    )
    towns: dict[int, Any] = {}
    for village in range(-(-count // PERSONS_A_VILLAGE)):
        number, place = divmod(village, 90)
        if number not in towns:
            code = TOWN.format(town=101 + number)
            towns[number] = division(code, f"第{number + 1}镇", DivisionLevel.TOWNSHIP, county)
        code = f"{towns[number].code}{201 + place:03}"
        division(code, f"第{place + 1}村", DivisionLevel.VILLAGE, towns[number])


def load(path: Path) -> dict[str, float]:
    """Import the file as an upload is; returns seconds by step."""
    from django.utils import timezone

    from xiaoyuan.audit.actors import command_actor
    from xiaoyuan.intake.models import BatchStatus, ImportBatch
    from xiaoyuan.intake.pipeline import import_at_once, read_batch, receive_file
    from xiaoyuan.register.actions.counties import ensure_county

    actor, now = command_actor("bench"), timezone.now()
    took: dict[str, float] = {}
    started = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal started
        took[name] = time.perf_counter() - started
        started = time.perf_counter()

    with path.open("rb") as source:
        batch = receive_file(
            source=source, file_name=path.name, county_id=ensure_county("990001").pk, division_code="990001",
            is_sample=True, actor=actor, now=now, kind_key="households",
        )  # fmt: skip
    lap("receive")
    read_batch(batch.pk)
    lap("read")
    report = import_at_once(batch_id=batch.pk, actor=actor, now=now)
    lap("judge, encrypt, write")
    status = ImportBatch.objects.values_list("status", flat=True).get(pk=batch.pk)
    if status != BatchStatus.APPLIED:
        raise SystemExit(f"The ledger was not imported: {status} {report.counts} {report.problems[:3]}")
    return took


def loaded_tables() -> list[str]:
    """Return the tables that an import of households fills."""
    from django.apps import apps

    labels = ("register", "vault", "audit", "intake", "history", "figures", "search")
    models = [model for label in labels for model in apps.get_app_config(label).get_models()]
    return [model._meta.db_table for model in models if _is_filled(model)]


def _is_filled(model: Any) -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM (SELECT 1 FROM "{model._meta.db_table}" LIMIT 1000) AS part')
        return bool(cursor.fetchone()[0] >= 1000)


def copy_bare_postgresql(folder: Path) -> dict[str, float]:
    """COPY each table's rows into an empty table with the same indexes; returns seconds by table."""
    from django.db import connection

    took = {}
    for table in loaded_tables():
        file = folder / table
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute "
                "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                [table],
            )
            columns = cursor.fetchone()[0]
            with file.open("wb") as target, cursor.copy(f'COPY "{table}" ({columns}) TO STDOUT') as lines:
                for part in lines:
                    target.write(part)
            cursor.execute(f'CREATE TABLE bare (LIKE "{table}" INCLUDING ALL)')
            started = time.perf_counter()
            with file.open("rb") as source, cursor.copy(f"COPY bare ({columns}) FROM STDIN") as lines:
                while part := source.read(1 << 20):
                    lines.write(part)
            took[table] = time.perf_counter() - started
            cursor.execute("DROP TABLE bare")
        file.unlink()
    return took


def copy_bare_sqlite(folder: Path) -> dict[str, float]:
    """Insert each table's rows by executemany into an empty table with the same indexes; returns seconds by table."""
    import sqlite3

    from django.db import connection

    from xiaoyuan.search.index import FTS
    from xiaoyuan.store.loading import CACHE_MB

    source = sqlite3.connect(connection.settings_dict["NAME"])
    target = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    target.executescript(
        f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-{CACHE_MB * 1024};"
    )
    took = {}
    for table in [*loaded_tables(), FTS]:
        statements = source.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('table', 'index') AND sql IS NOT NULL",
            [table],
        ).fetchall()
        for (statement,) in statements:
            target.execute(statement)
        rows = source.execute(f'SELECT {"rowid, words" if table == FTS else "*"} FROM "{table}"')
        into = f'INSERT INTO "{table}" {"(rowid, words)" if table == FTS else ""} VALUES'
        seconds = 0.0
        target.execute("BEGIN")
        while part := rows.fetchmany(20_000):
            marks = ",".join("?" * len(part[0]))
            started = time.perf_counter()
            target.executemany(f"{into} ({marks})", part)
            seconds += time.perf_counter() - started
        started = time.perf_counter()
        target.execute("COMMIT")
        took[table] = seconds + time.perf_counter() - started
    return took


def main(count: int, ending: str) -> None:
    """Measure and print."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / f"ledger.{ending}"
        write_file(path, count)
        make_divisions(count)
        cpu = resource.getrusage(resource.RUSAGE_SELF)
        took = load(path)
        now, child = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        total = sum(took.values())
        print(f"{connection.vendor}, {count:,} persons from .{ending}, {path.stat().st_size / 1e6:.0f} MB")
        for step, seconds in took.items():
            print(f"  {step:28} {seconds:8.1f} s")
        print(f"  {'in all':28} {total:8.1f} s, {count / total:,.0f} persons/s")
        print(
            f"  CPU {now.ru_utime + now.ru_stime - cpu.ru_utime - cpu.ru_stime:.1f} s here, "
            f"{child.ru_utime:.1f} s reading"
        )
        print(
            f"  memory {now.ru_maxrss / 1024:.0f} MB here, {child.ru_maxrss / 1024:.0f} MB reading",
            flush=True,
        )
        copy_bare = copy_bare_postgresql if connection.vendor == "postgresql" else copy_bare_sqlite
        bare = copy_bare(folder)
        for table, seconds in sorted(bare.items(), key=lambda one: -one[1]):
            print(f"    {table:28} {seconds:8.1f} s")
        print(f"  bare copy of the same rows {sum(bare.values()):8.1f} s: x{total / sum(bare.values()):.2f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        os.environ["XIAOYUAN_DATA_DIR"] = data
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
        import django

        django.setup()
        main(int(sys.argv[1]), sys.argv[2])
