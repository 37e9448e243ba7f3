"""Any table: rows with and without versions, shapes, removed rows; what stands in the way is named."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from tests.intake.workbooks import CLERK
from tests.register.families import WHO, courtyard, household, make_families, members, person, rows_of
from tests.register.ledgers import LATER, NOW, VILLAGE
from tests.register.tables import dump_register, dump_search
from xiaoyuan.audit.actors import Actor
from xiaoyuan.history import conflicts, recording, undoing
from xiaoyuan.history.errors import LaterEdits
from xiaoyuan.history.models import PartKind, Revision, RevisionPart
from xiaoyuan.history.queries import changes_of, latest_revisions, revisions_of, revisions_on
from xiaoyuan.history.recording import Recorder, open_revision
from xiaoyuan.register.actions import family
from xiaoyuan.register.actions.people import PersonChange, change_person
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.models import (
    County,
    Courtyard,
    Division,
    Household,
    Membership,
    PlaceChange,
    PolicyTag,
    StandardAddress,
)
from xiaoyuan.vault.actions import erase_subject, put_many, read_masked
from xiaoyuan.vault.models import SubjectKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def county(monkeypatch: pytest.MonkeyPatch) -> County:
    """Two families, and parts so small that every write takes several."""
    for module, name in ((recording, "ROWS"), (recording, "RANGES"), (recording, "SUBJECTS")):
        monkeypatch.setattr(module, name, 2)
    monkeypatch.setattr(conflicts, "_CHUNK", 2)
    monkeypatch.setattr(undoing, "_CHUNK", 2)
    return make_families()


def written(write: Callable[[Recorder], Any]) -> Revision:
    """Run a write within a revision."""
    with transaction.atomic():
        recorder = open_revision(
            county_id=household("001").county_id,
            division_code=VILLAGE,
            action="test.write",
            actor=CLERK,
            now=NOW,
        )
        write(recorder)
        recorder.close()
    return recorder.revision


def undo(revision: Revision) -> None:
    take_back(revision.pk, CLERK, LATER)


def new_tags(recorder: Recorder, count: int = 5) -> list[int]:
    home: dict[str, Any] = {
        "county_id": recorder.revision.county_id,
        "division_code": VILLAGE,
        "is_sample": True,
        "created_at": NOW,
        "updated_at": NOW,
    }
    rows = [PolicyTag.objects.create(person=person("王芳"), tag=f"T{n}", **home).pk for n in range(count)]
    recorder.created(PolicyTag, rows)
    return rows


def test_rows_without_a_version_come_back() -> None:
    before = dump_register()

    def write(recorder: Recorder) -> None:
        village = Division.objects.get(code=VILLAGE)
        made = Division.objects.create(
            code="520502103777", name="新村", level="village", parent=village.parent, origin="local"
        )
        recorder.created(Division, [made.pk])
        recorder.changing(Division, [village.pk])
        village.name, village.outline_wkb, village.min_lon = "双堰村", b"\x00\x01", 105.123456789012345
        village.save()

    revision = written(write)
    undo(revision)
    assert dump_register() == before


def test_a_division_changed_since_stands_in_the_way() -> None:
    def write(recorder: Recorder) -> None:
        row = Division.objects.get(code=VILLAGE)
        recorder.changing(Division, [row.pk])
        Division.objects.filter(pk=row.pk).update(name="双堰村")

    revision = written(write)
    Division.objects.filter(code=VILLAGE).update(office_phone="0857")
    with pytest.raises(LaterEdits) as refused:
        undo(revision)
    assert [one.object_kind for one in refused.value.dependencies] == ["register.division"]


def test_shapes_and_removed_rows_come_back_with_their_ids() -> None:
    before = dump_register()

    def write(recorder: Recorder) -> None:
        yard = courtyard("SY-001")
        recorder.changing(Courtyard, [yard.pk])
        rows_of(Courtyard).filter(pk=yard.pk).update(wkb=None, min_lon=None, row_version=9)
        tags = rows_of(PolicyTag).all()
        recorder.removing(PolicyTag, tags.values_list("pk", flat=True))
        tags.delete()

    revision = written(write)
    assert not rows_of(PolicyTag).exists()
    undo(revision)
    assert dump_register() == before
    assert PlaceChange.objects.filter(kind="courtyard").count() == 1, "the scenes are told of the shape"
    assert courtyard("SY-001").row_version == 10


def test_a_row_made_changed_and_removed_by_one_write_leaves_no_trace() -> None:
    before = dump_register()

    def write(recorder: Recorder) -> None:
        first, second, *_others = new_tags(recorder)
        recorder.changing(PolicyTag, [first, second])
        rows_of(PolicyTag).filter(pk=first).update(row_version=2)
        recorder.removing(PolicyTag, [second])
        rows_of(PolicyTag).filter(pk=second).delete()

    revision = written(write)
    undo(revision)
    assert dump_register() == before


@pytest.mark.parametrize("harm", ["change", "removal"])
def test_a_made_row_that_is_not_as_it_was_left_stands_in_the_way(harm: str) -> None:
    made: list[int] = []
    revision = written(lambda recorder: made.extend(new_tags(recorder)))
    rows = rows_of(PolicyTag).filter(pk=made[3])
    if harm == "change":
        rows.update(row_version=2)
    else:
        rows.delete()
    before = dump_register()
    with pytest.raises(LaterEdits) as refused:
        undo(revision)
    (dependency,) = refused.value.dependencies
    expected = ("register.person", person("王芳").pk) if harm == "change" else ("register.policytag", made[3])
    assert (dependency.object_kind, dependency.object_id) == expected
    assert dump_register() == before


def test_what_took_the_place_of_a_removed_row_is_named() -> None:
    def write(recorder: Recorder) -> None:
        tag = rows_of(PolicyTag).get(tag="党员")
        recorder.removing(PolicyTag, [tag.pk])
        tag.delete()

    revision = written(write)
    home = {"division_code": VILLAGE, "is_sample": True, "created_at": NOW, "updated_at": NOW}
    PolicyTag.objects.create(county_id=revision.county_id, person=person("张三"), tag="党员", **home)
    with pytest.raises(LaterEdits) as refused:
        undo(revision)
    (dependency,) = refused.value.dependencies
    assert (dependency.object_kind, dependency.object_id) == ("register.person", person("张三").pk)


def test_what_a_row_referred_to_must_still_be_there() -> None:
    def write(recorder: Recorder) -> None:
        row = household("002")
        recorder.changing(Household, [row.pk])
        rows_of(Household).filter(pk=row.pk).update(courtyard=None, row_version=2)

    revision = written(write)
    gone = courtyard("SY-002").pk
    rows_of(Courtyard).filter(pk=gone).delete()
    with pytest.raises(LaterEdits) as refused:
        undo(revision)
    assert [(one.object_kind, one.object_id) for one in refused.value.dependencies] == [
        ("register.courtyard", gone)
    ]


def vault_write(subjects: dict[UUID, dict[str, str]], now: Any = NOW) -> Callable[[Recorder], None]:
    def write(recorder: Recorder) -> None:
        for subject, values in subjects.items():
            recorder.changing_vault([subject], list(values))
        put_many(county_id=recorder.revision.county_id, values=subjects, indexed=("phone",), now=now)

    return write


def test_vault_fields_come_back_sealed_as_they_were() -> None:
    before = dump_register()
    zhang = person("张三").person_uid
    subjects = {
        zhang: {"phone": "10000000007", "bank_account": "622"},
        person("王芳").person_uid: {"id_number": ""},
        **{uuid4(): {"phone": "1"} for _number in range(3)},
    }
    revision = written(vault_write(subjects))
    assert RevisionPart.objects.filter(revision=revision, kind=PartKind.VAULT_CREATED).count() == 2
    undo(revision)
    assert dump_register() == before


@pytest.mark.parametrize("is_new", [True, False])
def test_a_vault_field_written_since_stands_in_the_way(is_new: bool) -> None:
    row = person("张三")
    if is_new:
        SubjectKey.objects.filter(subject=row.person_uid).delete()
    revision = written(vault_write({row.person_uid: {"phone": "10000000007"}}))
    later = {row.person_uid: {"phone": "10000000008"}}
    put_many(county_id=row.county_id, values=later, indexed=("phone",), now=LATER)
    with pytest.raises(LaterEdits) as refused:
        undo(revision)
    assert [(one.object_kind, one.object_id) for one in refused.value.dependencies] == [
        ("register.person", row.pk)
    ]


def test_nothing_of_an_erased_person_comes_back() -> None:
    row = person("张三")
    revision = written(vault_write({row.person_uid: {"phone": ""}}))
    erase_subject(county_id=row.county_id, subject=row.person_uid, actor=CLERK, reason="a test", now=LATER)
    undo(revision)
    assert read_masked(county_id=row.county_id, subjects=[row.person_uid], names=["phone"]) == {}


def test_an_address_that_comes_back_is_found_again(county: County) -> None:
    home = {"division_code": VILLAGE, "is_sample": True, "created_at": NOW, "updated_at": NOW}
    address = StandardAddress.objects.create(
        county=county, courtyard=courtyard("SY-001"), text="双堰社区一组1号", status="current", **home
    )
    before, found = dump_register(), dump_search()

    def write(recorder: Recorder) -> None:
        recorder.changing(StandardAddress, [address.pk])
        rows_of(StandardAddress).update(status="former", row_version=2)

    undo(written(write))
    assert (dump_register(), dump_search()) == (before, found)


def test_images_are_sealed() -> None:
    row = person("张三")
    change_person(
        person=row, row_version=1, change=PersonChange(values={"name": "章散"}), actor=CLERK, now=NOW
    )
    for part in RevisionPart.objects.all():
        assert "张三".encode() not in bytes(part.sealed)
        assert bytes(part.after or b"x")


def test_revisions_of_a_record_are_found_by_what_they_changed() -> None:
    made = family.split_household(
        household=household("001"),
        row_version=1,
        household_no="005",
        members={person("王芳").pk: "02"},
        on=date(2026, 2, 1),
        **WHO,
    )
    split = Revision.objects.latest("pk")
    wang = person("王芳")
    change_person(
        person=wang,
        row_version=wang.row_version,
        change=PersonChange(values={"health": "一般"}),
        actor=Actor(3, "王文书"),
        now=NOW + timedelta(hours=1),
    )
    edit = Revision.objects.latest("pk")
    assert revisions_of("register.person", wang.pk) == [edit, split]
    assert revisions_of("register.household", made.pk) == [split]
    assert revisions_of("register.person", person("李四").pk) == []
    ids = list(rows_of(Membership).filter(household=made).values_list("person_id", flat=True))
    assert revisions_on({"register.household": [made.pk], "register.person": ids}) == [edit, split]
    assert revisions_of("register.person", wang.pk, limit=1) == [edit]
    assert [(one.field, one.before, one.after) for one in changes_of(edit)] == [("health", "", "一般")]
    assert latest_revisions([VILLAGE]) == latest_revisions([""]) == [edit, split]
    assert latest_revisions(["520502102"]) == latest_revisions([]) == []
    assert members("005") == {"王芳": "02"}
