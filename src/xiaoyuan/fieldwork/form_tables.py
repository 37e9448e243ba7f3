"""Filled forms as a table: one row a form, one column a question, what may name people covered."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from xiaoyuan.fieldwork.form_queries import schema_of
from xiaoyuan.fieldwork.models.forms import FormAnswer, FormVersion
from xiaoyuan.fieldwork.xlsforms.answering import in_words
from xiaoyuan.fieldwork.xlsforms.schema import ASKED, FormSchema, Kind, Question

CHUNK: Final = 500
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def covered(text: str) -> str:
    """Return what is shown of an answer that may name people."""
    return f"{text[:1]}**" if text else ""


def answer_words(
    schema: FormSchema, question: Question, value: Any, language: str, *, is_masked: bool
) -> str:
    """Return an answer as people read it; of a photo only that there is one, of entries one after the other."""
    if value is None or value == "":
        return ""
    if question.kind is Kind.PHOTO:
        return _("photo")
    if question.kind is Kind.REPEAT:
        rows = value if isinstance(value, list) else []
        return "；".join(_entry(schema, question, row, language, is_masked=is_masked) for row in rows)
    text = in_words(schema, question, value, language)
    return covered(text) if is_masked and question.is_personal else text


def _entry(
    schema: FormSchema, repeat: Question, row: Mapping[str, Any], language: str, *, is_masked: bool
) -> str:
    parts = []
    for one in _asked(repeat.children):
        if row.get(one.name) not in (None, ""):
            words = answer_words(schema, one, row[one.name], language, is_masked=is_masked)
            parts.append(f"{schema.words(one.label, language) or one.name}: {words}")
    return "，".join(parts)


def _asked(questions: Iterable[Question]) -> Iterator[Question]:
    """Yield what has an answer of its own; a repeat counts as one."""
    for one in questions:
        if one.kind is Kind.GROUP:
            yield from _asked(one.children)
        elif one.kind in ASKED | {Kind.CALCULATE, Kind.REPEAT}:
            yield one


def columns_of(versions: Iterable[FormVersion], language: str) -> dict[str, str]:
    """Return the columns of a form over its versions, name to heading; a newer wording wins."""
    found: dict[str, str] = {}
    for version in sorted(versions, key=lambda one: one.number):
        schema = schema_of(version)
        for one in _asked(schema.questions):
            found[one.name] = schema.words(one.label, language) or one.name
    return found


def table_rows(
    answers: "QuerySet[FormAnswer]", columns: Iterable[str], language: str, *, is_masked: bool
) -> Iterator[list[str]]:
    """Yield the rows of filled forms: who filled them in is no column, nobody's work is to be counted by it."""
    names = list(columns)
    schemas: dict[int, FormSchema] = {}
    for answer in answers.iterator(chunk_size=CHUNK):
        schema = schemas.setdefault(answer.version_id, schema_of(answer.version))
        by_name = {one.name: one for one in _asked(schema.questions)}
        yield [
            answer.filled_on.isoformat(),
            str(answer.version.number),
            answer.division_code,
            answer.courtyard.code if answer.courtyard else "",
            answer.household.household_no if answer.household else "",
            *(
                answer_words(schema, by_name[name], answer.answers.get(name), language, is_masked=is_masked)
                if name in by_name
                else ""
                for name in names
            ),
        ]


def headings(columns: Mapping[str, str]) -> list[str]:
    """Return the first row of the table."""
    fixed = [_("Filled on"), _("Version"), _("Division"), _("Courtyard"), _("Household number")]
    return [*fixed, *columns.values()]


def as_csv(head: list[str], rows: Iterable[list[str]]) -> bytes:
    """Return a table as CSV that spreadsheets open; nothing in it is taken for a formula."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([_harmless(text) for text in head])
    table.writerows([_harmless(text) for text in row] for row in rows)
    return ("\ufeff" + out.getvalue()).encode()


def _harmless(text: str) -> str:
    return (
        f"'{text}" if text.startswith(_FORMULA) and not text.lstrip("-+").replace(".", "").isdigit() else text
    )


def as_workbook(head: list[str], rows: Iterable[list[str]], title: str, now: datetime) -> bytes:
    """Return a table as .xlsx, every cell a text, with a sheet that says what it is."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Answers"))
    sheet.append(head)
    for row in rows:
        # A leading apostrophe would be shown here: cells are marked as texts instead.
        sheet.append([_text_cell(sheet, text) for text in row])
    about = book.create_sheet(_("About"))
    about.append([_("Form"), title])
    about.append([_("Made on"), timezone.localtime(now).strftime("%Y-%m-%d %H:%M")])
    about.append([_("Covered"), _("Answers that may name people show their first character only.")])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell
