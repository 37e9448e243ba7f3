"""Categories of a county with their service levels: a sensible list to begin with, then the county's own."""

from datetime import datetime
from typing import Final

from django.db import transaction

from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.incidents.errors import CategoryIncomplete, IncidentChanged
from xiaoyuan.incidents.models import IncidentCategory

CATEGORY: Final = "incidents.incidentcategory"
HELP: Final = "help"
FAKE_PLATE: Final = "fake_plate"
DAMAGED_PLATE: Final = "damaged_plate"
FIRST: Final = (
    # code, name, group, hours until answered, hours until done, offered to anybody, on public lists
    (HELP, "求助", "求助", 1, 24, True, False),
    ("road", "道路破损", "基础设施", 24, 168, True, True),
    ("lamp", "路灯不亮", "基础设施", 24, 120, True, True),
    ("water", "供水", "基础设施", 4, 48, True, True),
    ("power", "供电", "基础设施", 4, 48, True, True),
    ("garbage", "垃圾清运", "环境卫生", 24, 72, True, True),
    ("sewage", "污水、沟渠", "环境卫生", 24, 120, True, True),
    ("geohazard", "地质灾害隐患", "安全隐患", 1, 24, True, True),
    ("fire", "消防隐患", "安全隐患", 2, 48, True, True),
    ("dangerous_house", "危房", "安全隐患", 12, 120, True, False),
    ("animal", "动物伤人、走失", "其他", 12, 72, True, True),
    ("noise", "噪声扰民", "其他", 24, 72, True, False),
    ("dispute", "矛盾纠纷", "其他", 12, 240, True, False),
    (DAMAGED_PLATE, "门牌损坏", "门牌", 48, 240, True, True),
    (FAKE_PLATE, "假门牌", "门牌", 4, 72, True, False),
    ("other", "其他", "其他", 24, 168, True, False),
)
"""What a county begins with: invented hours, to be set by the county itself."""


@transaction.atomic
def ensure_categories(county_id: int) -> int:
    """Give a county the first list when it has none; returns how many were written."""
    if IncidentCategory.objects.filter(county_id=county_id).exists():
        return 0
    rows = [
        IncidentCategory(
            county_id=county_id,
            code=code,
            name=name,
            group=group,
            accept_hours=accept,
            finish_hours=finish,
            is_public=is_public,
            is_listed=is_listed,
            position=position,
        )
        for position, (code, name, group, accept, finish, is_public, is_listed) in enumerate(FIRST)
    ]
    # Two pages may be the first at once.
    IncidentCategory.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@transaction.atomic
def set_category(
    *,
    county_id: int,
    code: str,
    name: str,
    group: str,
    description: str,
    accept_hours: int,
    finish_hours: int,
    is_public: bool,
    is_listed: bool,
    is_active: bool,
    actor: Actor,
    now: datetime,
    category: IncidentCategory | None = None,
    row_version: int = 0,
) -> IncidentCategory:
    """Write a category or change one; deadlines of what was reported before stay. Raises `CategoryIncomplete`."""
    if not name.strip() or not code.strip() or min(accept_hours, finish_hours) < 1:
        raise CategoryIncomplete
    if category is None:
        row = IncidentCategory(county_id=county_id, code=code.strip()[:20])
        if IncidentCategory.objects.filter(county_id=county_id, code=row.code).exists():
            raise CategoryIncomplete
    else:
        row = IncidentCategory.objects.select_for_update().get(pk=category.pk)
        if row.row_version != row_version:
            raise IncidentChanged
        row.row_version += 1
    row.name, row.group, row.description = name.strip()[:40], group.strip()[:40], description.strip()[:200]
    row.accept_hours, row.finish_hours = accept_hours, finish_hours
    row.is_public, row.is_listed, row.is_active = is_public, is_listed, is_active
    row.save()
    after = {
        "name": row.name,
        "accept_hours": accept_hours,
        "finish_hours": finish_hours,
        "is_active": is_active,
    }
    operation = Operation.CREATE if category is None else Operation.UPDATE
    record_changes(
        county_id=county_id, actor=actor, now=now, changes=[Change(CATEGORY, row.pk, operation, after=after)]
    )
    record_audit(
        actor=actor,
        now=now,
        action="incidents.set_category",
        county_id=county_id,
        object_kind=CATEGORY,
        object_id=row.pk,
    )
    return row
