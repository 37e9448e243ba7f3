"""One row of the table of people: what a village keeps up to date for many at once, nothing personal."""

from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaoyuan.portal.forms.base import EditForm, Words, YesNo
from xiaoyuan.portal.forms.people import TagsField, listed
from xiaoyuan.register.choices import EDUCATION, POLITICAL_STATUS, MaritalStatus

COLUMNS: Final = (
    "education",
    "political_status",
    "marital_status",
    "is_student",
    "is_resident",
    "work_place",
    "work_months",
    "tags",
)


class RowForm(EditForm):
    """The fields of one person in the table; its prefix is the person's id."""

    LABELS: ClassVar[dict[str, Words]] = {
        "education": _("Education"),
        "political_status": _("Political status"),
        "marital_status": _("Marital status"),
        "is_student": _("At school"),
        "is_resident": _("Lives here"),
        "work_place": _("Place of work"),
        "work_months": _("Months away"),
        "tags": _("Policy tags"),
    }

    education = forms.ChoiceField(required=False, choices=listed(EDUCATION, empty="—"))
    political_status = forms.ChoiceField(required=False, choices=listed(POLITICAL_STATUS, empty="—"))
    marital_status = forms.ChoiceField(
        required=False,
        choices=[("", "—"), *((one.value, one.label) for one in MaritalStatus if one.value)],
    )
    is_student = YesNo(label="")
    is_resident = YesNo(label="", known=True)
    work_place = forms.CharField(required=False, max_length=60)
    work_months = forms.IntegerField(
        required=False, min_value=0, max_value=12, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    tags = TagsField()

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in COLUMNS:
            field = self.fields[column]
            field.label, field.help_text = self.LABELS[column], ""
            # A cell has no visible label of its own: the column's and the person's together name it.
            field.widget.attrs["aria-label"] = f"{name} {self.LABELS[column]}"
        for column in ("is_student",):
            choices: Any = self.fields[column]
            choices.choices = [("", "—"), ("true", _("yes")), ("false", _("no"))]

    def cells(self) -> list[Any]:
        """Return the fields in the order of the table's columns."""
        return [self[column] for column in COLUMNS]
