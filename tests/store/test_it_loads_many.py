"""After the loading of a county the engine is as before: foreign keys refuse what they refused."""

import pytest
from django.db import IntegrityError, connection, transaction

from tests.register.ledgers import NOW, make_village
from xiaoyuan.register.models import Household, Membership, Person
from xiaoyuan.store.inserting import insert_objects, make
from xiaoyuan.store.loading import loading

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = (Household, Person, Membership)


def settings_now() -> list[tuple[str, ...]]:
    """What loading changes: foreign keys of PostgreSQL, the memory of SQLite."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("PRAGMA cache_size")
            return cursor.fetchall()  # type: ignore[no-any-return]  # one number
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'f' ORDER BY 1, 2"
        )
        return cursor.fetchall()  # type: ignore[no-any-return]  # rows of text


def write(county_id: int, *, household_id: int | None = None) -> None:
    home = {"county_id": county_id, "division_code": "520502103003", "created_at": NOW, "updated_at": NOW}
    household, person = make(Household, household_no="1", **home), make(Person, name="张三", **home)
    insert_objects([household])
    insert_objects([person])
    member = make(
        Membership,
        household_id=household_id or household.pk,
        person_id=person.pk,
        relation_to_head="02",
        **home,
    )
    insert_objects([member])


def test_what_goes_in_meanwhile_is_there_and_the_keys_are_as_before() -> None:
    county = make_village()
    before = settings_now()
    with transaction.atomic(), loading(TABLES):
        assert settings_now() != before
        write(county.pk)
    assert settings_now() == before
    assert Membership._base_manager.count() == 1


def test_a_row_that_refers_to_nothing_takes_everything_back() -> None:
    county = make_village()
    before = settings_now()
    with pytest.raises(IntegrityError), transaction.atomic(), loading(TABLES):
        write(county.pk, household_id=424242)
    assert settings_now() == before
    assert Household._base_manager.count() == 0
