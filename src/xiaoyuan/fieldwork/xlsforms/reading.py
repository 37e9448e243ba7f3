"""Reads an XLSForm (.xlsx, .xls, .csv) with pyxform into our own form, or says which row and column cannot be taken."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import PurePath
from typing import Any, Final

from django.utils.translation import gettext as _
from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import DefinitionData, get_xlsform
from pyxform.xls2xform import convert

from xiaoyuan.fieldwork.xlsforms.checking import SURVEY, form_faults
from xiaoyuan.fieldwork.xlsforms.refusals import FormFaults, FormRefused
from xiaoyuan.fieldwork.xlsforms.schema import NAME, Choice, FormSchema, Kind, Question

LARGEST_FILE: Final = 2 * 1024 * 1024
LARGEST_UNPACKED: Final = 40 * 1024 * 1024
MOST_ROWS: Final = 2000
KINDS_OF_FILES: Final = (".xlsx", ".xls", ".csv")

FOLLOWS_PEOPLE: Final = frozenset(
    {
        "geopoint",
        "geotrace",
        "geoshape",
        "start-geopoint",
        "background-geopoint",
        "location",
        "gps",
        "background-audio",
        "audit",
        "start",
        "end",
        "deviceid",
        "phonenumber",
        "subscriberid",
        "simserial",
        "username",
        "email",
        "uuid",
    }
)
"""Types that record where, when or with which phone somebody worked."""
_SIMPLE: Final = {
    "text": Kind.TEXT,
    "string": Kind.TEXT,
    "integer": Kind.INTEGER,
    "int": Kind.INTEGER,
    "decimal": Kind.DECIMAL,
    "date": Kind.DATE,
    "note": Kind.NOTE,
    "calculate": Kind.CALCULATE,
    "image": Kind.PHOTO,
    "photo": Kind.PHOTO,
}
_SELECT: Final = re.compile(
    r"(select[_ ]one(?: from)?|select[_ ]multiple(?: from)?|select all that apply from)\s+(\S+)"
)
_BEGIN: Final = re.compile(r"begin[_ ](group|repeat)")
_END: Final = re.compile(r"end[_ ](group|repeat)")
_WORDED: Final = ("label", "hint", "constraint_message")
_ALIASES: Final = {
    "bind::relevant": "relevant",
    "bind:relevant": "relevant",
    "relevance": "relevant",
    "bind::required": "required",
    "bind:required": "required",
    "bind::constraint": "constraint",
    "bind:constraint": "constraint",
    "bind::calculate": "calculation",
    "calculate": "calculation",
    "constraint message": "constraint_message",
    "constraint_msg": "constraint_message",
    "bind::jr:constraintmsg": "constraint_message",
    "caption": "label",
    "control::appearance": "appearance",
    "list name": "list_name",
    "value": "name",
    "title": "form_title",
    "id_string": "form_id",
}
_REFUSED_COLUMNS: Final = frozenset(
    {"choice_filter", "repeat_count", "trigger", "read_only", "readonly", "save_to"}
)
_KNOWN_COLUMNS: Final = frozenset(
    {"type", "name", "required", "relevant", "constraint", "calculation", "default", "appearance", "personal"}
)
_YES: Final = frozenset({"yes", "true", "true()", "1", "是"})
_NO: Final = frozenset({"", "no", "false", "false()", "0", "否"})


@dataclass(frozen=True)
class ReadForm:
    """A form that was read, and sentences about what was left out or changed on the way."""

    schema: FormSchema
    notes: tuple[str, ...]


@dataclass
class _Open:
    """A group or repeat whose end has not come yet."""

    question: Question | None
    kind: str = ""
    row: int = 0
    children: list[Question] = field(default_factory=list)


def read_form(content: bytes, file_name: str, *, fallback_title: str = "") -> ReadForm:
    """Return the form in a file; raises `FormRefused` (or `FormFaults`: several at once)."""
    definition = _definition(content, file_name)
    if not definition.survey:
        raise FormRefused(_("the sheet “survey” is missing or empty. An XLSForm needs it."))
    reader = _Reader(definition, fallback_title or PurePath(file_name).stem)
    schema = reader.schema()
    told = {(fault.sheet, fault.row) for fault in reader.faults}
    found = form_faults(schema, lambda name: reader.rows.get(name, 0))
    # What was said about a row already explains what else is wrong with it.
    faults = [*reader.faults, *(fault for fault in found if (fault.sheet, fault.row) not in told)]
    if faults:
        raise FormFaults(sorted(faults, key=lambda fault: fault.row))
    _ask_pyxform(content, file_name)
    return ReadForm(schema, tuple(dict.fromkeys(reader.notes)))


def _definition(content: bytes, file_name: str) -> DefinitionData:
    suffix = PurePath(file_name).suffix.lower()
    if suffix not in KINDS_OF_FILES:
        raise FormRefused(_("an XLSForm is an .xlsx, .xls or .csv file."))
    if len(content) > LARGEST_FILE:
        raise FormRefused(_("the file is larger than 2 MB; a form is far smaller."))
    if suffix == ".xlsx":
        try:
            with zipfile.ZipFile(BytesIO(content)) as packed:
                unpacked = sum(one.file_size for one in packed.infolist())
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            raise FormRefused(_("the file is damaged or no .xlsx workbook.")) from None
        if unpacked > LARGEST_UNPACKED:
            raise FormRefused(_("the file unpacks to more than 40 MB; a form is far smaller."))
    try:
        definition = get_xlsform(BytesIO(content), file_type=suffix)
    except PyXFormError as error:
        raise FormRefused(_plain(error)) from error
    except Exception as error:  # its readers raise whatever a broken file makes them raise
        raise FormRefused(
            _("the file cannot be read. Save it once more as .xlsx and send it again.")
        ) from error
    for rows in (definition.survey, definition.choices):
        if rows and len(rows) > MOST_ROWS:
            raise FormRefused(_("a sheet of a form has at most %(most)s rows.") % {"most": MOST_ROWS})
    return definition


def _ask_pyxform(content: bytes, file_name: str) -> None:
    """What is understood here has to be an XLSForm for everybody else too."""
    try:
        convert(BytesIO(content), file_type=PurePath(file_name).suffix.lower(), form_name="data")
    except Exception as error:  # what it does not foresee it raises in its own ways
        text = _plain(error)
        found = re.search(r"\[row : (\d+)\]", text)
        raise FormRefused(text, sheet=SURVEY if found else "", row=int(found[1]) if found else 0) from error


def _plain(error: Exception) -> str:
    return _("pyxform says: %(text)s") % {"text": " ".join(str(error).split())[:400]}


def _split(header: str) -> tuple[str, str]:
    """Return heading and language: `Label::中文 (zh)` -> `("label", "中文 (zh)")`."""
    lowered = header.strip().lower()
    if lowered in _ALIASES:
        return _ALIASES[lowered], ""
    head, colon, language = header.partition("::")
    if not colon:
        head, colon, language = header.partition(":")
    known = _ALIASES.get(head.strip().lower(), head.strip().lower())
    if colon and known in _WORDED:
        return known, language.strip()
    return _ALIASES.get(lowered, lowered), ""


class _Reader:
    """One pass over the sheets; gathers faults instead of stopping at the first."""

    def __init__(self, definition: DefinitionData, title: str) -> None:
        self.faults: list[FormRefused] = []
        self.notes: list[str] = []
        self.rows: dict[str, int] = {}
        self._survey = definition.survey or ()
        self._settings = self._first(definition.settings or ())
        self._fallback = title
        self._columns = {header: _split(header) for header in self._headers(definition.survey_header)}
        self._choice_columns = {header: _split(header) for header in self._headers(definition.choices_header)}
        self._choices = definition.choices or ()
        self.languages = self._languages()

    @staticmethod
    def _headers(given: Sequence[Mapping[str, Any]] | None) -> list[str]:
        return [str(name) for name in (given[0] if given else {})]

    @staticmethod
    def _first(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
        row = next((one for one in rows if one), {})
        return {
            _ALIASES.get(key.strip().lower(), key.strip().lower()): str(value) for key, value in row.items()
        }

    def _languages(self) -> tuple[str, ...]:
        columns = [*self._columns.values(), *self._choice_columns.values()]
        found = dict.fromkeys(language for head, language in columns if head in _WORDED)
        default = self._settings.get("default_language", "")
        ordered = [name for name in found if name == default] + [name for name in found if name != default]
        return tuple(ordered) or ("",)

    def _fault(self, reason: str, row: int, column: str, sheet: str = SURVEY) -> None:
        self.faults.append(FormRefused(reason, sheet=sheet, row=row, column=column))

    def schema(self) -> FormSchema:
        for heading in sorted(set(self._settings) - {"form_title", "form_id", "version", "default_language"}):
            self._leave_out(heading, "settings")
        for header, (head, _language) in self._columns.items():
            is_known = head in _KNOWN_COLUMNS or head in _WORDED or head in _REFUSED_COLUMNS
            if not is_known and any(row.get(header) for row in self._survey):
                self._leave_out(header, SURVEY)
        choice_lists = self._choice_lists()
        questions = self._questions()
        used = {one.choices for one, _repeat in FormSchema("", "", (), questions).flat()}
        key = self._settings.get("form_id", "")
        return FormSchema(
            title=self._settings.get("form_title", "") or self._fallback,
            key=key or _key_of(self._fallback),
            languages=self.languages,
            questions=questions,
            choice_lists={name: choices for name, choices in choice_lists.items() if name in used},
        )

    def _leave_out(self, heading: str, sheet: str) -> None:
        self.notes.append(
            _("The column “%(column)s” of the sheet “%(sheet)s” means nothing here and was left out.")
            % {"column": heading, "sheet": sheet}
        )

    def _choice_lists(self) -> dict[str, tuple[Choice, ...]]:
        lists: dict[str, list[Choice]] = {}
        for number, row in enumerate(self._choices, start=2):
            plain = {self._choice_columns[header][0]: str(value) for header, value in row.items()}
            if not row:
                continue
            if not plain.get("list_name") or not plain.get("name"):
                self._fault(_("a choice needs list_name and name."), number, "list_name", "choices")
                continue
            label = self._words(row, "label", self._choice_columns)
            lists.setdefault(plain["list_name"].strip(), []).append(Choice(plain["name"].strip(), label))
        return {name: tuple(choices) for name, choices in lists.items()}

    def _words(
        self, row: Mapping[str, str], heading: str, columns: Mapping[str, tuple[str, str]]
    ) -> dict[str, str]:
        found = {}
        for header, (head, language) in columns.items():
            if head == heading and row.get(header):
                found[language] = str(row[header]).strip()
        return found

    def _questions(self) -> tuple[Question, ...]:
        stack = [_Open(None)]
        for number, row in enumerate(self._survey, start=2):
            plain = {self._columns[header][0]: str(value).strip() for header, value in row.items()}
            kind = " ".join(plain.get("type", "").split())
            if not row or kind.startswith("#"):
                continue
            if not kind:
                if set(plain) - {"appearance"}:
                    self._fault(_("the type is missing."), number, "type")
                    stack[-1].children.append(self._stand_in(number, plain))
                continue
            if end := _END.fullmatch(kind.lower()):
                self._close(stack, end[1], number)
                continue
            question = self._question(number, row, plain, kind)
            if question.kind in (Kind.GROUP, Kind.REPEAT):
                stack.append(_Open(question, question.kind.value, number))
            else:
                stack[-1].children.append(question)
        for left in reversed(stack[1:]):
            self._fault(
                _("this group is never closed; add a row “end_%(kind)s”.") % {"kind": left.kind},
                left.row,
                "type",
            )
            stack.pop()
            if left.question is not None:
                stack[-1].children.append(replace(left.question, children=tuple(left.children)))
        return tuple(stack[0].children)

    def _close(self, stack: list[_Open], kind: str, number: int) -> None:
        if len(stack) == 1 or stack[-1].kind != kind:
            self._fault(_("“end_%(kind)s” closes nothing that was begun.") % {"kind": kind}, number, "type")
            return
        closed = stack.pop()
        assert closed.question is not None
        stack[-1].children.append(replace(closed.question, children=tuple(closed.children)))

    def _question(
        self, number: int, row: Mapping[str, str], plain: Mapping[str, str], kind_text: str
    ) -> Question:
        kind, choices = self._kind(kind_text, number)
        if kind is None:
            return self._stand_in(number, plain)
        for heading in sorted(_REFUSED_COLUMNS):
            if plain.get(heading, "").lower() not in _NO:
                self._fault(_("this column is not supported; empty the cell."), number, heading)
        name = plain.get("name", "")
        if not name and kind is Kind.NOTE:
            name = f"note_{number}"
        if not name:
            self._fault(_("the name is missing."), number, "name")
            return self._stand_in(number, plain)
        self.rows.setdefault(name, number)
        required = plain.get("required", "")
        required = "" if required.lower() in _NO else "true()" if required.lower() in _YES else required
        if kind is Kind.PHOTO and required:
            required = ""
            self.notes.append(
                _(
                    "Row %(row)s: the photo “%(name)s” was compulsory; nobody is made to take one, it may be left out."
                )
                % {"row": number, "name": name}
            )
        calculation = plain.get("calculation", "")
        if calculation and kind is not Kind.CALCULATE:
            self._fault(_("only questions of type “calculate” take a formula."), number, "calculation")
        default = plain.get("default", "")
        if "${" in default or "(" in default:
            self._fault(_("a default is a plain value here, no formula."), number, "default")
        personal = plain.get("personal", "").lower()
        return Question(
            kind=kind,
            name=name,
            label=self._words(row, "label", self._columns),
            hint=self._words(row, "hint", self._columns),
            required=required,
            relevant=plain.get("relevant", ""),
            constraint=plain.get("constraint", ""),
            constraint_message=self._words(row, "constraint_message", self._columns),
            calculation=calculation if kind is Kind.CALCULATE else "",
            default=default,
            choices=choices,
            is_long=kind is Kind.TEXT and "multiline" in plain.get("appearance", ""),
            is_personal=personal in _YES or (kind is Kind.TEXT and personal == ""),
        )

    def _stand_in(self, number: int, plain: Mapping[str, str]) -> Question:
        """Return what takes the place of a refused row, so that the rest of the form can still be judged."""
        name = plain.get("name") or f"row_{number}"
        self.rows.setdefault(name, number)
        return Question(Kind.TEXT, name, label={"": "-"})

    def _kind(self, text: str, number: int) -> tuple[Kind | None, str]:
        lowered = text.lower()
        if lowered in _SIMPLE:
            return _SIMPLE[lowered], ""
        if begun := _BEGIN.fullmatch(lowered):
            return Kind(begun[1]), ""
        if chosen := _SELECT.fullmatch(text):
            kind = Kind.SELECT_ONE if "one" in chosen[1] else Kind.SELECT_MULTIPLE
            return kind, chosen[2]
        if lowered.split(" ")[0] in FOLLOWS_PEOPLE:
            reason = _(
                "“%(type)s” records where, when or with which phone somebody works. No form here follows people; "
                "take the row out (who answered and when is kept anyway)."
            )
        elif lowered.startswith("select"):
            reason = _("“%(type)s” is not supported; write “select_one LIST” or “select_multiple LIST”.")
        else:
            reason = _(
                "the type “%(type)s” is not supported. Known are text, integer, decimal, date, select_one, "
                "select_multiple, image, note, calculate, groups and repeats."
            )
        self._fault(reason % {"type": text[:60]}, number, "type")
        return None, ""


def _key_of(text: str) -> str:
    """Return a key for a form whose file names none."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_-")[:40]
    return plain if NAME.fullmatch(plain) else "form"
