"""The household ledger: one row a person, households by their number within the village."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.intake.cells import code, decimal, name, phone, text, whole, word, yes_no
from xiaoyuan.intake.columns import Column, ImportContext, LedgerKind
from xiaoyuan.intake.days import past_day
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.imports.ledgers.household_applying import apply_rows
from xiaoyuan.register.imports.ledgers.household_judging import judge_rows
from xiaoyuan.register.imports.ledgers.readers import division, identity, tags
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

_LATEST_YEAR: Final = 2100


def _is_head(values: Mapping[str, Any]) -> bool:
    """Whether a row begins another household: below the head, an empty number means the head's."""
    return values.get("relation_to_head") == HEAD_OF_HOUSEHOLD


COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "household_no",
        "户号",
        code(40),
        ("户编号", "户籍号", "家庭编号", "户口编号", "户口簿号", "户别号"),
        is_required=True,
        is_filled=True,
        is_merged_down=True,
        begins_anew=_is_head,
    ),
    Column(
        "division_code",
        "区划代码",
        division,
        ("村代码", "行政村代码", "所属区划代码", "行政区划代码", "村编码"),
        is_merged_down=True,
    ),
    Column(
        "name",
        "姓名",
        name(60),
        ("人员姓名", "家庭成员姓名", "成员姓名"),
        is_required=True,
        is_filled=True,
        is_personal=True,
    ),
    Column(
        "relation_to_head",
        "与户主关系",
        word(RELATION_WORDS, "户主, 配偶, 子, 女, 儿媳, 孙子, 父, 母, 其他亲属"),
        ("与户主的关系", "户主关系", "家庭关系", "关系", "与户主之关系"),
        is_required=True,
        is_filled=True,
    ),
    Column("sex", "性别", word(SEX_WORDS, "男, 女")),
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
        ),
        is_personal=True,
    ),
    Column("birth_date", "出生日期", past_day, ("出生年月", "出生年月日", "生日", "出生时间")),
    Column("ethnicity", "民族", text(20)),
    Column(
        "education",
        "文化程度",
        word(EDUCATION_WORDS, "小学, 初中, 高中, 中职, 专科, 本科, 研究生, 其他"),
        ("学历", "受教育程度", "最高学历"),
    ),
    Column("political_status", "政治面貌", word(POLITICAL_WORDS, "群众, 共青团员, 中共党员, 预备党员")),
    Column("marital_status", "婚姻状况", word(MARITAL_WORDS, "未婚, 已婚, 丧偶, 离婚"), ("婚姻状态", "婚姻")),
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
    ),
    Column(
        "bank_account",
        "银行账号",
        code(40),
        ("银行帐号", "银行卡号", "一卡通账号", "一卡通号", "惠农卡号", "开户账号"),
        is_personal=True,
    ),
    Column("is_resident", "是否常住", yes_no, ("常住", "是否常住人口", "是否在家居住")),
    Column("tags", "政策标签", tags, ("人员类别", "政策类别", "标签")),
    *(
        Column(f"tag:{tag}", tag, yes_no, (f"是否{tag}",))
        for tag in (*PERSON_TAG_COLUMNS, *HOUSEHOLD_TAG_COLUMNS)
    ),
    Column(
        "group", "组别", text(40), ("村民小组", "村民组", "小组", "组", "组名", "所在组"), is_merged_down=True
    ),
    Column("courtyard", "院落编号", code(40), ("院落号", "小院编号", "院落编码"), is_merged_down=True),
    Column(
        "dwelling_area_m2",
        "住房面积",
        decimal(2, units=("平方米", "㎡", "m2")),
        ("住房面积(平方米)", "住房面积(㎡)", "住房面积(m2)", "房屋面积(平方米)"),
    ),
    Column(
        "dwelling_structure",
        "住房结构",
        word(STRUCTURE_WORDS, "钢混, 砖混, 砖木, 土坯, 窑洞, 竹, 其他"),
        ("房屋结构",),
    ),
    Column(
        "dwelling_year",
        "建房年份",
        whole(1800, _LATEST_YEAR, units=("年",)),
        ("建成年份", "建房时间", "住房建成年份"),
    ),
    Column(
        "arable_mu", "耕地面积(亩)", decimal(2, units=("亩",)), ("耕地面积", "耕地(亩)", "承包耕地面积(亩)")
    ),
    Column("forest_mu", "林地面积(亩)", decimal(2, units=("亩",)), ("林地面积", "林地(亩)")),
    Column("main_crops", "主要作物", text(120), ("种植作物", "主要农作物", "种植情况")),
    Column("livestock", "养殖", text(120), ("养殖情况", "养殖业")),
)


def _lock(context: ImportContext) -> None:
    lock_changes(context.county_id)


HOUSEHOLDS: Final = LedgerKind(
    key="households",
    label=_("household ledger"),
    columns=COLUMNS,
    judge=judge_rows,
    apply=apply_rows,
    take_back=take_back,
    lock=_lock,
    is_personal=True,
)
