"""Households with their members, one row a person: the ledger that every office asks for."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from xiaoyuan.exports.sources import EXTRA, ExportSource, Selection
from xiaoyuan.register.choices import (
    EDUCATION,
    HEAD_OF_HOUSEHOLD,
    POLITICAL_STATUS,
    RELATIONS,
    AddressStatus,
    LeaveReason,
    MaritalStatus,
    ResidenceKind,
    Sex,
    Structure,
)
from xiaoyuan.register.exports.fields import BOOLEAN, CODE, DATE, DECIMAL, INTEGER, field, with_headings
from xiaoyuan.register.exports.selecting import (
    WHY,
    chunks,
    households_of,
    members_of,
    own,
    personal_extras,
    village_by_village,
)
from xiaoyuan.register.imports.ledgers.households import COLUMNS
from xiaoyuan.register.imports.ledgers.words import HOUSEHOLD_TAG_COLUMNS, PERSON_TAG_COLUMNS
from xiaoyuan.register.models import Household, Membership, PolicyTag, Residence, StandardAddress
from xiaoyuan.vault.actions import read_masked

SECRETS: Final = ("id_number", "phone", "bank_account")
SEX_LABELS: Final = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.NOT_STATED: "未说明"}
MARITAL_LABELS: Final = {
    MaritalStatus.SINGLE: "未婚", MaritalStatus.MARRIED: "已婚", MaritalStatus.FIRST_MARRIAGE: "初婚",
    MaritalStatus.REMARRIED: "再婚", MaritalStatus.REUNITED: "复婚", MaritalStatus.WIDOWED: "丧偶",
    MaritalStatus.DIVORCED: "离婚", MaritalStatus.NOT_STATED: "未说明",
}  # fmt: skip
STRUCTURE_LABELS: Final = {
    Structure.STEEL_CONCRETE: "钢混", Structure.BRICK_CONCRETE: "砖混", Structure.BRICK_TIMBER: "砖木",
    Structure.ADOBE: "土坯", Structure.CAVE: "窑洞", Structure.BAMBOO: "竹", Structure.OTHER: "其他",
}  # fmt: skip

FIELDS: Final = with_headings(
    (
        field("household_no", "户号", "household number", CODE, is_merged_down=True),
        field("name", "姓名", "name"),
        field("sex", "性别", "sex", codes=SEX_LABELS),
        field("id_number", "身份证号", "identity number", CODE),
        field("relation_to_head", "与户主关系", "relation to head (GB/T 4761)", codes=RELATIONS),
        field("birth_date", "出生日期", "date of birth", DATE),
        field("ethnicity", "民族", "ethnic group"),
        field("education", "文化程度", "education (GB/T 4658)", codes=EDUCATION),
        field("political_status", "政治面貌", "political status (GB/T 4762)", codes=POLITICAL_STATUS),
        field("marital_status", "婚姻状况", "marital status (GB/T 2261.2)", codes=MARITAL_LABELS),
        field("is_student", "在校学生", "at school", BOOLEAN),
        field("health", "健康状况", "health"),
        field("labour_capacity", "劳动能力", "labour capacity"),
        field("work_place", "务工地点", "place of work"),
        field("work_months", "务工时间", "months of work in a year", INTEGER, unit="月"),
        field("phone", "联系电话", "phone", CODE),
        field("bank_account", "银行账号", "bank account", CODE),
        field("is_resident", "是否常住", "lives here", BOOLEAN),
        field("tags", "政策标签", "policy tags of household and person"),
        *(
            field(f"tag:{tag}", tag, f"policy tag {tag}", BOOLEAN)
            for tag in (*PERSON_TAG_COLUMNS, *HOUSEHOLD_TAG_COLUMNS)
        ),
        field("division_code", "区划代码", "division code", CODE),
        field("group", "组别", "villager group", is_merged_down=True),
        field("courtyard", "院落编号", "courtyard number", CODE, is_merged_down=True),
        field(
            "address", "住址", "standard address", is_merged_down=True,
            aliases=("家庭住址", "家庭地址", "地址", "现住址", "详细地址"),
        ),
        field("head_name", "户主姓名", "name of the head", aliases=("户主",), is_merged_down=True),
        field(
            "household_size", "家庭人口", "persons in the household", INTEGER, unit="人", is_merged_down=True,
            aliases=("家庭人口数", "户人口数", "人口数", "家庭人口(人)"),
        ),
        field("dwelling_area_m2", "住房面积", "dwelling area", DECIMAL, unit="平方米", is_merged_down=True),
        field("dwelling_structure", "住房结构", "structure", codes=STRUCTURE_LABELS, is_merged_down=True),
        field("dwelling_year", "建房年份", "year of building", INTEGER, unit="年", is_merged_down=True),
        field("arable_mu", "耕地面积(亩)", "arable land", DECIMAL, unit="亩", is_merged_down=True),
        field("forest_mu", "林地面积(亩)", "forest land", DECIMAL, unit="亩", is_merged_down=True),
        field("main_crops", "主要作物", "main crops", is_merged_down=True),
        field("livestock", "养殖", "livestock", is_merged_down=True),
    ),
    COLUMNS,
)  # fmt: skip
_OF_HEAD_ROW: Final = (
    "dwelling_area_m2", "dwelling_structure", "dwelling_year", "arable_mu", "forest_mu", "main_crops", "livestock",
)  # fmt: skip
"""Facts of a household stand on its first row only: a column's sum is then the village's."""


def _count(selection: Selection) -> int:
    return members_of(selection).count()


def _rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
    for ids in village_by_village(households_of(selection)):
        yield from _rows_of(ids, selection)


def _rows_of(ids: Sequence[int], selection: Selection) -> Iterator[dict[str, Any]]:
    households = Household.objects.unscoped(WHY).filter(pk__in=ids).select_related("courtyard").order_by("pk")
    memberships = (
        Membership.objects.unscoped(WHY)
        .filter(household_id__in=ids, until__isnull=True, person__is_deceased=False)
        .select_related("person")
        .order_by("pk")
    )
    members: dict[int, list[Any]] = defaultdict(list)
    for membership in memberships:
        members[membership.household_id].append(membership)
    persons = [one.person for rows in members.values() for one in rows]
    facts = _Facts(ids, persons, selection)
    for household in households:
        ordered = sorted(members[household.pk], key=lambda one: one.relation_to_head != HEAD_OF_HOUSEHOLD)
        shared = facts.of_household(household, ordered)
        for place, membership in enumerate(ordered):
            row = {**shared, **facts.of_person(membership, household, is_first=place == 0)}
            if place:
                row.update(dict.fromkeys(_OF_HEAD_ROW))
            yield row


class _Facts:
    """Residences, tags, addresses and vault values of some households, read at once."""

    def __init__(self, household_ids: Sequence[int], persons: Sequence[Any], selection: Selection) -> None:
        ids = [person.pk for person in persons]
        self.residents: set[int] = set()
        self.tags: dict[int, dict[str, str]] = defaultdict(dict)
        for part in chunks(ids):
            residences = Residence.objects.unscoped(WHY).filter(
                person_id__in=part, kind=ResidenceKind.ACTUAL, until__isnull=True
            )
            self.residents.update(residences.values_list("person_id", flat=True))
            tags = PolicyTag.objects.unscoped(WHY).filter(person_id__in=part, until__isnull=True)
            for person_id, tag, detail in tags.order_by("pk").values_list("person_id", "tag", "detail"):
                self.tags[person_id][tag] = detail.get("stated", "")
        self.household_tags: dict[int, dict[str, str]] = defaultdict(dict)
        own_tags = PolicyTag.objects.unscoped(WHY).filter(household_id__in=household_ids, until__isnull=True)
        for household_id, tag, detail in own_tags.order_by("pk").values_list("household_id", "tag", "detail"):
            self.household_tags[household_id][tag] = detail.get("stated", "")
        addresses = StandardAddress.objects.unscoped(WHY).filter(
            courtyard__households__in=household_ids, status=AddressStatus.CURRENT
        )
        self.addresses = dict(addresses.values_list("courtyard_id", "text"))
        self.secrets = _secrets(persons, selection)

    def of_household(self, household: Any, members: Sequence[Any]) -> dict[str, Any]:
        """Return what every row of a household says."""
        head = next((one.person.name for one in members if one.relation_to_head == HEAD_OF_HOUSEHOLD), None)
        return {
            "household_id": household.pk,
            "household_no": household.household_no,
            "division_code": household.division_code,
            "group": household.group,
            "courtyard": household.courtyard.code if household.courtyard else None,
            "address": self.addresses.get(household.courtyard_id),
            "head_name": head,
            "household_size": len(members),
            "dwelling_area_m2": household.dwelling_area_m2,
            "dwelling_structure": STRUCTURE_LABELS.get(household.dwelling_structure),
            "dwelling_year": household.dwelling_year,
            "arable_mu": household.arable_mu,
            "forest_mu": household.forest_mu,
            "main_crops": household.main_crops,
            "livestock": household.livestock,
            **{f"tag:{tag}": tag in self.household_tags[household.pk] for tag in HOUSEHOLD_TAG_COLUMNS},
        }

    def of_person(self, membership: Any, household: Any, *, is_first: bool) -> dict[str, Any]:
        """Return what the row of one person says beside that."""
        person = membership.person
        tags = self.tags[person.pk]
        listed = {**(self.household_tags[household.pk] if is_first else {}), **tags}
        extra = {**(household.extra if is_first else {}), **person.extra}
        return {
            "person_id": person.pk,
            "name": person.name,
            "sex": SEX_LABELS.get(person.sex),
            "relation_to_head": RELATIONS.get(membership.relation_to_head, membership.relation_to_head),
            "birth_date": person.birth_date,
            "ethnicity": person.ethnicity,
            "education": EDUCATION.get(person.education),
            "political_status": POLITICAL_STATUS.get(person.political_status),
            "marital_status": MARITAL_LABELS.get(person.marital_status),
            "is_student": person.is_student,
            "health": person.health,
            "labour_capacity": person.labour_capacity,
            "work_place": person.work_place,
            "work_months": person.work_months,
            "is_resident": person.pk in self.residents,
            "tags": ";".join(f"{tag}({stated})" if stated else tag for tag, stated in listed.items()),
            **{f"tag:{tag}": tag in tags for tag in PERSON_TAG_COLUMNS},
            **{f"{EXTRA}{heading}": text for heading, text in extra.items()},
            **self.secrets.get(person.person_uid, {}),
        }


def _secrets(persons: Sequence[Any], selection: Selection) -> dict[Any, dict[str, Any]]:
    names = [name for name in SECRETS if selection.wants(name)]
    names += [key for key in selection.wanted if key.startswith(EXTRA)]
    found: dict[Any, dict[str, Any]] = {}
    for part in chunks(persons):
        subjects = [person.person_uid for person in part]
        held = [] if selection.wanted else personal_extras(selection.county_id, subjects)
        found.update(read_masked(county_id=selection.county_id, subjects=subjects, names=[*names, *held]))
    return found


PEOPLE: Final = ExportSource(
    key="people",
    label=_("households and members, one row a person"),
    fields=FIELDS,
    count=_count,
    persons=_count,
    rows=_rows,
    group_key="household_id",
    has_filters=True,
)

_FORMER_FIELDS: Final = (
    field("household_no", "户号", "household number", CODE),
    field("name", "姓名", "name"),
    field("id_number", "身份证号", "identity number", CODE),
    field("relation_to_head", "与户主关系", "relation to head (GB/T 4761)", codes=RELATIONS),
    field("since", "何时起", "member since", DATE),
    field("until", "何时止", "member until", DATE),
    field(
        "left_as",
        "离开原因",
        "why the person left",
        codes={one.value: one.value for one in LeaveReason if one},
    ),
    field("died_on", "死亡日期", "date of death", DATE),
    field("division_code", "区划代码", "division code", CODE),
)


def _former(selection: Selection) -> Any:
    return own(Membership, selection).filter(until__isnull=False)


def _former_rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
    for ids in village_by_village(_former(selection)):
        rows = list(
            Membership.objects.unscoped(WHY)
            .filter(pk__in=ids)
            .select_related("person", "household")
            .order_by("pk")
        )
        # Numbers of those who moved on are for the village where they are now.
        near = [row.person for row in rows if selection.scope.contains_division(row.person.division_code)]
        secrets = _secrets(near, selection)
        for row in rows:
            yield {
                "household_no": row.household.household_no,
                "name": row.person.name,
                "relation_to_head": RELATIONS.get(row.relation_to_head, row.relation_to_head),
                "since": row.since,
                "until": row.until,
                "left_as": row.left_as,
                "died_on": row.person.died_on,
                "division_code": row.division_code,
                **secrets.get(row.person.person_uid, {}),
            }


FORMER_MEMBERS: Final = ExportSource(
    key="former-members",
    label=_("former members of households"),
    fields=_FORMER_FIELDS,
    count=lambda selection: int(_former(selection).count()),
    persons=lambda selection: int(_former(selection).values("person_id").distinct().count()),
    rows=_former_rows,
)
