"""Whose a record is: the household or person of a row, found by number, identity number or the head's name.

Nobody is guessed: where several fit, or two columns of a row point at different ones, the row names its candidates.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from xiaoyuan.intake.cells import code, name
from xiaoyuan.intake.columns import Column, ImportContext, Problem, Row
from xiaoyuan.intake.models import Decision
from xiaoyuan.lib.id_number import IdNumber
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.identity import area_note, id_number_fault
from xiaoyuan.register.imports.ledgers.readers import division, identity
from xiaoyuan.register.models import Household, Membership
from xiaoyuan.vault.actions import find_subjects

ID_COLUMN: Final = "身份证号"
NUMBER_COLUMN: Final = "户号"
NAME_COLUMN: Final = "姓名"
HEAD_COLUMN: Final = "户主姓名"
_WHY: Final = "a ledger's rows are compared with the households of their village"

DIVISION: Final = Column(
    "division_code",
    "区划代码",
    division,
    ("村代码", "行政村代码", "所属区划代码", "行政区划代码", "村编码"),
    is_merged_down=True,
)
_NUMBER: Final = Column(
    "household_no",
    NUMBER_COLUMN,
    code(40),
    ("户编号", "户籍号", "家庭编号", "户口编号", "户口簿号", "户别号", "户编码", "家庭户号"),
    is_merged_down=True,
)
_HEAD_NAME_ALIASES: Final = ("户主", "户主名字", "户主名称")
OF_HOUSEHOLD: Final[tuple[Column, ...]] = (
    DIVISION,
    _NUMBER,
    Column(
        "head_name",
        HEAD_COLUMN,
        name(60),
        (*_HEAD_NAME_ALIASES, "姓名", "承包方代表", "承包方姓名", "承包方代表姓名"),
        is_personal=True,
        is_merged_down=True,
    ),
    Column(
        "id_number",
        ID_COLUMN,
        identity,
        (
            "户主身份证号",
            "户主身份证号码",
            "身份证号码",
            "公民身份号码",
            "身份证",
            "证件号码",
            "承包方代表身份证号",
        ),
        is_personal=True,
        is_merged_down=True,
    ),
)
"""Columns by which a ledger says whose household a row is about."""
OF_PERSON: Final[tuple[Column, ...]] = (
    DIVISION,
    _NUMBER,
    Column("head_name", HEAD_COLUMN, name(60), _HEAD_NAME_ALIASES, is_personal=True, is_merged_down=True),
    Column(
        "name",
        NAME_COLUMN,
        name(60),
        ("人员姓名", "务工人员姓名", "就业人员姓名", "劳动力姓名"),
        is_required=True,
        is_filled=True,
        is_personal=True,
    ),
    Column(
        "id_number",
        ID_COLUMN,
        identity,
        ("身份证号码", "公民身份号码", "公民身份证号码", "身份证", "证件号码", "身份证件号码"),
        is_personal=True,
    ),
)
"""Columns by which a ledger says which person a row is about."""


@dataclass(slots=True)
class RecordDraft:
    """What one row states of a record: whose it is, its key and values, and what is found of it.

    `faults` keep the row out, `doubts` ask a person to decide among `candidates`, `notes` are worth a second look.
    """

    row: Row
    division_code: str = ""
    owner: int | None = None
    owner_field: str = ""
    """Which column of the record refers to the owner: household_id or person_id."""
    subject: UUID | None = None
    key: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    faults: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)

    @property
    def is_left_out(self) -> bool:
        """Whether a person decided to leave the row out."""
        return self.row.decided is not None and self.row.decided.choice == Decision.LEAVE_OUT

    def fault(self, column: str, text: str) -> None:
        """Note an error of this row."""
        self.faults.append(self.row.problem(column, text))

    def note(self, column: str, text: str) -> None:
        """Note what is worth a second look."""
        self.notes.append(self.row.problem(column, text))

    def doubt(self, column: str, text: str, candidates: Iterable[int]) -> None:
        """Note that a person has to decide."""
        self.doubts.append(self.row.problem(column, text))
        self.candidates += [one for one in candidates if one not in self.candidates]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to a household of the village."""

    person_id: int
    subject: UUID
    name: str
    is_head: bool
    household_id: int


