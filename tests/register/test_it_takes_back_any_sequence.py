"""Whatever steps follow one another: families stay sound, figures true, and taking back leads to where it began."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.register.families import WHO, courtyard, disagreements, make_families, rows_of
from tests.register.ledgers import COURTYARDS, LATER, SIBLING, VILLAGE
from tests.register.tables import dump_figures, dump_register, dump_search
from xiaoyuan.history.errors import LaterEdits
from xiaoyuan.history.models import Revision
from xiaoyuan.register.actions import family
from xiaoyuan.register.actions.duplicates import mark_distinct, merge_persons
from xiaoyuan.register.actions.family import NewMember
from xiaoyuan.register.actions.people import PersonChange, change_household, change_person
from xiaoyuan.register.actions.undoing import take_back, what_depends
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.models import County, Household, Membership, Person

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
RELATIONS = ("10", "20", "38", "51", "97")
TAGS = ("残疾人", "大病", "党员")


@pytest.fixture(autouse=True)
def county() -> County:
    return make_families()


class Life:
    """Steps drawn at random over whoever there is; a refused one changes nothing."""

    def __init__(self, county: County, rng: random.Random) -> None:
        self.county, self.rng = county, rng
        self.names = 0

    def person(self) -> Person:
        found: Person = rows_of(Person).get(
            pk=self.rng.choice(list(rows_of(Person).order_by("pk").values_list("pk", flat=True)))
        )
        return found

    def household(self) -> Household:
        found: Household = rows_of(Household).get(
            pk=self.rng.choice(list(rows_of(Household).order_by("pk").values_list("pk", flat=True)))
        )
        return found

    def day(self) -> date:
        return date(2026, self.rng.choice((1, 2)), self.rng.randint(1, 28))

    def name(self) -> str:
        self.names += 1
        return f"{self.rng.choice('赵钱孙李')}{self.names}"

    def members(self, household: Household) -> list[int]:
        rows = rows_of(Membership).filter(household=household, until__isnull=True).order_by("pk")
        return list(rows.values_list("person_id", flat=True))

    def with_head(self, ids: list[int]) -> dict[int, str]:
        """Relations of which the first is the head's, or none at all."""
        if not ids or self.rng.random() < 0.2:
            return {}
        return {pk: "02" if place == 0 else self.rng.choice(RELATIONS) for place, pk in enumerate(ids)}

    def step(self) -> None:
        """Take one step; refusals are part of life."""
        steps: list[Callable[[], Any]] = [
            self.edit, self.edit, self.edit_household, self.move, self.move_household, self.split, self.merge,
            self.die, self.birth, self.marry, self.move_out, self.change_head, self.work, self.come_back, self.found,
            self.merge_records, self.tell_apart,
        ]  # fmt: skip
        with suppress(RegisterError):
            self.rng.choice(steps)()

    def edit(self) -> None:
        row, rng = self.person(), self.rng
        change = PersonChange(
            values=rng.choice(
                ({}, {"work_months": rng.choice((None, 0, 7))}, {"name": self.name()}, {"is_student": True})
            ),
            is_resident=rng.choice((None, True, False)),
            tags=rng.choice((None, {}, {rng.choice(TAGS): "stated"})),
            secrets=rng.choice(({}, {"phone": ""}, {"phone": f"1000000{rng.randint(1000, 9999)}"})),
        )
        change_person(person=row, row_version=row.row_version, change=change, **WHO)

    def edit_household(self) -> None:
        row = self.household()
        values: dict[str, Any] = self.rng.choice(
            ({"group": "三组"}, {"courtyard_id": None}, {"main_crops": "水稻"})
        )
        tags = self.rng.choice((None, {}, {"低保户": ""}))
        change_household(household=row, row_version=row.row_version, values=values, tags=tags, **WHO)

    def move(self) -> None:
        row, target = self.person(), self.household()
        left = [
            pk
            for membership in rows_of(Membership).filter(person=row, until__isnull=True)
            for pk in self.members(membership.household)
            if pk != row.pk
        ]
        family.move_person(
            person=row,
            row_version=row.row_version,
            household=target,
            relation_to_head=self.rng.choice(RELATIONS),
            on=self.day(),
            relations=self.with_head(left),
            **WHO,
        )

    def move_household(self) -> None:
        row, code = self.household(), self.rng.choice((*COURTYARDS, ""))
        family.move_household(
            household=row,
            row_version=row.row_version,
            courtyard=courtyard(code) if code else None,
            on=self.day(),
            **WHO,
        )

    def split(self) -> None:
        row = self.household()
        ids = self.members(row)
        leaving = [pk for pk in ids if self.rng.random() < 0.5]
        family.split_household(
            household=row,
            row_version=row.row_version,
            household_no=f"S{self.rng.randint(1, 30)}",
            members=self.with_head(leaving),
            remaining=self.with_head([pk for pk in ids if pk not in leaving]),
            courtyard=self.rng.choice((None, courtyard("LS-001"))),
            on=self.day(),
            **WHO,
        )

    def merge(self) -> None:
        kept, merged = self.household(), self.household()
        relations = {pk: self.rng.choice(RELATIONS) for pk in self.members(merged)}
        family.merge_households(kept=kept, merged=merged, relations=relations, on=self.day(), **WHO)

    def die(self) -> None:
        row = self.person()
        family.record_death(
            person=row, row_version=row.row_version, on=self.day(), relations=self.left_by(row), **WHO
        )

    def left_by(self, row: Person) -> dict[int, str]:
        membership = rows_of(Membership).filter(person=row, until__isnull=True).first()
        if membership is None:
            return {}
        return self.with_head([pk for pk in self.members(membership.household) if pk != row.pk])

    def birth(self) -> None:
        row = self.household()
        family.record_birth(
            household=row,
            row_version=row.row_version,
            values={"name": self.name(), "birth_date": self.day(), "sex": self.rng.choice("012")},
            relation_to_head="20",
            is_resident=self.rng.random() < 0.7,
            **WHO,
        )

    def marry(self) -> None:
        row = self.household()
        known = self.rng.choice((None, self.person()))
        family.marry_in(
            household=row,
            row_version=row.row_version,
            relation_to_head="38",
            on=self.day(),
            person=known,
            values=None if known else {"name": self.name(), "sex": "2"},
            secrets={"phone": f"1000001{self.rng.randint(1000, 9999)}"},
            relations=self.left_by(known) if known else None,
            **WHO,
        )

    def move_out(self) -> None:
        row = self.person()
        family.move_out(
            person=row,
            row_version=row.row_version,
            on=self.day(),
            left_as="moved_out",
            relations=self.left_by(row),
            **WHO,
        )

    def change_head(self) -> None:
        row = self.household()
        ids = self.members(row)
        self.rng.shuffle(ids)
        family.change_head(
            household=row, row_version=row.row_version, relations=self.with_head(ids), on=self.day(), **WHO
        )

    def work(self) -> None:
        row = self.person()
        family.leave_for_work(
            person=row, row_version=row.row_version, place="浙江宁波", since=self.day(), **WHO
        )

    def come_back(self) -> None:
        row = self.person()
        family.return_from_work(person=row, row_version=row.row_version, on=self.day(), **WHO)

    def found(self) -> None:
        family.create_household(
            division_code=self.rng.choice((VILLAGE, SIBLING)),
            county_id=self.county.pk,
            household_no=f"N{self.rng.randint(1, 20)}",
            values={"courtyard_id": courtyard("SY-002").pk},
            members=[
                NewMember({"name": self.name()}, "02", is_resident=True, tags={"党员": ""}),
                NewMember({"name": self.name(), "is_student": True}, "20"),
            ],
            is_sample=True,
            **WHO,
        )

    def merge_records(self) -> None:
        kept, merged = self.person(), self.person()
        merge_persons(
            kept=kept,
            merged=merged,
            relations=self.left_by(merged),
            secrets=dict.fromkeys(("id_number", "phone"), self.rng.choice((kept.pk, merged.pk))),
            on=date(2026, 3, 1),
            **WHO,
        )

    def tell_apart(self) -> None:
        mark_distinct(first=self.person(), second=self.person(), **WHO)


