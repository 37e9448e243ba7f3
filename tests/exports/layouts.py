"""A small layout of a superior, kept for a village: for tests that need one to be there."""

from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl

from tests.cast import NOW
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.exports.actions import TemplateMeaning, keep_template
from xiaoyuan.exports.models import ExportTemplate


def layout_of(county_id: int, division_code: str) -> ExportTemplate:
    """Keep an empty workbook with one column, 姓名, for a division."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "姓名"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "layout.xlsx"
        book.save(path)
        return keep_template(
            path=path,
            file_name="表样.xlsx",
            name="表样",
            county_id=county_id,
            division_code=division_code,
            meaning=TemplateMeaning("people", sheet.title, 2, {"A": "name"}, {"A": "姓名"}),
            actor=SYSTEM,
            now=NOW,
        )
