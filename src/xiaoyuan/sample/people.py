"""Households and persons: who lives in which courtyard, in families of believable shape.

Ages, schooling, work and marks depend on one another the way they do in a village many of whose adults work away.
All persons are invented; identity numbers carry the unallocated area code of samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from xiaoyuan.lib.id_number import SAMPLE_AREA, check_character
from xiaoyuan.sample.courtyards import HOME, Courtyard
from xiaoyuan.sample.names import generation_character, given_name, surname
from xiaoyuan.sample.town import DENSE

AS_OF = date(2026, 1, 1)
FEWEST_PEOPLE, MOST_PEOPLE = 1260, 1490
ETHNIC = {  # by village: (label, share)
    True: (
        ("汉族", 0.66),
        ("彝族", 0.12),
        ("苗族", 0.06),
        ("布依族", 0.04),
        ("白族", 0.02),
        ("穿青人", 0.10),
    ),
    False: (
        ("汉族", 0.46),
        ("彝族", 0.24),
        ("苗族", 0.13),
        ("布依族", 0.03),
        ("仡佬族", 0.02),
        ("穿青人", 0.12),
    ),
}
AWAY = (
    ("浙江宁波", 0.19), ("浙江温州", 0.1), ("浙江义乌", 0.08), ("广东东莞", 0.12), ("广东广州", 0.12),
    ("福建泉州", 0.09), ("江苏苏州", 0.06), ("贵州贵阳", 0.16), ("七星关城区", 0.08),
)  # fmt: skip


@dataclass
class Person:
    """One row of the ledger, as a clerk would write it; empty texts where nothing applies."""

    name: str
    is_male: bool
    born: date
    relation: str
    ethnic: str
    id_number: str = ""
    schooling: str = ""
    party: str = "群众"
    marital: str = ""
    student: str = "否"
    health: str = "健康"
    labour: str = ""
    work_place: str = ""
    work_time: str = ""
    phone: str = ""
    minimum_living: str = "否"
    medical: str = "城乡居民医保"
    pension: str = ""
    is_resident: bool = True
    tags: list[str] = field(default_factory=list)

    @property
    def age(self) -> int:
        """Whole years on the ledger's date."""
        return AS_OF.year - self.born.year - ((AS_OF.month, AS_OF.day) < (self.born.month, self.born.day))


@dataclass
class Household:
    """A registered household and the courtyard it lives in; the head is the first person."""

    number: str
    village_code: str
    group: str
    courtyard: Courtyard
    persons: list[Person]
    tags: list[str] = field(default_factory=list)


class Identities:
    """Hands out identity numbers and telephone numbers that no other sample person has."""

    def __init__(self) -> None:
        self._sequences: dict[tuple[date, bool], int] = {}
        self._phones = 0

    def copy(self) -> Identities:
        """The same state, to try something that may be thrown away."""
        twin = Identities()
        twin.take_over(self)
        return twin

    def take_over(self, other: Identities) -> None:
        """Go on from another's state."""
        self._sequences, self._phones = dict(other._sequences), other._phones

    def id_number(self, born: date, *, is_male: bool) -> str:
        """Area 990001, birth date, a running number whose parity tells the sex, check character (GB 11643)."""
        used = self._sequences.get((born, is_male), 0)
        self._sequences[(born, is_male)] = used + 1
        first17 = f"{SAMPLE_AREA}{born:%Y%m%d}{2 * used + (1 if is_male else 2):03d}"
        return first17 + check_character(first17)

    def phone(self) -> str:
        """Eleven digits beginning with 100, which no mobile network uses."""
        self._phones += 1
        return f"100{(self._phones * 7_654_321 + 12_345_678) % 100_000_000:08d}"


def households(
    lots: Sequence[Courtyard], identities: Identities, rng: np.random.Generator
) -> list[Household]:
    """Families for the courtyards of one village: most hold one household, a few two or none."""
    homes = [lot for lot in lots if lot.purpose == HOME]
    village_code = homes[0].village_code
    groups = list(dict.fromkeys(lot.group for lot in lots))
    clan = {group: [surname(rng) for _ in range(3)] for group in groups}  # a hamlet has a few old families
    counters = dict.fromkeys(groups, 0)
    found: list[Household] = []
    for lot in homes:
        draw = rng.random()
        for _ in range(0 if draw < 0.055 else 2 if draw > 0.965 else 1):
            family = str(rng.choice(clan[lot.group])) if rng.random() < 0.62 else surname(rng)
            counters[lot.group] += 1
            number = f"{village_code[-3:]}{groups.index(lot.group) + 1:02d}{counters[lot.group]:04d}"
            persons = _family(family, village_code == DENSE, rng)
            found.append(Household(number, village_code, lot.group, lot, persons))
    for household in found:
        for person in household.persons:
            _fill(person, household, identities, rng)
        _policy(household, rng)
    return found


