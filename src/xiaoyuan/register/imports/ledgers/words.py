"""Words that ledgers use for the register's codes; the standard's own words come first."""

from typing import Final

from xiaoyuan.register.choices import (
    EDUCATION,
    HEAD_OF_HOUSEHOLD,
    POLITICAL_STATUS,
    RELATIONS,
    MaritalStatus,
    ParcelUse,
    Sex,
    Structure,
    TransferKind,
)


def codes_of(labels: dict[str, str]) -> dict[str, str]:
    """Return `{word: code}` of a code list; the codes themselves are words too."""
    return {label: code for code, label in labels.items()} | {code: code for code in labels}


SEX_WORDS: Final[dict[str, str]] = {
    "男": Sex.MALE, "女": Sex.FEMALE, "男性": Sex.MALE, "女性": Sex.FEMALE, "1": Sex.MALE, "2": Sex.FEMALE,
    "未知": Sex.UNKNOWN, "0": Sex.UNKNOWN, "未说明": Sex.NOT_STATED, "9": Sex.NOT_STATED,
}  # fmt: skip

RELATION_WORDS: Final[dict[str, str]] = {label: code for code, label in RELATIONS.items()} | {
    # Whose relation to the head is "self" is the head.
    "本人": HEAD_OF_HOUSEHOLD, "户主本人": HEAD_OF_HOUSEHOLD, "本人或户主": HEAD_OF_HOUSEHOLD,
    "户主或本人": HEAD_OF_HOUSEHOLD, "丈夫": "11", "老公": "11", "妻子": "12", "老婆": "12", "爱人": "10", "夫妻": "10",
    "儿": "20", "儿子": "20", "大儿子": "22", "二儿子": "23", "三儿子": "24", "二子": "23", "女儿": "30",
    "大女儿": "32", "二女儿": "33", "三女儿": "34", "二女": "33", "独子": "21", "独女": "31", "养子": "27",
    "继子": "27", "养女": "37", "继女": "37", "媳妇": "38", "子媳": "38", "孙儿": "41", "外孙": "43", "孙媳": "45",
    "曾孙": "47", "重孙": "47", "重孙子": "47", "重孙女": "48", "父亲": "51", "母亲": "52", "继父": "57", "养父": "57",
    "继母": "58", "养母": "58", "爷爷": "61", "奶奶": "62", "外公": "63", "外婆": "64", "兄弟": "70", "姐妹": "70",
    "兄弟姊妹": "70", "哥哥": "71", "哥": "71", "嫂子": "72", "弟弟": "73", "弟媳妇": "74", "弟妹": "74", "姐姐": "75",
    "妹妹": "77", "侄儿": "93", "侄": "93", "其他关系": "80", "亲属": "97", "其他亲戚": "97", "无亲属关系": "99",
    "非亲属关系": "99",
}  # fmt: skip
"""Words for the relation to the head; a 之 in front (之妻, 之长子) changes nothing."""

RELATION_SYSTEMS: Final[tuple[dict[str, str], ...]] = (
    {code: code for code in RELATIONS} | {"01": HEAD_OF_HOUSEHOLD},
    {
        "0": HEAD_OF_HOUSEHOLD, "1": "10", "2": "20", "3": "30", "4": "40", "5": "50", "6": "60", "7": "70",
        "8": "80",
    },
    {
        code: meant
        for number, meant in {
            1: HEAD_OF_HOUSEHOLD, 2: "10", 3: "20", 4: "30", 5: "38", 6: "28", 7: "41", 8: "42", 9: "43", 10: "44",
            11: "51", 12: "52", 13: "55", 14: "56", 15: "53", 16: "54", 17: "61", 18: "62", 19: "63", 20: "64",
            99: "99",
        }.items()
        for code in (str(number), f"{number:02d}")
    },
)  # fmt: skip
"""What bare numbers may mean: GB/T 4761-2008 with two digits, the same with one digit, and the running numbers on the
forms of the poverty-alleviation years (1 head, 2 spouse, 3 son …). 02 is the head in the first and the spouse in the
last: which one a sheet uses is told from its households, never guessed from one cell."""

EDUCATION_WORDS: Final[dict[str, str]] = codes_of(EDUCATION) | {
    "博士": "10", "硕士": "10", "大学": "20", "大学本科": "20", "大专": "30", "大学专科": "30",
    "专科教育": "30", "中专": "40", "职高": "40", "中等职业": "40", "技工学校": "50", "普通高中": "60",
    "文盲": "90", "半文盲": "90", "文盲半文盲": "90", "学龄前": "90", "学前教育": "90", "幼儿园": "90",
    "未上学": "90", "无": "90",
}  # fmt: skip

