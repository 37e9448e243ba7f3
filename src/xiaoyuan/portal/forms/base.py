"""What forms of the console share: groups of fields, and edits that meet somebody else's edit without losing a word."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Groups = tuple[tuple["str | Promise", tuple[str, ...]], ...]
"""`(heading, names of fields)`, in the order of a page."""


Words = Any
"""A text or a lazy translation of one; the type that django-stubs asks for is private."""


def as_text(value: Any) -> str:
    """Return a value as a form sends it back, so that what was shown and what came back can be compared."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


class DayInput(forms.DateInput):
    """The browser's own calendar; 2026-11-23 typed by hand where it has none."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class YesNo(forms.TypedChoiceField):
    """Yes, no, or not known."""

    def __init__(self, *, label: Words, help_text: Words = "", known: bool = False) -> None:
        unknown = [] if known else [("", _("not known"))]
        super().__init__(
            label=label,
            help_text=help_text,
            required=known,
            choices=[*unknown, ("true", _("yes")), ("false", _("no"))],
            coerce=lambda text: text == "true",
            empty_value=None,
        )


class GroupedForm(forms.Form):
    """A form that says in which order and under which headings its fields stand."""

    GROUPS: ClassVar[Groups] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def layout(self) -> Groups:
        """Return the groups; a form whose fields depend on data builds them here."""
        return self.GROUPS

    def groups(self) -> Iterator["tuple[str | Promise, list[BoundField]]"]:
        """Yield each heading with its fields, then what no group names."""
        layout = self.layout()
        named = {name for _heading, names in layout for name in names}
        for heading, names in layout:
            fields = [self[name] for name in names if name in self.fields]
            if fields:
                yield heading, fields
        rest = [field for field in self.visible_fields() if field.name not in named]
        if rest:
            yield "", rest

    def refuse(self, error: Exception, field: str | None = None) -> None:
        """Show what an action refused, beside the field it is about or above the form."""
        self.add_error(field if field in self.fields else None, str(error))


@dataclass(frozen=True)
class Meeting:
    """A field that somebody else changed since the form was opened.

    `written` is what this person wrote, "" with `is_untouched` when they left the field alone.
    """

    label: "str | Promise"
    written: str
    now: str
    is_untouched: bool


class EditForm(GroupedForm):
    """A form over a row: sends only what was changed, and shows field by field where two people changed the same."""

    row_version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    UNSEEN: ClassVar[tuple[str, ...]] = ()
    """Fields that never carry what is stored: personal values."""

    meetings: tuple[Meeting, ...] = ()

    @classmethod
    def opened(cls, values: Mapping[str, Any], row_version: int, **kwargs: Any) -> "EditForm":
        """Return the form over a row as it is."""
        seen = cls._texts(values)
        return cls(initial={**values, "row_version": row_version, "seen": json.dumps(seen)}, **kwargs)

    @classmethod
    def _texts(cls, values: Mapping[str, Any]) -> dict[str, str]:
        return {name: as_text(value) for name, value in values.items()}

    def touched(self) -> set[str]:
        """Return the fields in which something else stands than was shown."""
        seen = self._seen()
        return {
            name
            for name in self.fields
            if name not in ("row_version", "seen", *self.UNSEEN)
            and self._sent(name) != seen.get(name, "").strip()
        }

    def changes(self) -> dict[str, Any]:
        """Return the cleaned values of the fields that were changed."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.touched()}

    def met(self, current: Mapping[str, Any], row_version: int, **kwargs: Any) -> "EditForm":
        """Return the form again over the row as it is by now.

        What this person wrote stays; what they left alone takes the new value. `meetings` says field by field which
        is which, so that saving once more is a decision.
        """
        seen, touched, texts = self._seen(), self.touched(), self._texts(current)
        data = cast(QueryDict, self.data).copy()
        meetings = []
        for name, now in texts.items():
            if name not in self.fields or now.strip() == seen.get(name, "").strip():
                continue
            is_untouched = name not in touched
            if is_untouched:
                data[self.add_prefix(name)] = now
            if is_untouched or now.strip() != self._sent(name):
                shown = "" if is_untouched else self._shown(name, self._sent(name))
                label = self.fields[name].label or name
                meetings.append(Meeting(label, shown, self._shown(name, now), is_untouched))
        data[self.add_prefix("row_version")] = str(row_version)
        data[self.add_prefix("seen")] = json.dumps(texts)
        again = type(self)(data, **kwargs)
        again.meetings = tuple(meetings)
        return again

    def _seen(self) -> dict[str, str]:
        try:
            seen = json.loads(self.data.get(self.add_prefix("seen")) or "{}")
        except ValueError:
            return {}
        return {str(name): str(text) for name, text in seen.items()} if isinstance(seen, dict) else {}

    def _sent(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name)) or "").strip()

    def _shown(self, name: str, text: str) -> str:
        for value, label in getattr(self.fields[name], "choices", ()):
            if str(value) == text:
                return str(label)
        return text or "—"
