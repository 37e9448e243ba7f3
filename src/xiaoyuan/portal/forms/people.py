"""The forms over one person and one household."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xiaoyuan.intake.cells import phone as read_phone
from xiaoyuan.intake.errors import CellError
from xiaoyuan.portal.forms.base import DayInput, EditForm, Groups, YesNo
from xiaoyuan.register.choices import EDUCATION, POLITICAL_STATUS, RELATIONS, MaritalStatus, Sex, Structure
from xiaoyuan.register.errors import IdNumberUnfit
from xiaoyuan.register.identity import read_id_number

Choices = list[tuple[str, "str | Promise"]]
NOT_KNOWN: Final = _("not known")
TO_CHOOSE: Final = _("choose …")

SECRETS: Final = ("id_number", "phone", "bank_account")
EARLIEST_YEAR: Final = 1800
TAG_SEPARATORS: Final = str.maketrans(dict.fromkeys("，,;；/ \t\n", "、"))
LONGEST_TAG: Final = 40


def listed(codes: Mapping[str, str], *, empty: "str | Promise" = NOT_KNOWN) -> Choices:
    """Return a code list as choices with an empty one first."""
    return [("", empty), *codes.items()]


def relation_choices(*, empty: "str | Promise" = TO_CHOOSE) -> Choices:
    """Return the relations to the head, the frequent ones first in the order of the standard."""
    return [("", empty), *((code, label) for code, label in RELATIONS.items() if code != "01")]


def sexes() -> Choices:
    """Return the two sexes to choose from, none of them chosen beforehand."""
    return [("", TO_CHOOSE), (Sex.MALE.value, Sex.MALE.label), (Sex.FEMALE.value, Sex.FEMALE.label)]


def read_tags(text: str) -> list[str]:
    """Return the tags that a line names, each once; separated by 、 or any usual separator."""
    tags = [tag.strip() for tag in text.translate(TAG_SEPARATORS).split("、")]
    return list(dict.fromkeys(tag for tag in tags if tag))


class TagsField(forms.CharField):
    """Policy tags in one line."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Policy tags"),
            required=False,
            max_length=400,
            help_text=_("Separated by 、 for example 低保、党员"),
        )

    def clean(self, value: Any) -> list[str]:
        """Return the tags as a list."""
        tags = read_tags(super().clean(value))
        too_long = next((tag for tag in tags if len(tag) > LONGEST_TAG), None)
        if too_long:
            raise ValidationError(_("A tag has at most 40 characters."))
        return tags


class PhoneField(forms.CharField):
    """A telephone number in one spelling."""

    def clean(self, value: Any) -> str:
        """Return the number without spaces; the sentence of the reader of ledgers when it is none."""
        text = super().clean(value)
        return _read(lambda: read_phone(text, timezone.localdate()) or "", text)


class IdNumberField(forms.CharField):
    """An identity number of 18 characters in one spelling."""

    def clean(self, value: Any) -> str:
        """Return the number with half-width digits and a capital X."""
        text = super().clean(value)
        return _read(lambda: read_id_number(text).text, text)


def _read(read: Callable[[], str], text: str) -> str:
    if not text:
        return ""
    try:
        return read()
    except (CellError, IdNumberUnfit) as error:
        raise ValidationError(str(error)) from None


