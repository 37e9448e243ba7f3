"""Household ledgers as people keep them: invented families, written in every habit.

Everything follows from a seed. A book can be handed over as what a reader yields, or written as a workbook.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from xiaoyuan.intake.sheets import SheetInfo, Span
from xiaoyuan.lib.id_number import SAMPLE_AREA, check_character

Cells = dict[str, Any]
SURNAMES = "赵钱孙李周吴郑王冯陈杨朱秦许何吕张孔曹严"
GIVEN = "安邦昌德福贵海华吉建康兰明宁平秋荣盛泰文祥秀雅永正志"
HEADINGS = {
    "户号": ("户号", "户编号", "*户号", "户号（必填）", "1.户号"),
    "姓名": ("姓名", "姓　名", "家庭成员姓名", "★姓名", "姓名："),
    "性别": ("性别", "性 别", "性别（男/女）", "*性别"),
    "身份证号": ("身份证号", "公民身份号码", "身份证号码", "身份证号（18位）", "身份证\n号码"),
    "与户主关系": ("与户主关系", "与户主的关系", "家庭关系", "＊与户主关系"),
    "出生日期": ("出生日期", "出生年月日", "生日"),
    "民族": ("民族", "民 族"),
    "文化程度": ("文化程度", "学历", "受教育程度"),
    "务工地点": ("务工地点", "外出务工地点"),
    "务工时间": ("务工时间", "务工时间(月)", "务工时间（个月）"),
    "联系电话": ("联系电话", "手机号码", "联系方式"),
    "低保": ("低保", "是否低保"),
    "组别": ("组别", "村民小组", "所在组"),
    "住房面积": ("住房面积", "住房面积（㎡）", "住房面积(平方米)"),
    "住房结构": ("住房结构", "房屋结构"),
    "耕地面积(亩)": ("耕地面积(亩)", "耕地面积（亩）", "耕地面积/亩"),
    "备注": ("备注", "说明"),
    "区划代码": ("区划代码", "村编码"),
}
VILLAGE, SIBLING = "520502103003", "520502103209"
HOUSEHOLD_COLUMNS = ("组别", "住房面积", "住房结构", "耕地面积(亩)")
NEEDED = ("户号", "姓名", "性别", "身份证号", "与户主关系")


def id_number(born: date, number: int, *, is_male: bool) -> str:
    """An identity number of an invented person."""
    first17 = f"{SAMPLE_AREA}{born:%Y%m%d}{2 * number + is_male:03d}"
    return first17 + check_character(first17)


@dataclass
class Page:
    """A sheet in the making: rows of cells with merged ranges and hidden lines."""

    name: str
    rows: list[list[Any]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    is_hidden: bool = False
    places: list[int] = field(default_factory=list)
    """Row number of each person of the page, in order."""
    first_data: int = 0

    def info(self, index: int) -> SheetInfo:
        """What a reader says of the page."""
        return SheetInfo(
            index, self.name, len(self.rows), max(map(len, self.rows)), self.is_hidden, tuple(self.spans),
            frozenset(self.hidden_rows), frozenset(self.hidden_columns),
        )  # fmt: skip


@dataclass
class Book:
    """A ledger: families of cells by the register's own headings, and how they are laid out."""

    families: list[list[Cells]]
    columns: list[str]
    pages: list[Page] = field(default_factory=list)
    habits: set[str] = field(default_factory=set)
    shown: dict[str, str] = field(default_factory=dict)

    @property
    def persons(self) -> list[Cells]:
        """All persons in the order of the file."""
        return [person for family in self.families for person in family]

    def places(self) -> list[tuple[str, int]]:
        """Sheet and row number of each person."""
        return [(page.name, number) for page in self.pages for number in page.places]


def families(rng: Random, count: int) -> list[list[Cells]]:
    """Invent families of two to five whose ages, sexes and kinship agree."""
    found = []
    serials = itertools.count()
    for at in range(count):
        number = f"{at + 1:04d}"
        surname = rng.choice(SURNAMES)
        head = date(rng.randint(1950, 1985), rng.randint(1, 12), rng.randint(1, 28))
        members = [("户主", head, True), ("配偶", head + timedelta(days=rng.randint(-900, 900)), False)]
        for _child in range(rng.randint(0, 3)):
            is_male = rng.random() < 0.5
            born = head + timedelta(days=rng.randint(22 * 366, 30 * 366))
            members.append(("子" if is_male else "女", born, is_male))
        family = [_person(rng, next(serials) % 499, surname, number, *one) for one in members]
        house = {
            "组别": f"{'一二三四五'[at % 5]}组", "住房面积": rng.randint(60, 240) + 0.5,
            "住房结构": rng.choice(("砖混", "砖木", "土坯")),
            "耕地面积(亩)": rng.randint(5, 90) / 10,
        }  # fmt: skip
        family[0].update(house)
        found.append(family)
    return found


