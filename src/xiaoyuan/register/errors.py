"""Errors of the register, each a sentence that says what to do."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from xiaoyuan.intake.batch_errors import BatchRefused


class RegisterError(Exception):
    """Something the register refuses."""


class UnknownDivision(RegisterError):
    """A division code that no list holds."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("There is no division %(code)s. Import the division list that holds it first.") % {"code": code}
        )
        self.code = code


class OutOfNumbers(RegisterError):
    """A county used all 4,294,967,295 tile numbers."""

    def __init__(self) -> None:
        super().__init__(_("This county has no tile numbers left."))


class RowChanged(RegisterError):
    """Somebody else changed the row since it was read: the edit is refused, nothing was saved."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else changed this record in the meantime. Read it again and repeat your change.")
        )


class RowsChanged(RowChanged):
    """Somebody else changed rows of a table since they were read: `person_ids`; nothing was saved."""

    def __init__(self, person_ids: Sequence[int]) -> None:
        super().__init__()
        self.person_ids = tuple(person_ids)


class NotChangeable(RegisterError):
    """An edit names a field that this action does not change."""

    def __init__(self, field: str) -> None:
        super().__init__(_("“%(field)s” cannot be changed here.") % {"field": field})


class IdNumberTaken(RegisterError):
    """Another person of the county has this identity number."""

    def __init__(self) -> None:
        super().__init__(_("Another person in this county already has this identity number."))


class IdNumberUnfit(RegisterError):
    """An identity number that does not fit the person; the sentence says why, never the number."""


class HeadStays(RegisterError):
    """A relation that would leave a household without a head, or give it two."""

    def __init__(self) -> None:
        super().__init__(_("A household has exactly one head. Change the head of the household instead."))


class HeadNeeded(RegisterError):
    """A step would leave a household without a head, or give it two."""

    def __init__(self, household_no: str) -> None:
        super().__init__(
            _("Say who is the head of household %(number)s now: it needs exactly one.")
            % {"number": household_no}
        )


class NotAMember(RegisterError):
    """Somebody is named who does not belong to the household."""

    def __init__(self, household_no: str) -> None:
        super().__init__(
            _("Somebody named here does not belong to household %(number)s.") % {"number": household_no}
        )


class NoHousehold(RegisterError):
    """A step that only somebody in a household can take."""

    def __init__(self) -> None:
        super().__init__(_("This person belongs to no household now. Let them join one first."))


class AlreadyThere(RegisterError):
    """A move that leads to where one is."""

    def __init__(self) -> None:
        super().__init__(_("They are there already. Choose another household or courtyard."))


class HouseholdClosed(RegisterError):
    """A household to which nobody belongs any more."""

    def __init__(self, household_no: str) -> None:
        super().__init__(
            _("Household %(number)s is closed. Nobody can join it and nothing of it can be changed.")
            % {"number": household_no}
        )


class HouseholdNumberTaken(RegisterError):
    """A household number that the village uses."""

    def __init__(self, household_no: str) -> None:
        super().__init__(
            _("Household number %(number)s is in use in this village. Choose another one.")
            % {"number": household_no}
        )


class PersonGone(RegisterError):
    """A person who died, or whose record was merged into another: the record stays as it is."""

    def __init__(self) -> None:
        super().__init__(
            _("This person has died, or the record was merged into another one. It cannot be changed.")
        )


class DateUnfit(RegisterError):
    """A date that cannot be; the sentence says why."""


class RelationUnknown(RegisterError):
    """A relation to the head that the code list does not have."""

    def __init__(self) -> None:
        super().__init__(_("Choose a relation to the head of the household from the list."))


class NobodyMoves(RegisterError):
    """A split that takes nobody along or leaves nobody."""

    def __init__(self) -> None:
        super().__init__(_("A split needs at least one member who leaves and one who stays."))


class Apart(RegisterError):
    """Sample and real rows, or rows of two counties, in one step."""

    def __init__(self) -> None:
        super().__init__(_("Sample and real records, and records of two counties, stay apart."))


class ValueNeeded(RegisterError):
    """A value without which the step cannot be taken."""

    def __init__(self, label: str) -> None:
        super().__init__(_("Fill in %(field)s.") % {"field": label})


class AlreadyAway(RegisterError):
    """Work away is recorded as going on, with the same first day and employer."""

    def __init__(self) -> None:
        super().__init__(_("This work is recorded already. Record the return first."))


class NotAway(RegisterError):
    """A return of somebody who is not recorded as away."""

    def __init__(self) -> None:
        super().__init__(_("No work away is recorded for this person now."))


class HouseholdWithoutHead(RegisterError, BatchRefused):
    """Those who leave would leave people behind without a head."""

    def __init__(self, household_no: str) -> None:
        super().__init__(
            _(
                "Household %(number)s would be left without a head. Say in the ledger who its head is, "
                "or keep the old one."
            )
            % {"number": household_no}
        )
        self.household_no = household_no


class TwoHeads(RegisterError, BatchRefused):
    """A new head takes over while the old one has not left."""

    def __init__(self, household_no: str) -> None:
        super().__init__(
            _(
                "Household %(number)s would have two heads. Decide of the old head first, who is not in the file: "
                "died or moved out."
            )
            % {"number": household_no}
        )
        self.household_no = household_no


class SamePerson(RegisterError):
    """Two different records are needed."""

    def __init__(self) -> None:
        super().__init__(_("Choose two different records."))


class ChoiceNeeded(RegisterError):
    """Two records say different things of one person; a person has to say which one stays."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        super().__init__(_("Both records have a value of their own. Choose for each which one stays."))