class Owners:
    """The households of one village and their people, and who holds the identity numbers of the rows."""

    def __init__(self, division_code: str, drafts: Sequence[RecordDraft], context: ImportContext) -> None:
        self._context = context
        households = (
            Household.objects.unscoped(_WHY)
            .filter(
                county_id=context.county_id,
                division_code=division_code,
                is_sample=context.is_sample,
                closed_on__isnull=True,
            )
            .values_list("household_no", "pk")
        )
        self.by_number: dict[str, int] = dict(households)
        self.number_of = {pk: number for number, pk in self.by_number.items()}
        self.members: dict[int, list[Member]] = defaultdict(list)
        self.heads_by_name: dict[str, list[Member]] = defaultdict(list)
        self.by_subject: dict[UUID, Member] = {}
        rows = Membership.objects.unscoped(_WHY).filter(
            county_id=context.county_id,
            household__division_code=division_code,
            household__closed_on__isnull=True,
            is_sample=context.is_sample,
            until__isnull=True,
        )
        for household_id, relation, person_id, subject, known_as in rows.values_list(
            "household_id", "relation_to_head", "person_id", "person__person_uid", "person__name"
        ):
            member = Member(person_id, subject, known_as, relation == HEAD_OF_HOUSEHOLD, household_id)
            self.members[household_id].append(member)
            self.by_subject[subject] = member
            if member.is_head:
                self.heads_by_name[known_as].append(member)
        self._people = {one.person_id: one for members in self.members.values() for one in members}
        self._holders = self._find_holders(drafts)

    def _find_holders(self, drafts: Sequence[RecordDraft]) -> dict[str, list[Member]]:
        numbers = {
            number.text for draft in drafts if (number := draft.row.values.get("id_number")) is not None
        }
        subjects = find_subjects(county_id=self._context.county_id, name="id_number", values=sorted(numbers))
        return {
            number: [self.by_subject[uid] for uid in uids if uid in self.by_subject]
            for number, uids in subjects.items()
        }

    # Households

    def find_household(self, draft: RecordDraft) -> None:
        """Set the household of a row, or say why it cannot be told."""
        given = draft.row.values
        number: str | None = given.get("household_no")
        holder = self._holder(draft)
        stated_name: str | None = given.get("head_name")
        chosen = _chosen(draft)
        if draft.faults:
            return
        if chosen is not None and chosen in self.number_of:
            self._take(draft, chosen)
        elif number is not None:
            found = self.by_number.get(number)
            if found is None:
                draft.fault(
                    NUMBER_COLUMN,
                    _("There is no household %(number)s in this village. Import the household ledger first.")
                    % {"number": number},
                )
            elif holder is not None and holder.household_id != found:
                sentence = _("The identity number belongs to somebody of household %(number)s.")
                both = [found, holder.household_id]
                draft.doubt(ID_COLUMN, sentence % {"number": self.number_of[holder.household_id]}, both)
            else:
                self._check_head_name(draft, found, stated_name)
                self._take(draft, found)
        elif holder is not None:
            self._take(draft, holder.household_id)
        elif given.get("id_number") is not None:
            draft.fault(ID_COLUMN, _nobody_here())
        else:
            self._by_head_name(draft, stated_name)

    def _by_head_name(self, draft: RecordDraft, stated_name: str | None) -> None:
        heads = self.heads_by_name.get(stated_name or "", [])
        if not stated_name:
            draft.fault("", _("Whose row is this? Write the household number or an identity number."))
        elif not heads:
            draft.fault(HEAD_COLUMN, _("No household of this village has a head of this name."))
        else:
            numbers = "、".join(sorted(self.number_of[head.household_id] for head in heads))
            draft.doubt(
                HEAD_COLUMN,
                _("Only a name says whose row this is. Households with a head of this name: %(numbers)s.")
                % {"numbers": numbers},
                [head.household_id for head in heads],
            )

    def _check_head_name(self, draft: RecordDraft, household_id: int, stated: str | None) -> None:
        names = {member.name for member in self.members[household_id]}
        if stated and names and stated not in names:
            sentence = _("Nobody of household %(number)s has this name.")
            draft.doubt(HEAD_COLUMN, sentence % {"number": self.number_of[household_id]}, [household_id])

    def _take(self, draft: RecordDraft, household_id: int) -> None:
        draft.owner, draft.owner_field = household_id, "household_id"
        head = next((member for member in self.members[household_id] if member.is_head), None)
        draft.subject = head.subject if head is not None else None

    # Persons

    def find_person(self, draft: RecordDraft) -> None:
        """Set the person of a row, or say why nobody can be chosen."""
        given = draft.row.values
        holder = self._holder(draft)
        stated = given.get("name")
        if draft.faults:
            return
        chosen = _chosen(draft)
        if chosen is not None and chosen in self._people:
            self._take_person(draft, self._people[chosen])
            return
        if holder is not None:
            if stated is not None and holder.name != stated:
                sentence = _("The register knows the holder of this identity number by another name.")
                draft.doubt(NAME_COLUMN, sentence, [holder.person_id])
                return
            self._take_person(draft, holder)
        elif given.get("id_number") is not None:
            draft.fault(ID_COLUMN, _nobody_here())
        else:
            self._by_name(draft, stated)

    def _by_name(self, draft: RecordDraft, stated: str | None) -> None:
        number = draft.row.values.get("household_no")
        if number is None:
            draft.fault(ID_COLUMN, _("Write the identity number, or the household number beside the name."))
            return
        household_id = self.by_number.get(number)
        if household_id is None:
            draft.fault(
                NUMBER_COLUMN,
                _("There is no household %(number)s in this village. Import the household ledger first.")
                % {"number": number},
            )
            return
        namesakes = [member for member in self.members[household_id] if member.name == stated]
        if len(namesakes) == 1:
            self._take_person(draft, namesakes[0])
        elif namesakes:
            sentence = _("Several members of household %(number)s have this name. Write the identity number.")
            draft.doubt(NAME_COLUMN, sentence % {"number": number}, [one.person_id for one in namesakes])
        else:
            draft.fault(NAME_COLUMN, _("Nobody of household %(number)s has this name.") % {"number": number})

    def _take_person(self, draft: RecordDraft, member: Member) -> None:
        draft.owner, draft.owner_field = member.person_id, "person_id"
        draft.subject = member.subject

    # Shared

    def _holder(self, draft: RecordDraft) -> Member | None:
        """Return who holds the row's identity number in this village; several are a fault of the register."""
        number: IdNumber | None = draft.row.values.get("id_number")
        if number is None:
            return None
        fault = id_number_fault(number, sex="", birth_date=None, is_sample=self._context.is_sample)
        if fault:
            draft.fault(ID_COLUMN, fault)
        elif note := area_note(number):
            draft.note(ID_COLUMN, note)
        holders = self._holders.get(number.text, [])
        if len(holders) > 1:
            draft.fault(
                ID_COLUMN, _("Several persons of the register have this identity number. Merge them first.")
            )
        return holders[0] if len(holders) == 1 else None


def _nobody_here() -> str:
    return _("Nobody who lives in this village has this identity number. Import the household ledger first.")


def _chosen(draft: RecordDraft) -> int | None:
    decided = draft.row.decided
    if decided is None or decided.choice != Decision.USE_CANDIDATE:
        return None
    return decided.record_id
