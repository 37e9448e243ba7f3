"""From the row of a household ledger to what it states of a person, and from a household's rows to its own facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.columns import Difference, ImportContext, Problem, Row
from xiaoyuan.intake.days import PartialDay
from xiaoyuan.intake.reading import extra_field
from xiaoyuan.lib.id_number import IdNumber
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.identity import id_number_fault, sex_of
from xiaoyuan.register.imports.ledgers.words import (
    HOUSEHOLD_TAG_COLUMNS,
    PERSON_TAG_COLUMNS,
    is_household_tag,
)
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState

PERSON_VALUES: Final = (
    "name", "sex", "ethnicity", "education", "political_status", "marital_status", "is_student", "health",
    "labour_capacity", "work_place", "work_months",
)  # fmt: skip
HOUSEHOLD_VALUES: Final = (
    "group", "dwelling_area_m2", "dwelling_structure", "dwelling_year", "arable_mu", "forest_mu", "main_crops",
    "livestock",
)  # fmt: skip
LABELS: Final = {
    "group": "组别", "courtyard": "院落编号", "dwelling_area_m2": "住房面积", "dwelling_structure": "住房结构",
    "dwelling_year": "建房年份", "arable_mu": "耕地面积(亩)", "forest_mu": "林地面积(亩)", "main_crops": "主要作物",
    "livestock": "养殖",
}  # fmt: skip


@dataclass(slots=True)
class PersonDraft:
    """What one row states. `values` and `secrets` hold only what is written; `problems` are found here."""

    row: Row
    division_code: str = ""
    number: IdNumber | None = None
    values: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_ambiguous: bool = False
    state: PersonState | None = None
    differences: list[Difference] = field(default_factory=list)

    @property
    def household_no(self) -> str:
        """The household's number, or "" when its cell is empty or unreadable."""
        return self.row.values.get("household_no") or ""

    @property
    def relation(self) -> str:
        """The relation's code, or ""."""
        return self.row.values.get("relation_to_head") or ""

    @property
    def is_head(self) -> bool:
        """Whether the row is the head of its household."""
        return self.relation == HEAD_OF_HOUSEHOLD

    @property
    def is_resident(self) -> bool | None:
        """Whether the person lives here; None when the ledger does not say."""
        return self.row.values.get("is_resident")

    def fault(self, column: str, text: str) -> None:
        """Note an error of this row."""
        self.problems.append(self.row.problem(column, text))

    def doubt(self, column: str, text: str) -> None:
        """Note that a person has to decide."""
        self.is_ambiguous = True
        self.problems.append(self.row.problem(column, text))


@dataclass(slots=True)
class HouseholdDraft:
    """The rows of one household and what they state of it together."""

    division_code: str
    household_no: str
    members: list[PersonDraft] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] | None = None
    state: HouseholdState | None = None
    differences: list[Difference] = field(default_factory=list)

    @property
    def carrier(self) -> PersonDraft:
        """The row that carries the household's own facts: the head's, else the first."""
        return next((member for member in self.members if member.is_head), self.members[0])


def draft_person(row: Row, context: ImportContext) -> PersonDraft:
    """Gather what a row states of a person and check that it agrees with itself."""
    draft = PersonDraft(row)
    given = row.values
    draft.values = {key: given[key] for key in PERSON_VALUES if given.get(key) is not None}
    extra = dict(row.extra)
    draft.number = given.get("id_number")
    birth: PartialDay | None = given.get("birth_date")
    if draft.number is not None:
        _check_identity(draft, birth, context)
        draft.values["birth_date"] = draft.number.birth_date
        draft.values["sex"] = sex_of(draft.number)
        draft.secrets["id_number"] = draft.number.text
    elif birth is not None:
        draft.values["birth_date"] = birth.first_day
        if not birth.is_whole:
            extra["出生日期"] = row.written["出生日期"]  # the day is not known: keep what was written
    if extra:
        draft.values["extra"] = extra
    for name in ("phone", "bank_account"):
        if given.get(name):
            draft.secrets[name] = given[name]
    draft.secrets.update({extra_field(heading): text for heading, text in row.personal_extra.items()})
    return draft


def _check_identity(draft: PersonDraft, birth: PartialDay | None, context: ImportContext) -> None:
    number = draft.number
    assert number is not None
    fault = id_number_fault(number, sex="", birth_date=None, is_sample=context.is_sample)
    if fault:
        draft.fault("身份证号", fault)
    sex_fault = id_number_fault(
        number, sex=draft.values.get("sex", ""), birth_date=None, is_sample=number.is_sample
    )
    if sex_fault:
        draft.fault("性别", sex_fault)
    if birth is not None and not birth.allows(number.birth_date):
        draft.fault("出生日期", _("The identity number says another date of birth."))


