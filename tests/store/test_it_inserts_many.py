"""Rows that go in the fast way are the rows that Django would have written, to the last column."""

import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from tests.register.ledgers import make_village
from xiaoyuan.audit.models import ChangeEntry, Operation
from xiaoyuan.register.choices import Sex, Structure
from xiaoyuan.register.models import Household, Person
from xiaoyuan.store import inserting
from xiaoyuan.store.inserting import insert_objects, insert_rows, make
from xiaoyuan.vault.models import SubjectKey

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 8, 30, 15, 123456, tzinfo=timezone(timedelta(hours=8)))


def stored(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}" ORDER BY id')
        return [
            tuple(bytes(one) if isinstance(one, memoryview) else one for one in row)
            for row in cursor.fetchall()
        ]


def households(county_id: int) -> list[Household]:
    home = {"county_id": county_id, "division_code": "520502103003", "created_at": NOW, "updated_at": NOW}
    return [
        Household(household_no="001", **home),
        Household(
            household_no="002",
            group="一组",
            dwelling_area_m2=Decimal("86.5"),
            dwelling_structure=Structure.BRICK_TIMBER,
            dwelling_year=1987,
            arable_mu=Decimal("2.35"),
            is_sample=True,
            extra={"备注": "张\U00020000", "人数": 3, "空": None},
            closed_on=date(2026, 2, 28),
            **home,
        ),
    ]


def people(county_id: int) -> list[Person]:
    home = {"county_id": county_id, "division_code": "520502103003", "created_at": NOW, "updated_at": NOW}
    return [
        Person(
            name="张三", sex=Sex.MALE, birth_date=date(1968, 5, 20), is_student=False, work_months=3, **home
        ),
        Person(name="𠮷\t\\n野\n", person_uid=uuid.uuid4(), is_student=None, extra={}, **home),
    ]


@pytest.mark.parametrize("make", [households, people])
def test_rows_are_those_that_django_writes(make: Any) -> None:
    county = make_village()
    objects = make(county.pk)
    model = type(objects[0])
    with transaction.atomic():
        model._base_manager.bulk_create(objects)
        expected = [row[1:] for row in stored(model._meta.db_table)]
        model._base_manager.filter(pk__in=[one.pk for one in objects]).delete()
    again = [
        model(**{name: value for name, value in one.__dict__.items() if name not in ("_state", "id")})
        for one in objects
    ]
    insert_objects(again)
    assert [row[1:] for row in stored(model._meta.db_table)] == expected
    assert [row[0] for row in stored(model._meta.db_table)] == [one.pk for one in again]
    read = list(model._base_manager.order_by("pk"))
    for one, other in zip(again, read, strict=True):
        assert not one._state.adding
        for field in model._meta.concrete_fields:
            assert getattr(one, field.attname) == getattr(other, field.attname), field.name


def test_ids_go_on_where_django_goes_on() -> None:
    county = make_village()
    first, second = households(county.pk)
    insert_objects([first])
    Household._base_manager.bulk_create([second])
    assert second.pk > first.pk
    third = households(county.pk)[0]
    third.household_no = "003"
    insert_objects([third])
    assert third.pk > second.pk


def test_columns_that_are_not_named_get_their_default() -> None:
    ids = insert_rows(
        ChangeEntry,
        ("county_id", "sequence", "at", "actor_label", "operation", "object_kind", "object_id", "before"),
        [
            (1, number, NOW, "王芳", Operation.CREATE, "register.person", number, {"a": 1})
            for number in (1, 2)
        ],
    )
    rows = list(ChangeEntry.objects.order_by("pk"))
    assert [row.pk for row in rows] == ids
    assert {(row.field, row.after, row.actor_id, row.source_row_id) for row in rows} == {
        ("", None, None, None)
    }
    assert rows[0].at == NOW.astimezone(UTC)
    assert rows[0].before == {"a": 1}
    assert rows[0].operation == "create"


def test_a_default_that_differs_for_every_row_must_be_named() -> None:
    with pytest.raises(ValueError, match="person_uid"):
        insert_rows(Person, ("name",), [("张三",)])


def test_a_broken_rule_leaves_nothing() -> None:
    county = make_village()
    twice = [households(county.pk)[0], households(county.pk)[0]]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_objects(twice)
    assert stored("register_household") == []


def test_more_rows_than_a_chunk_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inserting, "_CHUNK", 3)
    subjects = [uuid.uuid4() for _ in range(10)]
    ids = insert_rows(
        SubjectKey,
        ("county_id", "subject", "cipher", "wrapped_key", "master_version", "created_at"),
        ((1, subject, "AES-GCM", b"\x00key", 1, NOW) for subject in subjects),
    )
    assert ids == sorted(ids)
    found = dict(SubjectKey.objects.values_list("pk", "subject"))
    assert [found[pk] for pk in ids] == subjects


if "postgresql" in settings.DATABASES["default"]["ENGINE"]:

    def test_row_security_checks_what_is_copied() -> None:
        county = make_village()
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE store_server NOLOGIN")
            cursor.execute("GRANT store_server TO CURRENT_USER")
            cursor.execute("GRANT USAGE ON SCHEMA public TO store_server")
            cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO store_server")
            cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO store_server")
            cursor.execute("SET LOCAL ROLE store_server")
            cursor.execute("SELECT set_config('xiaoyuan.scope', '520502103003', true)")
            insert_objects([households(county.pk)[0]])
            cursor.execute("SELECT set_config('xiaoyuan.scope', '520502103209', true)")
            with pytest.raises(Exception, match="row-level security"), transaction.atomic():
                insert_objects([households(county.pk)[1]])
            cursor.execute("RESET ROLE")
        assert len(stored("register_household")) == 1


def test_an_object_is_made_as_the_constructor_makes_it() -> None:
    values = {
        "county_id": 1,
        "division_code": "520502103003",
        "created_at": NOW,
        "updated_at": NOW,
        "name": "张三",
    }
    uid = uuid.uuid4()
    fast, usual = make(Person, person_uid=uid, **values), Person(person_uid=uid, **values)
    assert {**fast.__dict__, "_state": None} == {**usual.__dict__, "_state": None}
    assert {**vars(fast._state), "fields_cache": {}} == {**vars(usual._state), "fields_cache": {}}
    assert make(Person, **values).person_uid != make(Person, **values).person_uid
    assert make(Person, **values).extra is not make(Person, **values).extra
