"""One plate a courtyard, issued once however often and from however many sides it is asked for."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, connections, transaction

from tests.doorplates.village import NOW, SIBLING, TOWN, VILLAGE, make_village
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry, ChangeEntry
from xiaoyuan.doorplates.actions import OBJECT_KIND, issue_plates
from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.doorplates.counters import PLATES
from xiaoyuan.doorplates.errors import TooWide
from xiaoyuan.doorplates.figures import FIGURES
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.queries import courtyards_without_plate
from xiaoyuan.doorplates.tokens import (
    TOKEN_CHARACTERS,
    hash_token,
    new_token,
    scan_url,
    sealing_name,
    sealing_subject,
)
from xiaoyuan.figures.queries import by_dimension
from xiaoyuan.lib import plate_code
from xiaoyuan.register.models import Courtyard
from xiaoyuan.vault.actions import open_blob

pytestmark = pytest.mark.django_db


def plates() -> list[Doorplate]:
    return list(Doorplate.objects.unscoped("test").order_by("code"))


def test_each_courtyard_gets_one() -> None:
    village = make_village(7)
    assert issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW) == 7
    issued = plates()
    assert {plate.courtyard_id for plate in issued} == {courtyard.pk for courtyard in village.courtyards}
    assert {plate.state for plate in issued} == {PlateState.PLANNED}
    assert all(plate.is_sample for plate in issued)
    assert [plate_code.parse(plate.code) for plate in issued] == [
        plate_code.PlateCode(VILLAGE, number) for number in range(1, 8)
    ]


def test_issued_again_nothing_changes() -> None:
    make_village(3)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    before = list(Doorplate.objects.unscoped("test").order_by("pk").values())
    entries = AuditEntry.objects.count()
    assert issue_plates(division_code=TOWN, actor=SYSTEM, now=NOW) == 0
    assert list(Doorplate.objects.unscoped("test").order_by("pk").values()) == before
    assert AuditEntry.objects.count() == entries


def test_a_town_takes_in_its_villages_and_leaves_others_alone() -> None:
    make_village(3)
    make_village(2, code=SIBLING, first_cid=100)
    assert issue_plates(division_code=SIBLING + "", actor=SYSTEM, now=NOW) == 2
    assert issue_plates(division_code=TOWN + "000", actor=SYSTEM, now=NOW) == 3
    assert {plate.code[:12] for plate in plates()} == {VILLAGE, SIBLING}


def test_a_new_courtyard_goes_on_with_the_numbers() -> None:
    make_village(3)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    newest = Courtyard.objects.unscoped("test").latest("pk")
    newest.pk, newest.cid, newest.code = None, 99, "003-0099"
    newest.save()
    assert issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW) == 1
    assert plate_code.parse(plates()[-1].code).number == 4


def test_a_province_is_too_wide() -> None:
    with pytest.raises(TooWide):
        issue_plates(division_code="52", actor=SYSTEM, now=NOW)


def test_the_token_is_random_short_and_nowhere_in_clear() -> None:
    make_village(4)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    tokens = set()
    for plate in plates():
        token = open_blob(
            county_id=plate.county_id,
            subject=sealing_subject(plate.county_id),
            name=sealing_name(plate.code),
            sealed=bytes(plate.token_sealed),
        ).decode()
        assert len(token) == TOKEN_CHARACTERS
        assert hash_token(token) == bytes(plate.token_hash)
        assert token.encode() not in bytes(plate.token_sealed)
        tokens.add(token)
    assert len(tokens) == 4
    written = str(list(AuditEntry.objects.values())) + str(list(ChangeEntry.objects.values()))
    assert plates()[0].code in written  # the search would see a token that stood there
    assert not [token for token in tokens if token in written]


def test_an_address_with_a_base_of_30_characters_has_at_most_50() -> None:
    assert len(scan_url("https://" + "a" * 22, new_token())) <= 50


def test_what_was_done_is_logged_and_counted() -> None:
    village = make_village(5)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    assert ChangeEntry.objects.filter(object_kind=OBJECT_KIND, operation="create").count() == 5
    assert AuditEntry.objects.get(action="doorplates.issue").detail["plates"] == 5
    day = NOW.date()
    kept = by_dimension(PLATES, code=TOWN, as_of=day, is_sample=True)
    assert kept == {"planned": 5}
    fresh = [delta for figure in FIGURES for delta in figure.count(village.county.pk)]
    assert [(delta.dimension, delta.amount) for delta in fresh] == [("planned", 5)]


def run_both(work: Callable[[], object]) -> list[Exception]:
    """Run the same work in two threads that start together; return what they raised."""
    start, raised = threading.Barrier(2, timeout=30), []

    def thread() -> None:
        try:
            start.wait()
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=thread) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    return raised


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_leave_one_plate_a_courtyard() -> None:
    make_village(40)
    raised = run_both(lambda: issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW))
    assert raised == []
    issued = plates()
    assert len(issued) == len({plate.courtyard_id for plate in issued}) == 40
    assert len({plate.code for plate in issued}) == 40


def copy_of_a_plate() -> Doorplate:
    again = plates()[0]
    again.pk, again.code, again.token_hash = None, plate_code.make(VILLAGE, 500), hash_token(new_token())
    return again


def test_the_database_refuses_a_second_live_plate() -> None:
    make_village(1)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_of_a_plate().save()
    ended = copy_of_a_plate()
    ended.state = PlateState.REVOKED
    ended.save()  # any number of former ones


@pytest.mark.django_db(transaction=True)
def test_without_lock_and_constraint_the_race_would_be_seen() -> None:
    """The control: both look before either writes, and the constraint is gone; then plates do double."""
    village = make_village(3)
    constraint = next(one for one in Doorplate._meta.constraints if one.name == "doorplates_one_live_plate")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Doorplate, constraint)
    looked = threading.Barrier(2, timeout=30)
    numbers = iter(range(1, 100))

    def careless() -> None:
        waiting = list(courtyards_without_plate(VILLAGE))
        looked.wait()
        for courtyard in waiting:
            Doorplate.objects.create(
                county=village.county,
                division_code=VILLAGE,
                courtyard=courtyard,
                code=plate_code.make(VILLAGE, next(numbers)),
                token_hash=hash_token(new_token()),
                token_sealed=b"",
                created_at=NOW,
                updated_at=NOW,
            )

    try:
        assert run_both(careless) == []
        assert len(plates()) == 6
    finally:
        Doorplate.objects.unscoped("test").delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Doorplate, constraint)
