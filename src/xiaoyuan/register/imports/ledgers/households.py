"""The household ledger: one row a person, households by their number within the village or from head to head."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.intake.cells import code, decimal, name, phone, text, whole, yes_no
from xiaoyuan.intake.columns import Column, ImportContext, LedgerKind, Row
from xiaoyuan.intake.days import past_day
from xiaoyuan.intake.models import Decision
from xiaoyuan.lib.id_number import DisabilityCard, IdNumber
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.imports.ledgers.household_applying import apply_rows
from xiaoyuan.register.imports.ledgers.household_judging import judge_rows
from xiaoyuan.register.imports.ledgers.readers import (
    BareCode,
    area_mu,
    choice,
    disability_card,
    division,
    identity,
    one_of,
    relation,
    tags,
)
from xiaoyuan.register.imports.ledgers.villages import village_of
from xiaoyuan.register.imports.ledgers.words import (
    EDUCATION_WORDS,
    HOUSEHOLD_TAG_COLUMNS,
    MARITAL_WORDS,
    PERSON_TAG_COLUMNS,
    POLITICAL_WORDS,
    RELATION_WORDS,
    SEX_WORDS,
    STRUCTURE_WORDS,
)
from xiaoyuan.register.models import Household, Membership, Person, PolicyTag, Residence

_LATEST_YEAR: Final = 2100
_ID_SHAPE: Final = re.compile(r"\d{17}[\dXx]")
_PHONE_SHAPE: Final = re.compile(r"1\d{10}")


def _begins_household(values: Mapping[str, Any]) -> bool:
    """Whether a row with these values is, or may be, the head: an empty number there is never the one above."""
    found = values.get("relation_to_head")
    return found.may_be_head if isinstance(found, BareCode) else found == HEAD_OF_HOUSEHOLD


def _is_ethnic_group(written: str) -> bool:
    return written == "穿青人" or (1 < len(written) <= 6 and written.endswith("族"))


COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "household_no",
        "户号",
        code(40),
        ("户编号", "户籍号", "家庭编号", "户口编号", "户口簿号", "户别号", "户编码", "家庭户号"),
        is_filled=True,
        is_merged_down=True,
        begins_anew=_begins_household,
    ),
    Column(
        "head_name",
        "户主姓名",
        name(60),
        ("户主", "户主名字", "户主名称"),
        is_personal=True,
        is_merged_down=True,
    ),
    Column(
        "division_code",
        "区划代码",
        division,
        ("村代码", "行政村代码", "所属区划代码", "行政区划代码", "村编码"),
        is_merged_down=True,
        begins_anew=_begins_household,
    ),
    Column(
        "name",
        "姓名",
        name(60),
        ("人员姓名", "家庭成员姓名", "成员姓名", "家庭成员", "人口姓名"),
        is_required=True,
        is_filled=True,
        is_personal=True,
    ),
    Column(
        "relation_to_head",
        "与户主关系",
        relation,
        (
            "与户主的关系",
            "户主关系",
            "家庭关系",
            "关系",
            "与户主之关系",
            "与户主关系代码",
            "与户主关系(代码)",
        ),
        is_required=True,
        is_filled=True,
        looks_like=one_of(RELATION_WORDS),
    ),
    Column("sex", "性别", choice(SEX_WORDS, "男, 女"), looks_like=one_of(SEX_WORDS)),
    Column(
        "id_number",
        "身份证号",
        identity,
        (
            "身份证号码",
            "公民身份号码",
            "公民身份证号码",
            "公民身份证号",
            "身份证",
            "身份证件号码",
            "证件号码",
            "居民身份证号码",
        ),
        is_personal=True,
        looks_like=lambda written: _ID_SHAPE.fullmatch(written) is not None,
    ),
    Column("birth_date", "出生日期", past_day, ("出生年月", "出生年月日", "生日", "出生时间")),
    Column("ethnicity", "民族", text(20), looks_like=_is_ethnic_group),
    Column(
        "education",
        "文化程度",
        choice(EDUCATION_WORDS, "小学, 初中, 高中, 中职, 专科, 本科, 研究生, 其他"),
        ("学历", "受教育程度", "最高学历"),
    ),
    Column("political_status", "政治面貌", choice(POLITICAL_WORDS, "群众, 共青团员, 中共党员, 预备党员")),
    Column(
        "marital_status", "婚姻状况", choice(MARITAL_WORDS, "未婚, 已婚, 丧偶, 离婚"), ("婚姻状态", "婚姻")
    ),
    Column(
        "is_student", "在校学生", yes_no, ("是否在校", "是否在校学生", "在校生", "是否在校生", "是否学生")
    ),
    Column("health", "健康状况", text(20), ("健康状态", "身体状况")),
    Column("labour_capacity", "劳动能力", text(20), ("劳动技能", "劳动力", "劳动力状况")),
    Column("work_place", "务工地点", text(60), ("外出务工地点", "务工地", "务工所在地", "打工地点")),
    Column(
        "work_months",
        "务工时间",
        whole(0, 12, units=("个月", "月")),
        ("务工时间(月)", "务工月数", "外出务工时间", "务工时长(月)", "务工时间(个月)", "年务工时间(月)"),
    ),
    Column(
        "phone",
        "联系电话",
        phone,
        ("电话", "手机", "手机号", "手机号码", "电话号码", "联系方式", "本人电话"),
        is_personal=True,
        looks_like=lambda written: _PHONE_SHAPE.fullmatch(written) is not None,
    ),
    Column(
        "bank_account",
        "银行账号",
        code(40),
        ("银行帐号", "银行卡号", "一卡通账号", "一卡通号", "惠农卡号", "开户账号"),
        is_personal=True,
    ),
    Column(
        "disability_card",
        "残疾证号",
        disability_card,
        ("残疾证号码", "残疾人证号", "残疾人证号码"),
        is_personal=True,
    ),
    Column("is_resident", "是否常住", yes_no, ("常住", "是否常住人口", "是否在家居住")),
    Column("tags", "政策标签", tags, ("人员类别", "政策类别", "标签")),
    *(
        Column(f"tag:{tag}", tag, yes_no, (f"是否{tag}",))
        for tag in (*PERSON_TAG_COLUMNS, *HOUSEHOLD_TAG_COLUMNS)
    ),
    Column(
        "group",
        "组别",
        text(40),
        ("村民小组", "村民组", "小组", "组", "组名", "所在组"),
        is_merged_down=True,
    ),
    Column(
        "member_count",
        "家庭人口数",
        whole(1, 99, units=("人",)),
        ("家庭人口", "家庭人数", "家庭总人口", "户内人口", "家庭人口(人)"),
        is_merged_down=True,
    ),
    Column("courtyard", "院落编号", code(40), ("院落号", "小院编号", "院落编码"), is_merged_down=True),
    Column(
        "address",
        "住址",
        text(120),
        ("家庭住址", "家庭地址", "详细地址", "地址", "户籍地址", "居住地址"),
        is_merged_down=True,
    ),
    Column(
        "dwelling_area_m2",
        "住房面积",
        decimal(2, units=("平方米", "㎡", "m2")),
        ("住房面积(平方米)", "住房面积(㎡)", "住房面积(m2)", "房屋面积(平方米)"),
        is_merged_down=True,
    ),
    Column(
        "dwelling_structure",
        "住房结构",
        choice(STRUCTURE_WORDS, "钢混, 砖混, 砖木, 土坯, 窑洞, 竹, 其他"),
        ("房屋结构",),
        is_merged_down=True,
    ),
    Column(
        "dwelling_year",
        "建房年份",
        whole(1800, _LATEST_YEAR, units=("年",)),
        ("建成年份", "建房时间", "住房建成年份"),
        is_merged_down=True,
    ),
    Column(
        "arable_mu",
        "耕地面积(亩)",
        area_mu,
        ("耕地面积", "耕地(亩)", "承包耕地面积(亩)", "耕地总面积(亩)"),
        is_merged_down=True,
    ),
    Column("paddy_mu", "水田面积(亩)", area_mu, ("水田面积", "水田(亩)"), is_merged_down=True),
    Column("dry_mu", "旱地面积(亩)", area_mu, ("旱地面积", "旱地(亩)"), is_merged_down=True),
    Column("forest_mu", "林地面积(亩)", area_mu, ("林地面积", "林地(亩)"), is_merged_down=True),
    Column("main_crops", "主要作物", text(120), ("种植作物", "主要农作物", "种植情况"), is_merged_down=True),
    Column("livestock", "养殖", text(120), ("养殖情况", "养殖业"), is_merged_down=True),
)


def _lock(context: ImportContext) -> None:
    lock_changes(context.county_id)


def _number(row: Row) -> str:
    """Nobody stands in a file twice."""
    number: IdNumber | None = row.values.get("id_number")
    card: DisabilityCard | None = row.values.get("disability_card")
    if number is None and card is not None:
        number = card.holder
    return number.text if number is not None else ""


HOUSEHOLDS: Final = LedgerKind(
    key="households",
    label=_("household ledger"),
    columns=COLUMNS,
    judge=judge_rows,
    apply=apply_rows,
    take_back=take_back,
    lock=_lock,
    is_personal=True,
    block=village_of,
    identity=_number,
    fills=(Household, Person, Membership, Residence, PolicyTag),
    absent_choices=(Decision.KEEP, Decision.MOVED_OUT, Decision.DECEASED),
)
