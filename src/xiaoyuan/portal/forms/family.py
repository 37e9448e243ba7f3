"""The small forms of the family: one step each, asking only what that step needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.portal.forms.base import DayInput, GroupedForm, Groups
from xiaoyuan.portal.forms.choosing import add_choice, chosen_id, read_choice
from xiaoyuan.portal.forms.people import check_past_day, relation_choices
from xiaoyuan.portal.queries.candidates import (
    courtyard_candidates,
    household_candidates,
    members_of,
)
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, RELATIONS, JoinReason, LeaveReason
from xiaoyuan.register.models import Household, Person
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState


@dataclass(frozen=True)
class Family:
    """The household a step is about, with its members, and the person it is about, if one."""

    state: HouseholdState
    scope: Scope
    member: PersonState | None = None

    @property
    def household(self) -> Household:
        """The household as it is."""
        return self.state.household

    @property
    def person(self) -> Person:
        """The person whom the step is about."""
        assert self.member is not None
        return self.member.person

    @property
    def is_head(self) -> bool:
        """Whether the step is about the head."""
        return self.member is not None and relation_of(self.member) == HEAD_OF_HOUSEHOLD

    @property
    def others(self) -> list[PersonState]:
        """The members without the person whom the step is about."""
        own = self.member.person.pk if self.member else None
        return [member for member in in_order(self.state.members) if member.person.pk != own]

    @property
    def row_version(self) -> int:
        """The version of the row that the step changes."""
        return self.person.row_version if self.member else self.household.row_version


def relation_of(member: PersonState) -> str:
    """Return a member's relation to the head."""
    return member.membership.relation_to_head if member.membership else ""


def in_order(members: Sequence[PersonState]) -> list[PersonState]:
    """Return members, the head first."""
    return sorted(members, key=lambda one: (relation_of(one) != HEAD_OF_HOUSEHOLD, one.person.pk))


def named(member: PersonState) -> str:
    """Return a member as people say who it is."""
    born = member.person.birth_date
    details = [RELATIONS.get(relation_of(member), ""), str(born.year) if born else ""]
    return f"{member.person.name}（{'，'.join(filter(None, details))}）"


class StepForm(GroupedForm):
    """A step; `family` is what it is about."""

    row_version = forms.IntegerField(widget=forms.HiddenInput)
    INTRO: ClassVar["str | Promise"] = ""
    """What the step does, in a sentence above the form."""

    def __init__(self, *args: Any, family: Family, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {})["row_version"] = family.row_version
        super().__init__(*args, **kwargs)
        self.family = family
        self.build()

    def build(self) -> None:
        """Add the fields that depend on the family."""

    def summary(self) -> list[str]:
        """Return what the step will change, a sentence each."""
        return []


class DatedForm(StepForm):
    """A step that happens on a day."""

    on = forms.DateField(label=_("On which day"), widget=DayInput, initial=timezone.localdate)

    def clean_on(self) -> date | None:
        """Refuse a day that lies ahead."""
        return check_past_day(self.cleaned_data["on"])


