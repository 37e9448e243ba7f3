"""Forms that tests fill, write and read: one small, one with everything, as tables and as workbooks."""

from io import BytesIO
from typing import Final

from openpyxl import Workbook

from xiaoyuan.fieldwork.xlsforms.reading import read_form
from xiaoyuan.fieldwork.xlsforms.schema import FormSchema

Sheets = dict[str, list[list[str]]]

HEATING: Final[Sheets] = {
    "survey": [
        [
            "type",
            "name",
            "label::中文 (zh)",
            "label::English (en)",
            "hint::中文 (zh)",
            "required",
            "relevant",
            "constraint",
            "constraint_message::中文 (zh)",
            "calculation",
            "default",
            "appearance",
            "personal",
        ],
        ["note", "intro", "入户看取暖安全，不拍人。", "Heating safety visit."],
        ["begin_group", "stove", "取暖方式", "Heating"],
        ["select_one heating", "way", "怎样取暖？", "How do you heat?", "", "yes"],
        [
            "select_one yesno",
            "vent",
            "烟管通到屋外吗？",
            "Does the pipe lead outside?",
            "",
            "yes",
            "${way} = 'coal'",
        ],
        ["select_multiple risk", "risks", "看到的隐患", "Risks seen", "可以不选"],
        ["end_group"],
        [
            "integer",
            "elders",
            "家里几位 60 岁以上老人？",
            "How many are over 60?",
            "",
            "yes",
            "",
            ". >= 0 and . <= 20",
            "请填 0 到 20。",
        ],
        ["decimal", "area", "取暖房间面积（平方米）", "Area", "", "", "", ". > 0 and . < 500"],
        ["date", "checked", "上次清烟管的日期", "Last cleaned", "", "", "${vent} = 'yes'", ". <= today()"],
        ["begin_repeat", "room", "取暖的房间", "Rooms"],
        ["text", "room_name", "哪一间", "Which", "", "yes", "", "", "", "", "", "", "no"],
        ["integer", "beds", "几张床", "Beds", "", "", "", ". >= 0"],
        ["end_repeat"],
        ["calculate", "all_beds", "", "", "", "", "", "", "", "sum(${beds})"],
        ["text", "phone", "联系电话", "Phone", "", "", "", "regex(., '1[3-9]\\d{9}|0\\d{2,3}-?\\d{7,8}')"],
        ["image", "photo", "隐患照片（可以不拍）", "Photo", "", "", "count-selected(${risks}) > 0"],
        ["text", "words", "说明：共 ${all_beds} 张床", "Words", "", "", "", "", "", "", "", "multiline"],
    ],
    "choices": [
        ["list_name", "name", "label::中文 (zh)", "label::English (en)"],
        ["heating", "coal", "煤炉", "Coal"],
        ["heating", "electric", "电", "Electric"],
        ["yesno", "yes", "是", "Yes"],
        ["yesno", "no", "否", "No"],
        ["risk", "co", "一氧化碳", "Carbon monoxide"],
        ["risk", "fire", "可燃物靠近", "Fire"],
    ],
    "settings": [
        ["form_title", "form_id", "default_language"],
        ["冬季取暖安全入户检查", "heating", "中文 (zh)"],
    ],
}
SMALL: Final[Sheets] = {
    "survey": [["type", "name", "label"], ["text", "what", "看到什么？"]],
    "settings": [["form_title", "form_id"], ["随手记", "small"]],
}


def workbook(sheets: Sheets) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def survey(
    *rows: list[str], headings: list[str] | None = None, choices: list[list[str]] | None = None
) -> Sheets:
    """Return a form of these rows of the survey."""
    return {
        "survey": [
            headings or ["type", "name", "label", "relevant", "constraint", "required", "calculation"],
            *rows,
        ],
        "choices": [
            ["list_name", "name", "label"],
            *(choices or [["yesno", "yes", "是"], ["yesno", "no", "否"]]),
        ],
        "settings": [["form_title", "form_id"], ["试用", "trial"]],
    }


def read(sheets: Sheets) -> FormSchema:
    return read_form(workbook(sheets), "form.xlsx").schema