def _person(
    rng: Random, serial: int, surname: str, number: str, relation: str, born: date, is_male: bool
) -> Cells:
    given = "".join(rng.choice(GIVEN) for _sign in range(rng.randint(1, 2)))
    age = 2026 - born.year
    works = 20 <= age < 60 and rng.random() < 0.4
    return {
        "户号": number,
        "姓名": (rng.choice(SURNAMES) if relation == "配偶" else surname) + given,
        "性别": "男" if is_male else "女",
        "身份证号": id_number(born, serial, is_male=is_male),
        "与户主关系": relation,
        "出生日期": born.isoformat(),
        "民族": rng.choice(("汉族", "彝族", "苗族", "穿青人")),
        "文化程度": "其他" if age < 7 else rng.choice(("小学", "初中", "高中")),
        "务工地点": rng.choice(("浙江宁波", "广东东莞")) if works else None,
        "务工时间": f"{rng.randint(3, 11)}个月" if works else None,
        "联系电话": f"100{rng.randint(0, 99_999_999):08d}" if age > 16 else None,
        "低保": rng.choice(("是", "否")),
        "备注": rng.choice((None, None, "已核实")),
        "区划代码": VILLAGE,
    }


HABITS: dict[str, Callable[[Random, Cells], None]] = {}
"""How a habit writes the cells of one person."""


def _habit(name: str) -> Callable[[Callable[[Random, Cells], None]], Callable[[Random, Cells], None]]:
    def keep(write: Callable[[Random, Cells], None]) -> Callable[[Random, Cells], None]:
        HABITS[name] = write
        return write

    return keep