class RelationsForm(DatedForm):
    """A step after which members stand differently to the head: one select each, and exactly one head."""

    needs_head: ClassVar[bool] = True

    def members(self) -> list[PersonState]:
        """Return whose relations are asked for."""
        return self.family.others

    def layout(self) -> Groups:
        """Put the relations under a heading of their own."""
        names = tuple(f"relation_{member.person.pk}" for member in self.members())
        return (
            *self.GROUPS,
            *(((_("Who is head now, and how everybody stands to them"), names),) if names else ()),
        )

    def relation_label(self, member: PersonState) -> str:
        """Return the label of a member's relation."""
        return gettext("%(name)s is to the new head") % {"name": named(member)}

    def build(self) -> None:
        """Add a select for each member."""
        members = self.members()
        for member in members:
            before = relation_of(member)
            self.fields[f"relation_{member.person.pk}"] = forms.ChoiceField(
                label=self.relation_label(member),
                choices=relation_choices(),
                # Somebody who stays alone is the head; nothing else is guessed.
                initial=HEAD_OF_HOUSEHOLD if len(members) == 1 else self.proposed(before),
            )

    def proposed(self, before: str) -> str:
        """Return the relation that the select starts with."""
        return before

    def relations(self) -> dict[int, str]:
        """Return the relation of each member by the person's id."""
        return {
            member.person.pk: self.cleaned_data.get(f"relation_{member.person.pk}", "")
            for member in self.members()
        }

    def clean(self) -> dict[str, Any]:
        """Refuse anything but exactly one head."""
        cleaned = super().clean() or self.cleaned_data
        relations = self.relations()
        heads = [pk for pk, relation in relations.items() if relation == HEAD_OF_HOUSEHOLD]
        if self.needs_head and relations and len(heads) != 1:
            self.add_error(
                None,
                _("Choose exactly one person as head.")
                if not heads
                else _("Only one person can be the head."),
            )
        return cleaned

    def said_relations(self) -> list[str]:
        """Return the new relations that differ from those of now, a sentence each."""
        relations = self.relations()
        return [
            gettext("%(name)s: %(relation)s")
            % {"name": member.person.name, "relation": RELATIONS.get(relations[member.person.pk], "")}
            for member in self.members()
            if relations[member.person.pk] != relation_of(member)
        ]


class MoveHouseholdForm(DatedForm):
    """Move the family to another courtyard."""

    INTRO = _(
        "The whole household moves to another courtyard, in this village or in another one you work in."
    )

    def build(self) -> None:
        """Add the search for the courtyard."""
        add_choice(
            self,
            "courtyard",
            label=_("To which courtyard"),
            help_text=_("Part of the address, the house number, or the code of the courtyard or plate."),
            find=lambda text: courtyard_candidates(self.family.scope, text),
        )
        self.order_fields(["courtyard", "courtyard_chosen", "on"])

    def clean(self) -> dict[str, Any]:
        """Read the choice."""
        cleaned = super().clean() or self.cleaned_data
        self.courtyard_id, self.courtyard_said = read_choice(self, "courtyard")
        return cleaned

    def summary(self) -> list[str]:
        """Say who moves where."""
        names = "、".join(member.person.name for member in in_order(self.family.state.members))
        return [
            gettext("The household moves to %(place)s.") % {"place": self.courtyard_said},
            gettext("Their residences follow: %(names)s") % {"names": names or "—"},
        ]


class MovePersonForm(RelationsForm):
    """Move one person to another household."""

    INTRO = _(
        "One person goes over to another household. The old household keeps that they once belonged to it."
    )
    GROUPS: ClassVar[Groups] = (
        (_("Where to"), ("household", "household_chosen", "relation_to_head", "on")),
        (_("Why"), ("left_as", "joined_as")),
    )
    relation_to_head = forms.ChoiceField(
        label=_("Relation to the head there"), choices=[*relation_choices()], required=True
    )
    left_as = forms.ChoiceField(label=_("Left because of"), choices=LeaveReason.choices, required=False)
    joined_as = forms.ChoiceField(label=_("Came because of"), choices=JoinReason.choices, required=False)

    def members(self) -> list[PersonState]:
        """Return those who stay, when the head goes."""
        return self.family.others if self.family.is_head else []

    def build(self) -> None:
        """Add the search for the household."""
        add_choice(
            self,
            "household",
            label=_("To which household"),
            help_text=_("Name of a member, household number, address or code of the plate."),
            find=lambda text: household_candidates(
                self.family.scope,
                self.family.household.division_code,
                text,
                without=self.family.household.pk,
            ),
        )
        super().build()

    def clean(self) -> dict[str, Any]:
        """Read the choice."""
        cleaned = super().clean()
        self.household_id, self.household_said = read_choice(self, "household")
        return cleaned

    def summary(self) -> list[str]:
        """Say who goes where, and who becomes the head behind them."""
        relation = RELATIONS.get(self.cleaned_data["relation_to_head"], "")
        return [
            gettext("%(name)s leaves household %(number)s.")
            % {"name": self.family.person.name, "number": self.family.household.household_no},
            gettext("and joins as %(relation)s: %(household)s")
            % {"relation": relation, "household": self.household_said},
            *self.said_relations(),
        ]


