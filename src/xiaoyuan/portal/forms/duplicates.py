"""Making one record of two: which one stays, whose values count where they differ."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xiaoyuan.portal.forms.base import GroupedForm, Groups
from xiaoyuan.portal.forms.family import in_order, named, relation_of
from xiaoyuan.portal.forms.people import relation_choices
from xiaoyuan.portal.queries.comparing import Compared
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, RELATIONS
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState

FIRST, SECOND = "1", "2"


class MergePersonsForm(GroupedForm):
    """What a merge of two records asks."""

    GROUPS: ClassVar[Groups] = ((_("Which record stays"), ("kept", "relation_to_head")),)
    kept = forms.ChoiceField(label=_("The record that stays"), widget=forms.RadioSelect, choices=[])
    relation_to_head = forms.ChoiceField(
        label=_("Relation to the head from now on"),
        choices=relation_choices(empty=_("as before")),
        required=False,
    )
    versions = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        pair: tuple[PersonState, PersonState],
        values: list[Compared],
        numbers: list[Compared],
        households: list[HouseholdState],
        **kwargs: Any,
    ) -> None:
        versions = ",".join(str(one.person.row_version) for one in pair)
        kwargs["initial"] = {"kept": FIRST, "versions": versions}
        super().__init__(*args, **kwargs)
        self.pair, self.households = pair, households
        self.differing = [line for line in values if line.verdict == "different"]
        self.clashing = [line for line in numbers if line.verdict == "different"]
        kept: Any = self.fields["kept"]
        kept.choices = [(FIRST, said(pair[0])), (SECOND, said(pair[1]))]
        for line in self.differing:
            self.fields[f"value_{line.name}"] = forms.ChoiceField(
                label=line.label,
                widget=forms.RadioSelect,
                required=False,
                choices=[("", _("as in the record that stays")), (FIRST, line.first), (SECOND, line.second)],
            )
        for line in self.clashing:
            self.fields[f"number_{line.name}"] = forms.ChoiceField(
                label=line.label,
                widget=forms.RadioSelect,
                choices=[(FIRST, said(pair[0])), (SECOND, said(pair[1]))],
                error_messages={
                    "required": _("The two records hold different numbers: choose whose is right.")
                },
            )
        for member in self.bystanders():
            self.fields[f"relation_{member.person.pk}"] = forms.ChoiceField(
                label=gettext("%(name)s is to the head") % {"name": named(member)},
                choices=relation_choices(empty=_("as before")),
                required=False,
            )

    def bystanders(self) -> list[PersonState]:
        """Return the other members of a household whose head is one of the two."""
        own = {one.person.pk for one in self.pair}
        return [
            member
            for household in self.households
            if any(
                one.person.pk in own and relation_of(one) == HEAD_OF_HOUSEHOLD for one in household.members
            )
            for member in in_order(household.members)
            if member.person.pk not in own
        ]

    def layout(self) -> Groups:
        """Put differing values, differing numbers and other members under headings of their own."""
        groups = (
            (_("Where they differ"), tuple(f"value_{line.name}" for line in self.differing)),
            (_("Personal numbers that differ"), tuple(f"number_{line.name}" for line in self.clashing)),
            (
                _("Others of the household, if its head changes"),
                tuple(f"relation_{member.person.pk}" for member in self.bystanders()),
            ),
        )
        return (*self.GROUPS, *groups)

    def ordered(self) -> tuple[PersonState, PersonState]:
        """Return the record that stays and the one that goes."""
        first, second = self.pair
        return (first, second) if self.cleaned_data["kept"] == FIRST else (second, first)

    def taken_values(self) -> list[str]:
        """Return the fields that the record that stays takes from the other one though it states them."""
        kept = self.cleaned_data["kept"]
        chosen = {line.name: self.cleaned_data.get(f"value_{line.name}") for line in self.differing}
        return [name for name, which in chosen.items() if which and which != kept]

    def secrets(self) -> dict[str, int]:
        """Return by field whose number stays, by the person's id."""
        ids = {FIRST: self.pair[0].person.pk, SECOND: self.pair[1].person.pk}
        return {line.name: ids[self.cleaned_data[f"number_{line.name}"]] for line in self.clashing}

    def relations(self) -> dict[int, str]:
        """Return the relations of others that change."""
        chosen = {
            member.person.pk: self.cleaned_data.get(f"relation_{member.person.pk}", "")
            for member in self.bystanders()
        }
        return {pk: relation for pk, relation in chosen.items() if relation}

    def sent_versions(self) -> tuple[int, int]:
        """Return the versions of the two rows that were looked at."""
        parts = self.cleaned_data["versions"].split(",")
        numbers = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10]
        return (numbers[0], numbers[1]) if len(numbers) == 2 else (0, 0)

    def summary(self) -> list[str]:
        """Say what stays, what is taken over and who stands how."""
        kept, merged = self.ordered()
        labels = {line.name: str(line.label) for line in (*self.differing, *self.clashing)}
        names = {member.person.pk: member.person.name for member in self.bystanders()}
        taken = [labels[name] for name in self.taken_values()]
        taken += [labels[name] for name, owner in self.secrets().items() if owner == merged.person.pk]
        lines = [
            gettext("This record stays: %(record)s") % {"record": said(kept)},
            gettext("This one goes into it and leads to it from now on: %(record)s")
            % {"record": said(merged)},
            gettext("What only the other record states is taken over: fields, tags, work, personal numbers."),
        ]
        if taken:
            lines.append(gettext("Taken from the other record: %(fields)s") % {"fields": "、".join(taken)})
        lines += [
            gettext("%(name)s: %(relation)s") % {"name": names[pk], "relation": RELATIONS.get(relation, "")}
            for pk, relation in self.relations().items()
        ]
        return lines


def said(state: PersonState) -> str:
    """Return a record in a few words."""
    number = state.membership.household.household_no if state.membership else gettext("without a household")
    return f"{named(state)} · {number}"