def person_tags(draft: PersonDraft) -> dict[str, str] | None:
    """Return the full set of the person's open tags as the row states it, or None when it states nothing.

    A filled 政策标签 cell is the whole list; a 是 / 否 column adds or ends one tag; empty cells state nothing.
    """
    given = draft.row.values
    listed: dict[str, str] | None = given.get("tags")
    stated = {tag: given.get(f"tag:{tag}") for tag in PERSON_TAG_COLUMNS}
    if listed is None and all(value is None for value in stated.values()):
        return None
    held = draft.state.tags if draft.state else {}
    wanted = {tag: row.detail.get("stated", "") for tag, row in held.items()}
    if listed is not None:
        wanted = {tag: detail for tag, detail in listed.items() if not is_household_tag(tag)}
    for tag, is_held in stated.items():
        if is_held and tag not in wanted:
            wanted[tag] = ""
        elif is_held is False and listed is not None and tag in wanted:
            draft.fault(tag, _("This column says 否, but 政策标签 names the tag."))
        elif is_held is False:
            wanted.pop(tag, None)
    return wanted


def gather_household(household: HouseholdDraft, courtyards: dict[str, tuple[int, str]]) -> None:
    """Put together what the rows of a household state of it; rows that contradict each other are errors."""
    for key in (*HOUSEHOLD_VALUES, "courtyard"):
        first: PersonDraft | None = None
        for member in household.members:
            value = member.row.values.get(key)
            if value is None:
                continue
            if first is None:
                first = member
                household.values[key] = value
            elif value != household.values[key]:
                member.fault(
                    LABELS[key],
                    _("Row %(row)s of the same household says something else here.")
                    % {"row": first.row.number},
                )
    code = household.values.pop("courtyard", None)
    if code is not None:
        _find_courtyard(household, code, courtyards)
    household.tags = _household_tags(household)


def _find_courtyard(household: HouseholdDraft, code: str, courtyards: dict[str, tuple[int, str]]) -> None:
    row_id, division_code = courtyards.get(code, (None, ""))
    if row_id is not None and division_code == household.division_code:
        household.values["courtyard_id"] = row_id
        return
    sentence = (
        _(
            "There is no courtyard %(code)s. Import the courtyards of this village first, or correct the number."
        )
        if row_id is None
        else _("Courtyard %(code)s lies in another village.")
    )
    for member in household.members:
        if member.row.values.get("courtyard") == code:
            member.fault("院落编号", sentence % {"code": code})


def _household_tags(household: HouseholdDraft) -> dict[str, str] | None:
    listed: dict[str, str] = {}
    is_listed = household.carrier.row.values.get("tags") is not None
    stated: dict[str, bool] = {}
    for member in household.members:
        given = member.row.values
        own = {tag: detail for tag, detail in (given.get("tags") or {}).items() if is_household_tag(tag)}
        is_listed = is_listed or bool(own)
        listed.update({tag: detail for tag, detail in own.items() if detail or tag not in listed})
        for tag in HOUSEHOLD_TAG_COLUMNS:
            value = given.get(f"tag:{tag}")
            if value is None:
                continue
            if stated.setdefault(tag, value) != value:
                member.fault(tag, _("Another row of the same household says something else here."))
    if not is_listed and not stated:
        return None
    held = household.state.tags if household.state else {}
    wanted = listed if is_listed else {tag: row.detail.get("stated", "") for tag, row in held.items()}
    for tag, is_held in stated.items():
        if is_held:
            wanted.setdefault(tag, "")
        elif is_listed and tag in wanted:
            household.carrier.fault(tag, _("This column says 否, but 政策标签 names the tag."))
        else:
            wanted.pop(tag, None)
    return wanted


def group_households(drafts: Sequence[PersonDraft]) -> dict[tuple[str, str], HouseholdDraft]:
    """Group rows by village and household number, in the file's order; rows without either stand aside."""
    households: dict[tuple[str, str], HouseholdDraft] = {}
    for draft in drafts:
        if draft.division_code and draft.household_no:
            key = (draft.division_code, draft.household_no)
            households.setdefault(key, HouseholdDraft(*key)).members.append(draft)
    return households
