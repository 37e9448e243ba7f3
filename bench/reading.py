"""Reading a file from outside, from the start of the process to its last row, in the parent's hands."""

import csv
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from openpyxl import Workbook

from bench.measuring import Measurement, rate
from xiaoyuan.intake.sources.reading import read_source

ROWS = 50_000
HEADINGS = [
    "户号", "姓名", "性别", "身份证号", "与户主关系", "民族", "出生日期", "文化程度", "联系电话", "组别",
    "住房面积", "耕地面积", "务工地点", "低保", "备注",
]  # fmt: skip


def _rows() -> Iterator[list[str | float]]:
    for at in range(ROWS):
        yield [
            f"{at // 4:06}", f"样例{at % 997:03}", "男女"[at % 2], f"99000119{at % 80 + 20:02}0101{at % 10_000:04}",
            "户主" if at % 4 == 0 else "子女", "汉族", f"19{at % 80 + 20:02}-01-01", "初中", f"1390000{at % 10_000:04}",
            f"{at % 12 + 1}组", at % 100 + 20.5, at % 7 + 0.5, "", "否", "",
        ]  # fmt: skip


def _read(path: Path) -> int:
    with read_source(path) as source:
        return sum(len(chunk.rows) for chunk in source.chunks())


def measure() -> Iterator[Measurement]:
    """Measure a workbook and a text file of 50,000 rows and 15 columns."""
    with tempfile.TemporaryDirectory() as folder:
        book, text = Path(folder) / "ledger.xlsx", Path(folder) / "ledger.csv"
        writing = Workbook(write_only=True)
        sheet = writing.create_sheet("1")
        with text.open("w", encoding="utf-8-sig", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(HEADINGS)
            sheet.append(HEADINGS)
            for row in _rows():
                sheet.append(row)
                lines.writerow(row)
        writing.save(book)
        for path, reference in ((book, 11_400), (text, 46_900)):
            assert _read(path) == ROWS + 1
            yield rate(
                f"reading {path.suffix}: {ROWS:,} rows of 15 columns",
                "rows/s",
                ROWS,
                reference,
                partial(_read, path),
            )
