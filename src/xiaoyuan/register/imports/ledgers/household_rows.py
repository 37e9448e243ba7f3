"""From the row of a household ledger to what it states of a person, and from a household's rows to its own facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.columns import Difference, ImportContext, Problem, Row
from xiaoyuan.intake.days import PartialDay
from xiaoyuan.intake.extras import extra_field
from xiaoyuan.intake.models import Decision
from xiaoyuan.lib.id_number import DisabilityCard, IdNumber
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.identity import area_note, id_number_fault, sex_of
from xiaoyuan.register.imports.ledgers.words import (
    HOUSEHOLD_TAG_COLUMNS,
    PERSON_TAG_COLUMNS,
    is_household_tag,
)
from xiaoyuan.register.models import Household
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState

PERSON_VALUES: Final = (
    "name", "sex", "ethnicity", "education", "political_status", "marital_status", "is_student", "health",
    "labour_capacity", "work_place", "work_months",
)  # fmt: skip
HOUSEHOLD_VALUES: Final = (
    "group", "dwelling_area_m2", "dwelling_structure", "dwelling_year", "arable_mu", "forest_mu", "main_crops",
    "livestock",
)  # fmt: skip
HOUSEHOLD_EXTRAS: Final = {"address": "住址", "paddy_mu": "水田面积(亩)", "dry_mu": "旱地面积(亩)"}
"""Columns of a household that the register keeps as they are written."""
LABELS: Final = {
    "group": "组别", "courtyard": "院落编号", "dwelling_area_m2": "住房面积", "dwelling_structure": "住房结构",
    "dwelling_year": "建房年份", "arable_mu": "耕地面积(亩)", "forest_mu": "林地面积(亩)", "main_crops": "主要作物",
    "livestock": "养殖", **HOUSEHOLD_EXTRAS,
}  # fmt: skip
DISABLED: Final = "残疾人"
DISABILITY_TYPES: Final = {
    "1": "视力", "2": "听力", "3": "言语", "4": "肢体", "5": "智力", "6": "精神", "7": "多重",
}  # fmt: skip
DISABILITY_LEVELS: Final = {"1": "一级", "2": "二级", "3": "三级", "4": "四级"}
_HOUSEHOLD_KEYS: Final = frozenset((*HOUSEHOLD_VALUES, *HOUSEHOLD_EXTRAS, "courtyard"))
_PERSON_TAGS: Final = tuple((tag, f"tag:{tag}") for tag in PERSON_TAG_COLUMNS)
_HOUSEHOLD_TAGS: Final = tuple((tag, f"tag:{tag}") for tag in HOUSEHOLD_TAG_COLUMNS)


@dataclass(slots=True)
class PersonDraft:
    """What one row states. `values` and `secrets` hold only what is written.

    What is found here is of three kinds: `faults` keep the row out, `doubts` ask a person to decide, `notes` are worth
    a second look and change nothing.
    """

    row: Row
    division_code: str = ""
    household_no: str = ""
    """The household's number as written or given, or "" when its cell is empty or unreadable."""
    relation: str = ""
    """The relation's code of GB/T 4761, or ""."""
    number: IdNumber | None = None
    values: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    # Nothing is found of most rows: one empty tuple serves them all.
    faults: Sequence[Problem] = ()
    doubts: Sequence[Problem] = ()
    notes: Sequence[Problem] = ()
    candidates: Sequence[int] = ()
    state: PersonState | None = None
    moved_from: Household | None = None
    """The household of the register that the person leaves for this one."""
    differences: Sequence[Difference] = ()

    @property
    def is_head(self) -> bool:
        """Whether the row is the head of its household."""
        return self.relation == HEAD_OF_HOUSEHOLD

    @property
    def is_resident(self) -> bool | None:
        """Whether the person lives here; None when the ledger does not say."""
        return self.row.values.get("is_resident")

    @property
    def is_left_out(self) -> bool:
        """Whether a person decided to leave the row out."""
        return self.row.decided is not None and self.row.decided.choice == Decision.LEAVE_OUT

    @property
    def is_new_by_decision(self) -> bool:
        """Whether a person decided that the row is nobody of the register."""
        return self.row.decided is not None and self.row.decided.choice == Decision.AS_NEW

    def fault(self, column: str, text: str) -> None:
        """Note an error of this row."""
        self.faults = [*self.faults, self.row.problem(column, text)]

    def note(self, column: str, text: str) -> None:
        """Note what is worth a second look."""
        self.notes = [*self.notes, self.row.problem(column, text)]

    def doubt(self, column: str, text: str, candidates: Iterable[PersonState] = ()) -> None:
        """Note that a person has to decide which of the candidates it is, if any."""
        self.doubts = [*self.doubts, self.row.problem(column, text)]
        fresh = [state.person.pk for state in candidates if state.person.pk not in self.candidates]
        self.candidates = [*self.candidates, *fresh]

    def chosen(self, states: Iterable[PersonState]) -> PersonState | None:
        """Return the one of these persons that was decided upon, if any."""
        decided = self.row.decided
        if decided is None or decided.choice != Decision.USE_CANDIDATE:
            return None
        return next((state for state in states if state.person.pk == decided.record_id), None)


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

    @property
    def is_left_out(self) -> bool:
        """Whether one of its rows was left out: the whole household then waits for the next file."""
        return any(member.is_left_out for member in self.members)


