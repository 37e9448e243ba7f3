"""Writes our forms as XLSForm workbooks and, through pyxform, as XForms that ODK's tools accept."""

from io import BytesIO
from typing import Any, Final

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from xiaoyuan.fieldwork.xlsforms.refusals import FormRefused
from xiaoyuan.fieldwork.xlsforms.schema import CONTAINERS, SELECTS, FormSchema, Kind, Question, Words

Table = list[dict[str, str]]
_PLAIN: Final = ("required", "relevant", "constraint", "calculation", "default")


def form_tables(schema: FormSchema, version: str = "") -> dict[str, Table]:
    """Return the three sheets of a form as rows by heading."""
    choices = [
        {"list_name": name, "name": choice.name, **_worded("label", choice.label)}
        for name, listed in schema.choice_lists.items()
        for choice in listed
    ]
    settings = {"form_title": schema.title, "form_id": schema.key}
    if version:
        settings["version"] = version
    if schema.languages[0]:
        settings["default_language"] = schema.languages[0]
    return {"survey": _rows(schema.questions), "choices": choices, "settings": [settings]}


def _worded(heading: str, words: Words) -> dict[str, str]:
    return {
        f"{heading}::{language}" if language else heading: text for language, text in words.items() if text
    }


def _rows(questions: tuple[Question, ...]) -> Table:
    rows: Table = []
    for one in questions:
        if one.kind in CONTAINERS:
            rows.append({"type": f"begin_{one.kind}", "name": one.name, **_cells(one)})
            rows += _rows(one.children)
            rows.append({"type": f"end_{one.kind}"})
        else:
            kind = f"{one.kind} {one.choices}" if one.kind in SELECTS else str(one.kind)
            rows.append({"type": kind, "name": one.name, **_cells(one)})
    return rows


def _cells(one: Question) -> dict[str, str]:
    cells = {
        **_worded("label", one.label),
        **_worded("hint", one.hint),
        **{heading: text for heading in _PLAIN if (text := getattr(one, heading))},
        **_worded("constraint_message", one.constraint_message),
    }
    if one.required == "true()":
        cells["required"] = "yes"
    if one.is_long:
        cells["appearance"] = "multiline"
    if one.kind is Kind.TEXT or one.is_personal:
        cells["personal"] = "yes" if one.is_personal else "no"
    return cells


def _headings(rows: Table, schema: FormSchema, first: tuple[str, ...]) -> list[str]:
    """Return the headings of a sheet, languages in the form's order."""
    used = dict.fromkeys(heading for row in rows for heading in row)
    for heading in ("label", "hint", "constraint_message"):
        for language in schema.languages:
            name = f"{heading}::{language}" if language else heading
            if name in used or heading == "label":
                first = (*first, name)
    return list(dict.fromkeys([*first, *used]))


def write_workbook(schema: FormSchema, version: str = "") -> bytes:
    """Return a form as .xlsx that every XLSForm tool reads."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in form_tables(schema, version).items():
        first = {"survey": ("type", "name"), "choices": ("list_name", "name")}.get(name, ())
        headings = _headings(rows, schema, first) if first else list(rows[0])
        sheet = book.create_sheet(name)
        sheet.append(headings)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
        for number, row in enumerate(rows, start=2):
            for column, heading in enumerate(headings, start=1):
                if row.get(heading):
                    cell = sheet.cell(number, column, row[heading])
                    cell.data_type = "s"  # a label that begins with "=" is no formula
        for column, heading in enumerate(headings, start=1):
            widest = max([len(heading), *(len(row.get(heading, "")) for row in rows)])
            sheet.column_dimensions[sheet.cell(1, column).column_letter].width = min(max(widest + 2, 10), 60)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def write_xform(schema: FormSchema, version: str = "") -> str:
    """Return a form as XForm XML; raises `FormRefused` with pyxform's words."""
    tables = form_tables(schema, version)
    definition: dict[str, Any] = {
        **tables,
        "survey_header": [dict.fromkeys(_headings(tables["survey"], schema, ("type", "name")))],
        "choices_header": [dict.fromkeys(_headings(tables["choices"], schema, ("list_name", "name")))],
        "settings_header": [dict.fromkeys(tables["settings"][0])],
        "sheet_names": list(tables),
    }
    try:
        return str(convert(definition, form_name="data", validate=False, pretty_print=True).xform)
    except PyXFormError as error:
        text = " ".join(str(error).split())[:400]
        raise FormRefused(_("pyxform says: %(text)s") % {"text": text}) from error