def check_families(county: County) -> None:
    """One head a household, one household a person, nobody in a closed one, nobody dead in any; true figures."""
    open_rows = rows_of(Membership).filter(until__isnull=True)
    heads: Counter[int] = Counter()
    for row in open_rows.select_related("household", "person"):
        heads[row.household_id] += row.relation_to_head == "02"
        assert row.household.closed_on is None
        assert not row.person.is_deceased
        assert row.person.merged_into_id is None
        assert row.division_code == row.household.division_code == row.person.division_code
    assert set(heads.values()) <= {1}
    open_households = rows_of(Household).filter(closed_on__isnull=True)
    assert set(open_households.values_list("pk", flat=True)) == set(heads)
    assert {entry[3] for entry in dump_search() if entry[2] == "register.household"} == set(heads)
    assert disagreements(county) == {}


UNHURRIED = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@UNHURRIED
@given(st.integers(0, 2**32))
def test_taking_everything_back_leads_to_where_it_began(county: County, seed: int) -> None:
    with transaction.atomic():
        life = Life(county, random.Random(seed))
        states = [(dump_register(), dump_figures(), dump_search())]
        revisions: list[int] = []
        for _step in range(14):
            life.step()
            newest = list(Revision.objects.order_by("-pk").values_list("pk", flat=True)[:1])
            if newest and newest != revisions[-1:]:
                revisions += newest
                states.append((dump_register(), dump_figures(), dump_search()))
        check_families(county)
        assert len(revisions) == Revision.objects.count()
        for revision in reversed(revisions):
            assert (dump_register(), dump_figures(), dump_search()) == states.pop()
            take_back(revision, WHO["actor"], LATER)
        assert (dump_register(), dump_figures(), dump_search()) == states.pop()
        check_families(county)
        transaction.set_rollback(True)


@UNHURRIED
@example(
    194
)  # a child is born, then the family gives up its courtyard: nothing is logged of the child itself
@given(st.integers(0, 2**32))
def test_taking_back_in_any_order_keeps_families_sound(county: County, seed: int) -> None:
    with transaction.atomic():
        rng = random.Random(seed)
        life = Life(county, rng)
        for _step in range(20):
            life.step()
            waiting = list(
                Revision.objects.filter(undone_at__isnull=True).order_by("pk").values_list("pk", flat=True)
            )
            if waiting and rng.random() < 0.4:
                chosen = rng.choice(waiting)
                depends = what_depends(chosen)
                if depends:
                    before = dump_register()
                    with pytest.raises(LaterEdits) as refused:
                        take_back(chosen, WHO["actor"], LATER)
                    assert refused.value.dependencies == depends
                    assert all(one.by and one.at for one in depends)
                    assert dump_register() == before
                else:
                    take_back(chosen, WHO["actor"], LATER)
                check_families(county)
        check_families(county)
        transaction.set_rollback(True)
