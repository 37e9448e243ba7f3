"""Faults for ledgers of `habits`, each planted so that it is known where it must be reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from tests.intake.habits import SIBLING, Book, Cells, id_number
from xiaoyuan.lib.id_number import SAMPLE_AREA, check_character


@dataclass
class Planted:
    """A fault: which persons (index in the file) must be reported, each at which column of the register."""

    name: str
    where: set[tuple[int, str]]


Fault = Callable[[Random, Book, list[int]], set[tuple[int, str]] | None]
FAULTS: dict[str, Fault] = {}
"""Plants a fault in one family (given by the indexes of its persons); None when it cannot be planted there."""


def _fault(name: str) -> Callable[[Fault], Fault]:
    def keep(plant: Fault) -> Fault:
        FAULTS[name] = plant
        return plant

    return keep


def _set(heading: str, value: Any, *, first: int = 0) -> Fault:
    def plant(rng: Random, book: Book, at: list[int]) -> set[tuple[int, str]] | None:
        if heading not in book.columns:
            return None
        place = rng.choice(at[first:])
        book.persons[place][heading] = value(rng, book.persons[place]) if callable(value) else value
        return {(place, heading)}

    return plant


def _wrong_check(rng: Random, person: Cells) -> str:
    number = str(person["身份证号"])
    return number[:-1] + rng.choice([sign for sign in "0123456789X" if sign != number[-1]])


def _impossible_birth(rng: Random, person: Cells) -> str:
    first17 = f"{SAMPLE_AREA}19790231{rng.randint(1, 999):03d}"
    return first17 + check_character(first17)


FAULTS.update(
    {
        "bad check digit": _set("身份证号", _wrong_check),
        "lost digits": _set("身份证号", lambda rng, person: float(str(person["身份证号"])[:15] + "000")),
        "scientific notation": _set("身份证号", "9.90001E+17"),
        "too short": _set("身份证号", lambda rng, person: str(person["身份证号"])[:-1]),
        "impossible birth in the number": _set("身份证号", _impossible_birth),
        "impossible date": _set("出生日期", "2001-02-30"),
        "birth in the future": _set("出生日期", "2099-01-01"),
        "no date": _set("出生日期", "春天"),
        "unknown sex": _set("性别", "雌"),
        "unknown relation": _set("与户主关系", "酒友"),
        "unknown education": _set("文化程度", "学霸"),
        "no relation": _set("与户主关系", None),
        "no name": _set("姓名", None),
        "a number as name": _set("姓名", "12345"),
        "text as area": _set("住房面积", "很大"),
        "a negative area": _set("耕地面积(亩)", -3),
        "too many months": _set("务工时间", "13个月"),
        "unknown structure": _set("住房结构", "冰屋"),
        "a wrong telephone": _set("联系电话", "12345"),
        "another village": _set(
            "区划代码", SIBLING, first=1
        ),  # without its head a household is another fault
        "no division": _set("区划代码", "双堰村", first=1),
        "neither yes nor no": _set("低保", "也许"),
    }
)


@_fault("sex against the number")
def _sex(rng: Random, book: Book, at: list[int]) -> set[tuple[int, str]] | None:
    person = book.persons[at[0]]  # the head: no relation says a sex
    person["性别"] = "女" if person["性别"] == "男" else "男"
    return {(at[0], "性别")}


@_fault("birth against the number")
def _birth(rng: Random, book: Book, at: list[int]) -> set[tuple[int, str]] | None:
    if "出生日期" not in book.columns:
        return None
    place = rng.choice(at)
    book.persons[place]["出生日期"] = "1999-09-09"
    return {(place, "出生日期")}


@_fault("two heads")
def _two_heads(rng: Random, book: Book, at: list[int]) -> set[tuple[int, str]] | None:
    if len(at) < 2 or "numbers left empty" in book.habits:
        return None  # there the second head begins a household without a number: another fault
    book.persons[at[1]]["与户主关系"] = "户主"
    return {(at[0], "与户主关系"), (at[1], "与户主关系")}


@_fault("a head without a number")
def _no_number(rng: Random, book: Book, at: list[int]) -> set[tuple[int, str]] | None:
    """Where members leave the number to their head, all of them are without it; elsewhere only the head is."""
    if "merged numbers" in book.habits or at[0] == 0:
        return None
    without = at if "numbers left empty" in book.habits else at[:1]
    for place in without:
        book.persons[place]["户号"] = None
    # Where the members have the number, they are a household whose head is missing.
    return {(place, "户号") for place in without} | ({(at[1], "与户主关系")} if len(without) == 1 else set())


@_fault("no head")
def _no_head(rng: Random, book: Book, at: list[int]) -> set[tuple[int, str]] | None:
    if at[0] == 0 or "numbers left empty" in book.habits:
        return None
    book.persons[at[0]]["与户主关系"] = "其他亲属"
    return {(at[0], "与户主关系")}


@_fault("the same person twice")
def _twice(rng: Random, book: Book, at: list[int]) -> set[tuple[int, str]] | None:
    first = book.persons[at[1]]
    born = date(1966, 6, 6)
    number = id_number(born, 77, is_male=first["性别"] == "男")
    family = book.families[-1]
    copy = dict(first) | {"户号": family[0]["户号"], "与户主关系": "其他亲属"}
    for person in (first, copy):
        person["身份证号"], person["出生日期"] = number, born.isoformat()
    first["与户主关系"] = "其他亲属"
    family.append(copy)
    return {(at[1], "身份证号"), (len(book.persons) - 1, "身份证号")}


def planted(rng: Random, book: Book, names: Sequence[str]) -> list[Planted]:
    """Plant faults, each in a family of its own."""
    found: list[Planted] = []
    families_left = list(range(len(book.families) - 1))
    rng.shuffle(families_left)
    for name in names:
        if not families_left:
            break
        family = families_left.pop()
        start = sum(len(one) for one in book.families[:family])
        at = list(range(start, start + len(book.families[family])))
        where = FAULTS[name](rng, book, at)
        if where is not None:
            found.append(Planted(name, where))
    return found