def _family(family: str, dense: bool, rng: np.random.Generator) -> list[Person]:
    """Persons of one household with their relation to its head."""
    names, shares = zip(*ETHNIC[dense], strict=True)
    ethnic = str(rng.choice(names, p=shares))
    generation = [generation_character(rng) for _ in range(4)]

    def make(relation: str, age: float, is_male: bool, level: int, name: str = "") -> Person:
        born = AS_OF - timedelta(days=int(max(age, 0.1) * 365.25) + int(rng.integers(0, 360)))
        own = name or (family if is_male or level != 1 or relation in ("女", "户主") else surname(rng))
        given = given_name(born.year, is_male=is_male, generation=generation[level], rng=rng)
        people = ethnic if own == family or rng.random() < 0.7 else str(rng.choice(names, p=shares))
        return Person(own + given, is_male, born, relation, people)

    shape = str(rng.choice(("couple", "three", "elders", "old", "single"), p=(0.43, 0.2, 0.15, 0.13, 0.09)))
    if shape == "single":
        age = float(rng.uniform(38, 84))
        lone = [make("户主", age, bool(rng.random() < 0.66), 1)]
        if age < 55 and rng.random() < 0.55:
            lone += _children(make, age, 2, int(rng.integers(1, 3)), rng)
        elif age < 60 and rng.random() < 0.4:
            lone.append(make("母", age + float(rng.uniform(20, 29)), False, 0, surname(rng)))
        return lone
    if shape == "old":
        age = float(rng.uniform(61, 86))
        couple = [
            make("户主", age, True, 1),
            make("配偶", age - float(rng.normal(2.5, 2.5)), False, 1, surname(rng)),
        ]
        return couple if rng.random() < 0.8 else [*couple, make("孙子", float(rng.uniform(5, 15)), True, 3)]
    if shape == "elders":  # the old father heads the household of his son's family
        age = float(rng.uniform(56, 78))
        persons = [make("户主", age, True, 0)]
        if rng.random() < 0.8:
            persons.append(make("配偶", age - float(rng.normal(2, 2.5)), False, 0, surname(rng)))
        son = age - float(rng.uniform(21, 29))
        persons.append(make("长子" if rng.random() < 0.6 else "子", son, True, 1))
        if son > 23 and rng.random() < 0.85:
            persons.append(make("儿媳", son - float(rng.normal(1.5, 2)), False, 1, surname(rng)))
            for _ in range(int(rng.choice((0, 1, 2, 3), p=(0.12, 0.38, 0.4, 0.1)))):
                boy = bool(rng.random() < 0.52)
                persons.append(
                    make("孙子" if boy else "孙女", float(rng.uniform(0.3, max(son - 20, 2))), boy, 2)
                )
        elif rng.random() < 0.35:
            persons.append(make("女", son - float(rng.uniform(1, 5)), False, 1))
        return persons
    age = float(rng.uniform(29, 58))
    persons = [make("户主", age, bool(rng.random() < 0.94), 1)]
    if rng.random() < 0.95:
        persons.append(
            make("配偶", age - float(rng.normal(1.5, 2.5)), not persons[0].is_male, 1, surname(rng))
        )
    persons += _children(
        make, age, 2, int(rng.choice((0, 1, 2, 3, 4), p=(0.07, 0.31, 0.43, 0.16, 0.03))), rng
    )
    if shape == "three":
        older = age + float(rng.uniform(21, 28))
        if older < 92 and rng.random() < 0.6:
            persons.append(make("父", older, True, 0))
        persons.append(make("母", min(older - float(rng.uniform(0, 4)), 90.0), False, 0, surname(rng)))
    return persons


def _children(
    make: object, parent_age: float, level: int, count: int, rng: np.random.Generator
) -> list[Person]:
    """Children of a head, oldest first, born two to six years apart."""
    assert callable(make)
    oldest = min(parent_age - float(rng.uniform(21, 27)), 27.0)
    children, sons = [], 0
    for _ in range(count):
        if oldest < 0.3:
            break
        boy = bool(rng.random() < 0.53)
        sons += boy
        relation = ("长子", "次子", "子")[min(sons - 1, 2)] if boy else "女"
        children.append(make(relation, oldest, boy, level))
        oldest -= float(rng.uniform(1.8, 5.5))
    return children