@_habit("full-width digits")
def _wide(rng: Random, cells: Cells) -> None:
    for heading in ("身份证号", "联系电话"):
        if isinstance(cells.get(heading), str) and rng.random() < 0.3:
            cells[heading] = cells[heading].translate(
                {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789X"}
            )


@_habit("numbers of the drop-down list")
def _coded(rng: Random, cells: Cells) -> None:
    cells["性别"] = {"男": "1-男", "女": "2-女"}.get(cells["性别"], cells["性别"])


@_habit("several forms of dates")
def _dates(rng: Random, cells: Cells) -> None:
    if not isinstance(cells.get("出生日期"), str):
        return
    try:
        born = date.fromisoformat(cells["出生日期"])
    except ValueError:
        return
    cells["出生日期"] = rng.choice(
        (
            f"{born.year}年{born.month}月{born.day}日", f"{born.year}/{born.month}/{born.day}", f"{born:%Y%m%d}",
            f"{born.year}.{born.month}.{born.day}", f"{born:%Y-%m}", (born - date(1899, 12, 30)).days,
        )
    )  # fmt: skip


@_habit("spaces that align")
def _spaced(rng: Random, cells: Cells) -> None:
    if isinstance(cells.get("姓名"), str) and len(cells["姓名"]) == 2:
        cells["姓名"] = "　".join(cells["姓名"])
    if isinstance(cells.get("身份证号"), str) and rng.random() < 0.2:
        cells["身份证号"] = f" {cells['身份证号']} "


@_habit("units in cells")
def _units(rng: Random, cells: Cells) -> None:
    for heading, unit in (("住房面积", "㎡"), ("耕地面积(亩)", "亩")):
        if isinstance(cells.get(heading), float):
            cells[heading] = f"{cells[heading]}{unit}"


LAYOUTS = (
    "title", "date above", "two rows of headings", "numbers of columns", "merged numbers", "numbers left empty",
    "merged groups", "same as above", "subtotals", "total", "notes", "printed pages", "hidden rows", "empty rows",
    "sections", "several sheets",
)  # fmt: skip


def build(
    rng: Random,
    *,
    count: int = 12,
    habits: set[str] | None = None,
    faults: Callable[[Random, Book], None] = lambda rng, book: None,
) -> Book:
    """Make a book with the given habits, or with some drawn by lot. `faults` changes the families beforehand."""
    people = families(rng, count)
    columns = [
        heading for heading in HEADINGS if heading in NEEDED or (habits is not None or rng.random() < 0.7)
    ]
    if rng.random() < 0.4 and habits is None:
        rest = columns[1:]
        rng.shuffle(rest)
        columns = [columns[0], *rest]
    book = Book(people, columns)
    book.habits = habits if habits is not None else _drawn(rng)
    book.shown = {
        heading: HEADINGS[heading][0] if rng.random() < 0.4 else rng.choice(HEADINGS[heading])
        for heading in columns
    }
    faults(rng, book)
    for name, write in HABITS.items():
        if name in book.habits:
            for person in book.persons:
                write(rng, person)
    _lay_out(rng, book)
    return book


def _drawn(rng: Random) -> set[str]:
    drawn = {name for name in (*LAYOUTS, *HABITS) if rng.random() < 0.35}
    if "merged numbers" in drawn:
        drawn.discard("numbers left empty")
    return drawn


def _lay_out(rng: Random, book: Book) -> None:
    parts = [book.families]
    if "several sheets" in book.habits and len(book.families) > 3:
        half = len(book.families) // 2
        parts = [book.families[:half], book.families[half:]]
    for at, part in enumerate(parts):
        page = Page(f"{'一二'[at]}组" if len(parts) > 1 else "台账")
        _head(rng, book, page)
        page.first_data = len(page.rows)
        _body(rng, book, page, part)
        _foot(book, page)
        book.pages.append(page)


def _head(rng: Random, book: Book, page: Page) -> None:
    width = len(book.columns)
    if "title" in book.habits:
        page.rows.append(["样例村农户台账", *[None] * (width - 1)])
        page.spans.append(Span(0, 0, 0, width - 1))
    if "date above" in book.habits:
        page.rows.append(["填报单位：样例村", *[None] * (width - 2), "2026年3月"])
    _headings(book, page)
    if "numbers of columns" in book.habits:
        page.rows.append(list(range(1, width + 1)))


GROUPED = {"住房面积": ("住房情况", "面积"), "住房结构": ("住房情况", "结构")}


def _headings(book: Book, page: Page) -> None:
    """Write one row of headings, or two with 住房情况 above its columns when they stand side by side."""
    row = len(page.rows)
    shown = [book.shown[heading] for heading in book.columns]
    house = [at for at, heading in enumerate(book.columns) if heading in GROUPED]
    if "two rows of headings" not in book.habits or len(house) != 2 or house[1] != house[0] + 1:
        page.rows.append(shown)
        return
    page.rows.append(
        [("住房情况" if at == house[0] else None) if at in house else text for at, text in enumerate(shown)]
    )
    page.rows.append([GROUPED[book.columns[at]][1] if at in house else None for at in range(len(shown))])
    page.spans.append(Span(row, house[0], row, house[1]))
    page.spans += [Span(row, at, row + 1, at) for at in range(len(shown)) if at not in house]


def _body(rng: Random, book: Book, page: Page, part: Sequence[Sequence[Cells]]) -> None:
    width = len(book.columns)
    number_at = book.columns.index("户号")
    group_at = book.columns.index("组别") if "组别" in book.columns else None
    for at, family in enumerate(part):
        if "sections" in book.habits and at in (0, 6):
            page.spans.append(Span(len(page.rows), 0, len(page.rows), width - 1))
            page.rows.append([f"第{'一二'[at // 6]}片区", *[None] * (width - 1)])
        if "printed pages" in book.habits and at == 5:
            _headings(book, page)
        first = len(page.rows)
        for place, person in enumerate(family):
            row = [person.get(heading) for heading in book.columns]
            if (
                place
                and ({"merged numbers", "numbers left empty"} & book.habits)
                and row[number_at] == family[0]["户号"]
            ):
                row[number_at] = None
            if "same as above" in book.habits and place:
                _repeat(row, page.rows[-1], book.columns, family[place - 1], person)
            page.places.append(len(page.rows) + 1)
            page.rows.append(row)
        last = len(page.rows) - 1
        if "merged numbers" in book.habits and last > first:
            page.spans.append(Span(first, number_at, last, number_at))
        if "merged groups" in book.habits and group_at is not None and last > first:
            page.spans.append(Span(first, group_at, last, group_at))
        if "hidden rows" in book.habits and at % 4 == 2:
            page.hidden_rows.add(first)
        if "subtotals" in book.habits and at % 5 == 4:
            page.rows.append(["小计", f"{len(family)}人", *[None] * (width - 2)])
        if "empty rows" in book.habits and at % 6 == 3:
            page.rows.append([None] * width)


def _repeat(row: list[Any], above: list[Any], columns: Sequence[str], before: Cells, person: Cells) -> None:
    """Write 同上 where a person's cell says what the row above says."""
    for at, heading in enumerate(columns):
        if (
            heading in ("民族", "文化程度", "低保", "务工地点")
            and person.get(heading)
            and before.get(heading) == person[heading]
        ):
            row[at] = "同上"


def _foot(book: Book, page: Page) -> None:
    width = len(book.columns)
    if "total" in book.habits:
        page.rows.append(["合计", f"{len(page.places)}人", *[None] * (width - 2)])
    if "notes" in book.habits:
        page.rows.append(["填表人：样例员", *[None] * (width - 2), "审核：样例员"])
        page.rows.append(["注：面积以确权为准。"])
        page.rows.append(["二、请勿改动表头。"])


def write(book: Book, path: Path) -> Path:
    """Write a book as a workbook."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for page in book.pages:
        sheet = workbook.create_sheet(page.name)
        if page.is_hidden:
            sheet.sheet_state = "hidden"
        for row in page.rows:
            sheet.append(row)
        for span in page.spans:
            sheet.merge_cells(
                start_row=span.first_row + 1, end_row=span.last_row + 1,
                start_column=span.first_column + 1, end_column=span.last_column + 1,
            )  # fmt: skip
        for index in page.hidden_rows:
            sheet.row_dimensions[index + 1].hidden = True
        for index in page.hidden_columns:
            sheet.column_dimensions[get_column_letter(index + 1)].hidden = True
    workbook.save(path)
    return path


# A workbook of every habit


@dataclass(frozen=True)
class Expected:
    """What an import of the workbook of every habit has to find."""

    persons: int
    households: int
    skipped: int
    questions: int
    sheets: tuple[str, ...]
    left_out: tuple[str, ...]
    hidden_rows: int


def every_habit(path: Path, *, division_code: str = "", seed: int = 3) -> Expected:
    """Write one workbook with all habits of section 5 of the handbook; without a fault, so that it can be applied.

    One heading (证号) says nothing and has to be confirmed by a person. `division_code` fills the column
    区划代码, which is missing without it.
    """
    rng = Random(seed)
    book = build(rng, count=14, habits={*LAYOUTS, *HABITS} - {"numbers left empty"})
    book.shown["身份证号"] = "证号"
    book.shown["姓名"], book.shown["户号"] = "*姓　名", "户号（必填）"
    book.pages.clear()
    book.columns = [heading for heading in HEADINGS if heading != "区划代码" or division_code]
    for person in book.persons:
        person["区划代码"] = division_code
    for person, extra in zip(book.persons, ("水井", "见附页", None) * 100, strict=False):
        person["饮水"] = extra
        person["帮扶责任人"] = "样例干部"
    for heading in ("饮水", "帮扶责任人"):
        book.columns.append(heading)
        book.shown[heading] = heading
    rare = next(person for person in book.persons if person["与户主关系"] == "户主")
    rare["姓名"] = "𠮷\ue863贵"  # an extension character and a private one, as old programs wrote them
    _lay_out(rng, book)
    hidden = book.columns.index("帮扶责任人")
    for page in book.pages:
        page.hidden_columns.add(hidden)
    book.pages.append(Page("填表说明", [["填表说明"], ["一、每人一行。"]]))
    book.pages.append(Page("下拉选项", [["性别", "民族"], ["男", "汉族"], ["女", "彝族"]], is_hidden=True))
    write(book, path)
    _dress(path, book)
    ledgers = book.pages[:-2]
    return Expected(
        persons=len(book.persons),
        households=len(book.families),
        skipped=sum(_skipped(book, page) for page in ledgers),
        questions=len(ledgers),
        sheets=tuple(page.name for page in ledgers),
        left_out=tuple(page.name for page in book.pages[-2:]),
        hidden_rows=sum(len(page.hidden_rows) for page in ledgers),
    )


def _skipped(book: Book, page: Page) -> int:
    """Rows below the headings that are neither persons nor empty."""
    # The numbers of the columns stand above the first data row and below the headings.
    start = page.first_data - ("numbers of columns" in book.habits)
    filled = sum(any(cell is not None for cell in row) for row in page.rows[start:])
    return filled - len(page.places)


def _dress(path: Path, book: Book) -> None:
    """Add what a clerk's program adds: a list to choose from, a comment."""
    workbook = load_workbook(path)
    for page in book.pages[:-2]:
        sheet = workbook[page.name]
        sex = book.columns.index("性别") + 1
        choices = DataValidation(type="list", formula1='"男,女"', allow_blank=True)
        choices.add(
            f"{sheet.cell(page.first_data + 1, sex).coordinate}:{sheet.cell(len(page.rows), sex).coordinate}"
        )
        sheet.add_data_validation(choices)
        sheet.cell(page.places[0], 1).comment = Comment("样例", "样例")
    workbook.save(path)