def draft_person(row: Row, context: ImportContext) -> PersonDraft:
    """Gather what a row states of a person and check that it agrees with itself."""
    given = row.values
    draft = PersonDraft(row, household_no=given.get("household_no") or "")
    relation = given.get("relation_to_head")
    if isinstance(relation, str):
        draft.relation = relation  # a bare code is read together with the whole block
    draft.values = {key: value for key in PERSON_VALUES if (value := given.get(key)) is not None}
    extra = dict(row.extra) if row.extra else {}
    number: IdNumber | None = given.get("id_number")
    card: DisabilityCard | None = given.get("disability_card")
    if card is not None:
        draft.secrets["disability_card"] = card.text
        if number is None and not any(problem.column == "身份证号" for problem in row.problems):
            number = card.holder
        elif number is not None and number.text != card.holder.text:
            draft.fault(
                "残疾证号", _("The number of the disability card is built upon another identity number.")
            )
    draft.number = number
    birth: PartialDay | None = given.get("birth_date")
    if number is not None:
        _check_identity(draft, number, birth, context)
        draft.values["birth_date"] = number.birth_date
        draft.values["sex"] = sex_of(number)
        draft.secrets["id_number"] = number.text
    elif birth is not None:
        draft.values["birth_date"] = birth.first_day
        if not birth.is_whole:
            extra["出生日期"] = row.written["出生日期"]  # the day is not known: keep what was written
    if extra:
        draft.values["extra"] = extra
    for name in ("phone", "bank_account"):
        if given.get(name):
            draft.secrets[name] = given[name]
    for heading, text in row.personal_extra.items():
        draft.secrets[extra_field(heading)] = text
    return draft


def _check_identity(
    draft: PersonDraft, number: IdNumber, birth: PartialDay | None, context: ImportContext
) -> None:
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
    if not draft.faults and (note := area_note(number)):
        draft.note("身份证号", note)


def person_tags(draft: PersonDraft) -> dict[str, str] | None:
    """Return the full set of the person's open tags as the row states it, or None when it states nothing.

    A filled 政策标签 cell is the whole list; a 是 / 否 column adds or ends one tag; empty cells state nothing; the
    number of a disability card states 残疾人 with type and level.
    """
    given = draft.row.values
    listed: dict[str, str] | None = given.get("tags")
    card: DisabilityCard | None = given.get("disability_card")
    stated = {tag: value for tag, key in _PERSON_TAGS if (value := given.get(key)) is not None}
    if listed is None and not stated and card is None:
        return None
    held = draft.state.tags if draft.state else {}
    wanted = {tag: row.detail.get("stated", "") for tag, row in held.items()}
    if listed is not None:
        wanted = {tag: detail for tag, detail in listed.items() if not is_household_tag(tag)}
    for tag, is_held in stated.items():
        if is_held and tag not in wanted:
            wanted[tag] = ""
        elif not is_held and listed is not None and tag in wanted:
            draft.fault(tag, _("This column says 否, but 政策标签 names the tag."))
        elif not is_held:
            wanted.pop(tag, None)
    if card is not None:
        if stated.get(DISABLED) is False:
            draft.fault(DISABLED, _("This column says 否, but there is the number of a disability card."))
        detail = DISABILITY_TYPES[card.type] + DISABILITY_LEVELS[card.level]
        if not listed or not listed.get(DISABLED):  # what the ledger says in words is kept
            wanted[DISABLED] = detail
    return wanted


def gather_household(household: HouseholdDraft, courtyards: dict[str, tuple[int, str]]) -> None:
    """Put together what the rows of a household state of it; rows that contradict each other are errors."""
    stated: set[str] = set()
    for member in household.members:
        stated |= _HOUSEHOLD_KEYS & member.row.values.keys()
    for key in stated:
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
    extra = {
        label: str(household.values.pop(key))
        for key, label in HOUSEHOLD_EXTRAS.items()
        if key in household.values
    }
    if extra:
        household.values["extra"] = extra
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
        if own:
            is_listed = True
            listed.update({tag: detail for tag, detail in own.items() if detail or tag not in listed})
        for tag, key in _HOUSEHOLD_TAGS:
            value = given.get(key)
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