POLITICAL_WORDS: Final[dict[str, str]] = codes_of(POLITICAL_STATUS) | {
    "党员": "01", "中国共产党党员": "01", "中共预备党员": "02", "团员": "03", "共青团": "03",
    "无党派人士": "12", "无党派民主人士": "12",
}  # fmt: skip

MARITAL_WORDS: Final[dict[str, str]] = {
    "未婚": MaritalStatus.SINGLE, "已婚": MaritalStatus.MARRIED, "有配偶": MaritalStatus.MARRIED,
    "初婚": MaritalStatus.FIRST_MARRIAGE, "再婚": MaritalStatus.REMARRIED, "复婚": MaritalStatus.REUNITED,
    "丧偶": MaritalStatus.WIDOWED, "离婚": MaritalStatus.DIVORCED, "离异": MaritalStatus.DIVORCED,
    "未说明": MaritalStatus.NOT_STATED,
} | {value: value for value in MaritalStatus.values if value}  # fmt: skip

STRUCTURE_WORDS: Final[dict[str, str]] = {
    "钢混": Structure.STEEL_CONCRETE, "框架": Structure.STEEL_CONCRETE, "钢筋混凝土": Structure.STEEL_CONCRETE,
    "砖混": Structure.BRICK_CONCRETE, "砖混结构": Structure.BRICK_CONCRETE, "砖木": Structure.BRICK_TIMBER,
    "砖木结构": Structure.BRICK_TIMBER, "土坯": Structure.ADOBE, "土坯房": Structure.ADOBE,
    "窑洞": Structure.CAVE, "竹": Structure.BAMBOO, "竹草": Structure.BAMBOO, "其他": Structure.OTHER,
    "木结构": Structure.OTHER, "石木": Structure.OTHER, "土木": Structure.OTHER, "石混": Structure.OTHER,
}  # fmt: skip

SAFETY_WORDS: Final[dict[str, str]] = {
    word: grade
    for grade in ("A", "B", "C", "D")
    for word in (grade, grade.lower(), f"{grade}级", f"{grade.lower()}级", f"{grade}级危房", f"{grade}级房屋")
} | {"一级": "A", "二级": "B", "三级": "C", "四级": "D", "安全": "A", "未鉴定": ""}

LAND_WORDS: Final[dict[str, str]] = {
    "水田": ParcelUse.PADDY, "田": ParcelUse.PADDY, "旱地": ParcelUse.DRY_FIELD, "土": ParcelUse.DRY_FIELD,
    "旱土": ParcelUse.DRY_FIELD, "坡耕地": ParcelUse.DRY_FIELD, "园地": ParcelUse.ORCHARD, "果园": ParcelUse.ORCHARD,
    "茶园": ParcelUse.ORCHARD, "林地": ParcelUse.FOREST, "草地": ParcelUse.GRASS, "坑塘": ParcelUse.POND,
    "水塘": ParcelUse.POND, "坑塘水面": ParcelUse.POND, "其他": ParcelUse.OTHER,
}  # fmt: skip

TRANSFER_WORDS: Final[dict[str, str]] = {
    "未流转": TransferKind.NONE, "否": TransferKind.NONE, "无": TransferKind.NONE, "自营": TransferKind.NONE,
    "自种": TransferKind.NONE, "出租": TransferKind.LEASE, "转包": TransferKind.LEASE,
    "出租(转包)": TransferKind.LEASE, "出租/转包": TransferKind.LEASE, "租赁": TransferKind.LEASE,
    "入股": TransferKind.SHARES, "股份合作": TransferKind.SHARES, "互换": TransferKind.SWAP,
    "转让": TransferKind.ASSIGNMENT, "托管": TransferKind.TRUST, "代耕": TransferKind.TRUST,
    "代耕代种": TransferKind.TRUST, "其他": TransferKind.OTHER,
}  # fmt: skip

PERSON_TAG_COLUMNS: Final = (
    "低保", "特困", "残疾人", "退役军人", "留守儿童", "空巢老人", "独居老人", "高龄老人", "孤儿", "大病",
)  # fmt: skip
"""Policy tags of a person that ledgers keep as a yes-or-no column."""

HOUSEHOLD_TAG_COLUMNS: Final = ("脱贫户", "监测户", "低保户", "易地搬迁户", "特困户")
"""Policy tags of a household that ledgers keep as a yes-or-no column."""


def is_household_tag(tag: str) -> bool:
    """Whether a stated tag belongs to the household (脱贫户) and not to the person (残疾人)."""
    return tag.endswith("户")
