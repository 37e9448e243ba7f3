"""Choosing a household, a person or a courtyard by a few words, on a page that needs no script.

The form is sent with the words; where several fit, it comes back with them to choose from.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaoyuan.portal.forms.base import GroupedForm, Words

Candidates = list[tuple[str, str]]


def chosen_name(name: str) -> str:
    """Return the field that holds the choice which belongs to the words of a field."""
    return f"{name}_chosen"


def add_choice(
    form: GroupedForm,
    name: str,
    *,
    label: Words,
    help_text: Words = "",
    find: Callable[[str], Candidates],
    required: bool = True,
    other: Words = "",
) -> None:
    """Add the words `name` and, once they are sent, the choice among what fits them.

    `other`: what may be chosen beside the candidates (“somebody new”), with an empty value.
    """
    form.fields[name] = forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = str(form.data.get(name, "")).strip() if form.is_bound else ""
    if not text:
        return
    candidates = find(text)
    if not candidates:
        return
    extra = [("", other)] if other else []
    form.fields[chosen_name(name)] = forms.ChoiceField(
        label=_("Which one?"),
        required=False,
        choices=[*candidates, *extra],
        widget=forms.RadioSelect,
        initial=candidates[0][0] if len(candidates) == 1 else None,
    )


def chosen_id(form: GroupedForm, name: str) -> int | None:
    """Return what a sent form chooses before it is cleaned: by hand, or because only one fits."""
    field: Any = form.fields.get(chosen_name(name))
    if field is None:
        return None
    values = [value for value, _label in field.choices if value]
    sent = str(form.data.get(chosen_name(name), ""))
    chosen = sent if sent in values else values[0] if len(values) == 1 else ""
    return int(chosen) if chosen else None


def read_choice(form: GroupedForm, name: str, *, has_other: bool = False) -> tuple[int | None, str]:
    """Return `(id, description)` of what was chosen, `(None, "")` for nothing; adds the error to the form.

    One candidate needs no choosing.
    """
    text, field = form.cleaned_data.get(name, ""), chosen_name(name)
    if not text:
        return None, ""
    if field not in form.fields:
        if not has_other:
            form.add_error(name, str(_("Nothing in your villages fits these words.")))
        return None, ""
    choices: Any = form.fields[field]
    candidates = [(value, str(label)) for value, label in choices.choices if value]
    chosen = form.cleaned_data.get(field, "")
    if not chosen and field in form.data and has_other:
        return None, ""
    if not chosen and len(candidates) == 1:
        chosen = candidates[0][0]
    if not chosen:
        form.add_error(field, str(_("Several fit: choose one.")))
        return None, ""
    return int(chosen), next((label for value, label in candidates if value == chosen), "")