class SplitForm(DatedForm):
    """Split a household: tick who goes and say how they stand to the new head."""

    INTRO = _(
        "Some members found a household of their own. Say for each member where they belong from that day on."
    )
    household_no = forms.CharField(label=_("Number of the new household"), max_length=40)

    def layout(self) -> Groups:
        """Put who goes beside how they stand to the head."""
        members = in_order(self.family.state.members)
        pairs = [(f"goes_{member.person.pk}", f"new_{member.person.pk}") for member in members]
        return (
            (_("The new household"), ("household_no", "on", "courtyard", "courtyard_chosen")),
            (_("Who goes, and how everybody stands to the head afterwards"), tuple(sum(pairs, ()))),
        )

    def build(self) -> None:
        """Add two selects for each member and the search for a courtyard."""
        for member in in_order(self.family.state.members):
            pk = member.person.pk
            self.fields[f"goes_{pk}"] = forms.BooleanField(
                label=gettext("%(name)s goes to the new household") % {"name": named(member)}, required=False
            )
            self.fields[f"new_{pk}"] = forms.ChoiceField(
                label=gettext("%(name)s is there") % {"name": member.person.name},
                choices=relation_choices(empty=_("as before")),
                required=False,
            )
        add_choice(
            self,
            "courtyard",
            label=_("Courtyard of the new household"),
            help_text=_("Leave empty when both live in the same courtyard."),
            find=lambda text: courtyard_candidates(self.family.scope, text),
            required=False,
        )

    def going(self) -> dict[int, str]:
        """Return the members who go with their relation in the new household."""
        return {
            member.person.pk: self.cleaned_data.get(f"new_{member.person.pk}", "")
            for member in in_order(self.family.state.members)
            if self.cleaned_data.get(f"goes_{member.person.pk}")
        }

    def remaining(self) -> dict[int, str]:
        """Return the members who stay and stand differently to the head afterwards."""
        going = self.going()
        return {
            member.person.pk: relation
            for member in in_order(self.family.state.members)
            if member.person.pk not in going
            and (relation := self.cleaned_data.get(f"new_{member.person.pk}", ""))
            and relation != relation_of(member)
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a split that leaves nobody, takes nobody, or makes not exactly one head each."""
        cleaned = super().clean() or self.cleaned_data
        self.courtyard_id, self.courtyard_said = read_choice(self, "courtyard")
        members, going = self.family.state.members, self.going()
        for pk, relation in going.items():
            if not relation:
                self.add_error(f"new_{pk}", _("Say how they stand to the head of the new household."))
        if not going:
            raise ValidationError(_("Tick who goes to the new household."))
        if len(going) == len(members):
            raise ValidationError(_("Somebody has to stay. To move everybody, move the household instead."))
        if list(going.values()).count(HEAD_OF_HOUSEHOLD) != 1:
            raise ValidationError(_("The new household needs exactly one head."))
        stay = {member.person.pk: relation_of(member) for member in members if member.person.pk not in going}
        if list((stay | self.remaining()).values()).count(HEAD_OF_HOUSEHOLD) != 1:
            raise ValidationError(_("Those who stay need exactly one head."))
        return cleaned

    def summary(self) -> list[str]:
        """Say who goes and who stays."""
        names = {member.person.pk: member.person.name for member in self.family.state.members}
        lines = [
            gettext("A new household %(number)s is made.") % {"number": self.cleaned_data["household_no"]},
            *(
                gettext("%(name)s goes there as %(relation)s.")
                % {"name": names[pk], "relation": RELATIONS.get(relation, "")}
                for pk, relation in self.going().items()
            ),
            *(
                gettext("%(name)s stays, now as %(relation)s.")
                % {"name": names[pk], "relation": RELATIONS.get(relation, "")}
                for pk, relation in self.remaining().items()
            ),
        ]
        if self.courtyard_said:
            lines.append(gettext("It lives in %(place)s.") % {"place": self.courtyard_said})
        return lines


class MergeForm(DatedForm):
    """Take the members of another household into this one."""

    INTRO = _(
        "All members of another household come into this one. The other household is closed and stays findable."
    )

    def build(self) -> None:
        """Add the search, and once a household is chosen a select for each of its members."""
        add_choice(
            self,
            "household",
            label=_("Which household comes in"),
            help_text=_("Name of a member, household number, address or code of the plate."),
            find=lambda text: household_candidates(
                self.family.scope,
                self.family.household.division_code,
                text,
                without=self.family.household.pk,
            ),
        )
        self.joining = members_of(self.family.scope, chosen_id(self, "household"))
        for pk, name in self.joining.items():
            self.fields[f"relation_{pk}"] = forms.ChoiceField(
                label=gettext("%(name)s is to the head of this household") % {"name": name},
                choices=[pair for pair in relation_choices() if pair[0] != HEAD_OF_HOUSEHOLD],
            )
        self.order_fields(["household", "household_chosen", *[f"relation_{pk}" for pk in self.joining], "on"])

    def clean(self) -> dict[str, Any]:
        """Read the choice."""
        cleaned = super().clean() or self.cleaned_data
        self.household_id, self.household_said = read_choice(self, "household")
        return cleaned

    def relations(self) -> dict[int, str]:
        """Return how those who come in stand to the head."""
        return {pk: self.cleaned_data.get(f"relation_{pk}", "") for pk in self.joining}

    def summary(self) -> list[str]:
        """Say who comes in."""
        return [
            gettext("This household is closed: %(household)s") % {"household": self.household_said},
            *(
                gettext("%(name)s comes in as %(relation)s.")
                % {"name": name, "relation": RELATIONS.get(self.relations()[pk], "")}
                for pk, name in self.joining.items()
            ),
        ]


class DeathForm(RelationsForm):
    """Record a death; who was the head is followed by somebody."""

    GROUPS: ClassVar[Groups] = (("", ("on",)),)
    INTRO = _("The person stays in the register as deceased and is counted no more. Their tags end that day.")

    def members(self) -> list[PersonState]:
        """Return those left behind, when the head died."""
        return self.family.others if self.family.is_head else []

    def summary(self) -> list[str]:
        """Say who died and who follows as head."""
        return [
            gettext("%(name)s died on %(day)s.")
            % {"name": self.family.person.name, "day": self.cleaned_data["on"].isoformat()},
            *self.said_relations(),
        ]


class MoveOutForm(RelationsForm):
    """Record that somebody left the village."""

    GROUPS: ClassVar[Groups] = (("", ("left_as", "on")),)
    INTRO = _(
        "The person leaves this household without joining another one here, for example into another county."
    )
    left_as = forms.ChoiceField(
        label=_("Why"),
        choices=[
            (reason.value, reason.label)
            for reason in (LeaveReason.MOVED_OUT, LeaveReason.MARRIAGE, LeaveReason.UNKNOWN)
        ],
        required=False,
    )

    def members(self) -> list[PersonState]:
        """Return those left behind, when the head went."""
        return self.family.others if self.family.is_head else []

    def summary(self) -> list[str]:
        """Say who left and who follows as head."""
        return [
            gettext("%(name)s leaves the household on %(day)s.")
            % {"name": self.family.person.name, "day": self.cleaned_data["on"].isoformat()},
            *self.said_relations(),
        ]


class ChangeHeadForm(RelationsForm):
    """Choose another head: everybody stands differently afterwards."""

    GROUPS: ClassVar[Groups] = (("", ("on",)),)
    INTRO = _(
        "Choose the new head and how everybody stands to them. Relations of now are filled in: look at each."
    )

    def summary(self) -> list[str]:
        """Say who stands how."""
        return self.said_relations()


class LeaveForWorkForm(StepForm):
    """Record work away from the village."""

    INTRO = _("The person stays a member of the household and works elsewhere.")
    place = forms.CharField(label=_("Place of work"), max_length=60)
    since = forms.DateField(label=_("Since"), widget=DayInput, initial=timezone.localdate)
    employer = forms.CharField(label=_("Employer"), required=False, max_length=120)
    job = forms.CharField(label=_("Job"), required=False, max_length=60)

    def clean_since(self) -> date | None:
        """Refuse a day that lies ahead."""
        return check_past_day(self.cleaned_data["since"])


class ReturnFromWorkForm(DatedForm):
    """Record the return from work away."""

    INTRO = _("The work away ends and the person lives at home again.")