class SecretInput(forms.TextInput):
    """An input for a personal value: no history of the browser, no correction of words."""

    def __init__(self) -> None:
        super().__init__(attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"})


class NewPersonFields(forms.Form):
    """What is asked of a person whoever writes them down."""

    name = forms.CharField(label=_("Full name"), max_length=60)
    sex = forms.ChoiceField(label=_("Sex"), choices=sexes)
    birth_date = forms.DateField(label=_("Date of birth"), required=False, widget=DayInput)
    ethnicity = forms.CharField(label=_("Ethnicity"), required=False, max_length=20)
    id_number = IdNumberField(label=_("Identity number"), required=False, max_length=24, widget=SecretInput)
    phone = PhoneField(label=_("Telephone"), required=False, max_length=24, widget=SecretInput)

    def clean_birth_date(self) -> date | None:
        """Refuse a day that lies ahead or very far back."""
        return check_past_day(self.cleaned_data["birth_date"])


def check_past_day(day: date | None) -> date | None:
    """Refuse a day after today or before 1800."""
    if day is not None and day > timezone.localdate():
        raise ValidationError(_("This day lies in the future."))
    if day is not None and day.year < EARLIEST_YEAR:
        raise ValidationError(_("This year cannot be right."))
    return day


class PersonForm(NewPersonFields, EditForm):
    """Everything of a person that is changed without moving them."""

    GROUPS: ClassVar[Groups] = (
        (_("Who it is"), ("name", "sex", "birth_date", "ethnicity", "relation_to_head")),
        (
            _("Education and work"),
            ("education", "political_status", "marital_status", "is_student", "work_place", "work_months"),
        ),
        (_("Living and help"), ("is_resident", "health", "labour_capacity", "tags")),
        (_("Personal numbers"), (*SECRETS, "without")),
    )
    UNSEEN = (*SECRETS, "without")

    sex = forms.ChoiceField(label=_("Sex"), choices=Sex.choices)
    relation_to_head = forms.ChoiceField(label=_("Relation to the head"), choices=[])
    education = forms.ChoiceField(label=_("Education"), required=False, choices=listed(EDUCATION))
    political_status = forms.ChoiceField(
        label=_("Political status"), required=False, choices=listed(POLITICAL_STATUS)
    )
    marital_status = forms.ChoiceField(
        label=_("Marital status"), required=False, choices=MaritalStatus.choices
    )
    is_student = YesNo(label=_("At school"))
    work_place = forms.CharField(label=_("Place of work away"), required=False, max_length=60)
    work_months = forms.IntegerField(
        label=_("Months of work away in a year"), required=False, min_value=0, max_value=12
    )
    is_resident = YesNo(label=_("Lives here for most of the year"), known=True)
    health = forms.CharField(label=_("Health"), required=False, max_length=20)
    labour_capacity = forms.CharField(label=_("Labour capacity"), required=False, max_length=20)
    tags = TagsField()
    bank_account = forms.CharField(label=_("Bank account"), required=False, max_length=40, widget=SecretInput)
    without = forms.MultipleChoiceField(
        label=_("Take out of the register"), required=False, widget=forms.CheckboxSelectMultiple, choices=[]
    )

    def __init__(self, *args: Any, held: tuple[str, ...] = (), is_head: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        relation: Any = self.fields["relation_to_head"]
        # Who is the head is a step of its own, because two people change with it.
        relation.choices = [
            (code, label) for code, label in RELATIONS.items() if code != "01" and (code == "02") == is_head
        ]
        if is_head:
            relation.help_text = _("Another head is chosen in the step “Change the head”.")
        for name in SECRETS:
            self.fields[name].help_text = (
                _("Recorded. Leave empty to keep it.") if name in held else _("Not recorded yet.")
            )
        without: Any = self.fields["without"]
        without.choices = [(name, self.fields[name].label) for name in held]
        if not held:
            del self.fields["without"]

    def secrets(self) -> dict[str, str]:
        """Return the personal values to write; an empty text takes one out."""
        written = {name: self.cleaned_data[name] for name in SECRETS if self.cleaned_data.get(name)}
        return {**dict.fromkeys(self.cleaned_data.get("without", ()), ""), **written}


class HouseholdForm(EditForm):
    """Everything of a household that is changed without moving it."""

    GROUPS: ClassVar[Groups] = (
        (_("Household"), ("group", "tags")),
        (_("Dwelling"), ("dwelling_area_m2", "dwelling_structure", "dwelling_year")),
        (_("Land and livelihood"), ("arable_mu", "forest_mu", "main_crops", "livestock")),
    )

    group = forms.CharField(label=_("Villager group"), required=False, max_length=40)
    tags = TagsField()
    dwelling_area_m2 = forms.DecimalField(
        label=_("Area of the dwelling in m²"), required=False, min_value=0, max_digits=8, decimal_places=2
    )
    dwelling_structure = forms.ChoiceField(
        label=_("Structure of the dwelling"), required=False, choices=Structure.choices
    )
    dwelling_year = forms.IntegerField(label=_("Year of building"), required=False, min_value=EARLIEST_YEAR)
    arable_mu = forms.DecimalField(
        label=_("Arable land in mu"), required=False, min_value=0, max_digits=10, decimal_places=2
    )
    forest_mu = forms.DecimalField(
        label=_("Forest land in mu"), required=False, min_value=0, max_digits=10, decimal_places=2
    )
    main_crops = forms.CharField(label=_("Main crops"), required=False, max_length=120)
    livestock = forms.CharField(label=_("Livestock"), required=False, max_length=120)

    def clean_dwelling_year(self) -> int | None:
        """Refuse a year that lies ahead."""
        year: int | None = self.cleaned_data["dwelling_year"]
        if year is not None and year > timezone.localdate().year:
            raise ValidationError(_("This year lies in the future."))
        return year
