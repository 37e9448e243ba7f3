"""The steps by which somebody comes into a household: birth, marriage, and any other newcomer."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.portal.forms.base import DayInput, GroupedForm, Groups, YesNo
from xiaoyuan.portal.forms.choosing import add_choice, read_choice
from xiaoyuan.portal.forms.family import StepForm
from xiaoyuan.portal.forms.people import NewPersonFields, TagsField, check_past_day, relation_choices, sexes
from xiaoyuan.portal.queries.candidates import courtyard_candidates, person_candidates
from xiaoyuan.register.actions.family import NewMember
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, RELATIONS, JoinReason


class Newcomer(NewPersonFields):
    """What a step asks of somebody who is not in the register yet."""

    def values(self) -> dict[str, Any]:
        """Return the fields of the new person."""
        names = ("name", "sex", "birth_date", "ethnicity")
        return {name: self.cleaned_data[name] for name in names}

    def secrets(self) -> dict[str, str]:
        """Return the personal values that were written."""
        names = ("id_number", "phone")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}

    def member(self, relation_to_head: str) -> NewMember:
        """Return the newcomer as an action takes them."""
        return NewMember(
            self.values(),
            relation_to_head,
            is_resident=self.cleaned_data.get("is_resident", True),
            tags=dict.fromkeys(self.cleaned_data.get("tags", []), ""),
            secrets=self.secrets(),
            since=self.cleaned_data.get("on"),
            joined_as=self.cleaned_data.get("joined_as", ""),
        )


def newcomer_relations() -> list[tuple[str, "str | Promise"]]:
    """Return the relations of somebody who comes into a household that has a head."""
    return [pair for pair in relation_choices() if pair[0] != HEAD_OF_HOUSEHOLD]


class NewcomerForm(Newcomer, StepForm):
    """A step by which somebody new comes into a household."""


class BirthForm(NewcomerForm):
    """Record a birth."""

    INTRO = _("A child is born into this household.")
    GROUPS: ClassVar[Groups] = (
        (_("The child"), ("name", "sex", "birth_date", "ethnicity", "relation_to_head")),
        (_("Personal numbers"), ("id_number", "phone")),
    )
    birth_date = forms.DateField(label=_("Date of birth"), widget=DayInput)
    relation_to_head = forms.ChoiceField(label=_("Relation to the head"), choices=newcomer_relations)


class MarryInForm(NewcomerForm):
    """Record a marriage into the household, of somebody known here or new."""

    INTRO = _("Somebody marries into this household: from another household here, or from elsewhere.")
    GROUPS: ClassVar[Groups] = (
        (_("Who"), ("person", "person_chosen")),
        (
            _("If they are not in the register yet"),
            ("name", "sex", "birth_date", "ethnicity", "id_number", "phone"),
        ),
        (_("In this household"), ("relation_to_head", "on")),
    )
    name = forms.CharField(label=_("Full name"), max_length=60, required=False)
    sex = forms.ChoiceField(label=_("Sex"), choices=sexes, required=False)
    relation_to_head = forms.ChoiceField(label=_("Relation to the head"), choices=newcomer_relations)
    on = forms.DateField(label=_("On which day"), widget=DayInput, initial=timezone.localdate)

    def build(self) -> None:
        """Add the search for a person."""
        add_choice(
            self,
            "person",
            label=_("Name, when they are in the register of your villages"),
            find=lambda text: person_candidates(self.family.scope, text, outside=self.family.household),
            required=False,
            other=_("none of these: somebody new"),
        )

    def clean_on(self) -> date | None:
        """Refuse a day that lies ahead."""
        return check_past_day(self.cleaned_data["on"])

    def clean(self) -> dict[str, Any]:
        """Read the choice; somebody new needs a name and a sex."""
        cleaned = super().clean() or self.cleaned_data
        self.person_id, self.person_said = read_choice(self, "person", has_other=True)
        if self.person_id is None and not self.errors:
            for name in ("name", "sex"):
                if not cleaned.get(name):
                    self.add_error(name, _("Somebody new needs this."))
        return cleaned

    def summary(self) -> list[str]:
        """Say who comes in, and from where."""
        relation = RELATIONS.get(self.cleaned_data["relation_to_head"], "")
        return [
            gettext("%(name)s comes in as %(relation)s.")
            % {"name": self.person_said or self.cleaned_data["name"], "relation": relation}
        ]


class MemberForm(NewcomerForm):
    """Add somebody who belongs to the household and was never written down."""

    INTRO = _(
        "Somebody who belongs to this household and is not in the register yet: forgotten, adopted, moved in."
    )
    GROUPS: ClassVar[Groups] = (
        (_("Who"), ("name", "sex", "birth_date", "ethnicity", "relation_to_head")),
        (_("In this household"), ("joined_as", "on", "is_resident", "tags")),
        (_("Personal numbers"), ("id_number", "phone")),
    )
    relation_to_head = forms.ChoiceField(label=_("Relation to the head"), choices=newcomer_relations)
    joined_as = forms.ChoiceField(label=_("Came because of"), choices=JoinReason.choices, required=False)
    on = forms.DateField(label=_("Since which day"), widget=DayInput, required=False)
    is_resident = YesNo(label=_("Lives here for most of the year"), known=True)
    tags = TagsField()

    def clean_on(self) -> date | None:
        """Refuse a day that lies ahead."""
        return check_past_day(self.cleaned_data["on"])


class NewHouseholdForm(Newcomer, GroupedForm):
    """A household that is new to the register, with its head."""

    GROUPS: ClassVar[Groups] = (
        (_("Household"), ("household_no", "group", "courtyard", "courtyard_chosen")),
        (_("Head of the household"), ("name", "sex", "birth_date", "ethnicity", "is_resident", "tags")),
        (_("Personal numbers"), ("id_number", "phone")),
    )
    household_no = forms.CharField(label=_("Household number"), max_length=40)
    group = forms.CharField(label=_("Villager group"), required=False, max_length=40)
    is_resident = YesNo(label=_("Lives here for most of the year"), known=True)
    tags = TagsField()

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_choice(
            self,
            "courtyard",
            label=_("Courtyard"),
            help_text=_("Part of the address, the house number, or the code of the courtyard or plate."),
            find=lambda text: courtyard_candidates(scope, text),
            required=False,
        )

    def clean(self) -> dict[str, Any]:
        """Read the choice."""
        cleaned = super().clean() or self.cleaned_data
        self.courtyard_id, self.courtyard_said = read_choice(self, "courtyard")
        return cleaned