def _fill(person: Person, household: Household, identities: Identities, rng: np.random.Generator) -> None:
    """Everything that follows from age and place in the family."""
    age = person.age
    person.id_number = identities.id_number(person.born, is_male=person.is_male)
    _schooling(person, rng)
    wed = person.relation in ("配偶", "儿媳") or any(
        other.relation
        == {"户主": "配偶", "长子": "儿媳", "子": "儿媳", "父": "母", "母": "父"}.get(person.relation)
        for other in household.persons
    )
    if wed and not (person.relation in ("长子", "子") and age < 22):
        person.marital = "已婚"
    elif age >= 62 or person.relation in ("父", "母"):
        person.marital = "丧偶"
    elif person.relation == "户主" and len(household.persons) > 1:
        person.marital = "离婚"
    else:
        person.marital = "未婚"
    frail = 0.02 + 0.004 * max(age - 30, 0) + (0.12 if age > 65 else 0.0)
    draw = rng.random()
    person.health = (
        "残疾"
        if draw < 0.018 + 0.0004 * age
        else "慢性病"
        if draw < frail
        else "一般"
        if draw < frail + 0.05
        else "健康"
    )
    if age < 16 or person.student == "是":
        person.labour = "无劳动力"
    elif age >= 70 or (person.health == "残疾" and rng.random() < 0.5):
        person.labour = "丧失劳动力" if age >= 76 or person.health == "残疾" else "普通劳动力"
    else:
        person.labour = "技能劳动力" if age < 52 and rng.random() < 0.2 else "普通劳动力"
    if age >= 16 and rng.random() < 0.86:
        person.phone = identities.phone()
    if age >= 60:
        person.pension = "领取城乡居民养老金"
    elif age >= 16 and person.student == "否":
        person.pension = "城乡居民养老保险" if rng.random() < 0.84 else "未参保"
    _work(person, rng)
    if age >= 23 and person.schooling not in ("小学", "其他") and rng.random() < 0.055:
        person.party = "中共党员"
        person.tags.append("党员")
    elif 15 <= age <= 27 and rng.random() < 0.3:
        person.party = "共青团员"
    if person.is_male and 24 <= age <= 62 and rng.random() < 0.02:
        person.tags.append("退役军人")
    if age >= 80:
        person.tags.append("高龄老人")
    if person.health == "残疾":
        person.tags.append("残疾人")


def _schooling(person: Person, rng: np.random.Generator) -> None:
    age = person.age
    if age < 6:
        person.schooling = "其他"
    elif age < 12:
        person.schooling, person.student = "小学", "是"
    elif age < 15:
        person.schooling, person.student = "初中", "是"
    elif age < 18:
        person.schooling = str(rng.choice(("高中", "中职", "初中"), p=(0.56, 0.32, 0.12)))
        person.student = "否" if person.schooling == "初中" else "是"
    elif age < 23:
        person.schooling = str(
            rng.choice(("本科", "专科", "高中", "中职", "初中"), p=(0.27, 0.26, 0.12, 0.15, 0.2))
        )
        person.student = "是" if person.schooling in ("本科", "专科") else "否"
    else:
        edge = (35, 50, 65, 200)
        shares = (
            (0.01, 0.13, 0.16, 0.12, 0.46, 0.11, 0.01),
            (0.0, 0.03, 0.05, 0.1, 0.52, 0.27, 0.03),
            (0.0, 0.0, 0.01, 0.04, 0.33, 0.5, 0.12),
            (0.0, 0.0, 0.0, 0.02, 0.11, 0.47, 0.4),
        )
        row = next(k for k, limit in enumerate(edge) if age < limit)
        person.schooling = str(
            rng.choice(("研究生", "本科", "专科", "高中", "初中", "小学", "其他"), p=shares[row])
        )


def _work(person: Person, rng: np.random.Generator) -> None:
    """Who works away, where and for how long; who is away most of the year is not resident."""
    age = person.age
    if person.student == "是":
        person.is_resident = age < 18 or rng.random() < 0.3  # students board in other towns
        return
    if not 17 <= age <= 60 or person.labour in ("丧失劳动力", "无劳动力"):
        return
    chance = 0.62 if age < 32 else 0.46 if age < 46 else 0.22
    if rng.random() >= chance * (1.0 if person.is_male else 0.8):
        return
    places, shares = zip(*AWAY, strict=True)
    person.work_place = str(rng.choice(places, p=shares))
    months = int(rng.choice((3, 6, 8, 10, 11), p=(0.07, 0.13, 0.18, 0.32, 0.3)))
    person.work_time = f"{months}个月"
    person.is_resident = months < 6 or person.work_place == "七星关城区"


def _policy(household: Household, rng: np.random.Generator) -> None:
    """Dated policy tags of the household, and the tags its members' situation gives them."""
    persons = household.persons
    draw = rng.random()
    if draw < 0.17:
        household.tags.append(f"脱贫户({int(rng.integers(2014, 2021))}年脱贫)")
    elif draw < 0.185:
        household.tags.append(
            f"监测户(突发严重困难,{int(rng.integers(2022, 2026))}-{int(rng.integers(1, 13)):02d}识别,风险未消除)"
        )
    weak = [p for p in persons if p.health == "残疾" or p.labour == "丧失劳动力"]
    earners = [p for p in persons if p.labour in ("普通劳动力", "技能劳动力") and p.health == "健康"]
    if weak and len(earners) <= 1 and rng.random() < 0.4:
        for person in persons:
            if not person.work_place:
                person.minimum_living = "是"
        household.tags.append("低保户")
    resident = [p for p in persons if p.is_resident]
    elders = [p for p in resident if p.age >= 60]
    if len(elders) == len(resident) == 1:
        elders[0].tags.append("独居老人")
    elif elders and len(elders) == len(resident):
        for person in elders:
            person.tags.append("空巢老人")
    parents = [
        p for p in persons if p.relation in ("户主", "配偶", "长子", "子", "儿媳") and 20 <= p.age < 60
    ]
    if parents and not any(p.is_resident for p in parents):
        for person in resident:
            if person.age < 16:
                person.tags.append("留守儿童")
