"""The sample town as a newcomer gets it: its files are written, then imported by the commands a user runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.accounts.actions import create_user, grant_role
from xiaoyuan.accounts.choices import Role, ScopeKind
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.residents import issue_card
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.config.wiring import SAMPLE_REMOVERS
from xiaoyuan.doorplates import setup as doorplates
from xiaoyuan.doorplates.actions import issue_plates
from xiaoyuan.fieldwork import form_setup as forms
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.incidents import setup as incidents
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.notices import setup as notices
from xiaoyuan.points import setup as points
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.models import County, Membership
from xiaoyuan.register.setup import forget_subjects
from xiaoyuan.sample import generate
from xiaoyuan.twin.models import Scene

TOWN: Final = "520502103"
DETAILED: Final = ("520502103003", "520502103209")
WORKBOOKS: Final = (
    # A household ledger is a village's own and need not repeat its code in every row.
    ("户籍台账-双堰社区.xlsx", DETAILED[0]),
    ("户籍台账-螺蛳村.xlsx", DETAILED[1]),
    ("经营主体.xlsx", TOWN),
    ("观测.xlsx", TOWN),
)
PASSWORD: Final = "xiaoyuan-demo-2026"  # noqa: S105 - printed by the demo, refused in production


@dataclass(frozen=True)
class DemoUser:
    """A sign-in of the sample town."""

    username: str
    display_name: str
    role: Role
    scope_key: str


DEMO_USERS: Final = (
    DemoUser("operator", "运维 周工", Role.OPERATOR, ""),
    DemoUser("chen", "县干部 陈明", Role.COUNTY_OFFICER, "520502"),
    DemoUser("wang", "双堰社区文书 王芳", Role.VILLAGE_CLERK, DETAILED[0]),
    DemoUser("li", "螺蛳村网格员 李强", Role.GRID_WORKER, DETAILED[1]),
    DemoUser("zhang", "双堰居民 张伟", Role.RESIDENT, ""),
)

Step = tuple[str, Callable[[], Any]]


def is_ready() -> bool:
    """Whether the sample town stands: imported, shown and built."""
    return (
        County.objects.filter(code=TOWN[:6], shows_sample=True).exists()
        and Scene.objects.filter(key=TOWN).exclude(revision="").exists()
        and User.objects.filter(username=DEMO_USERS[-1].username).exists()
    )


def steps(actor: Actor, now: datetime) -> Iterator[Step]:
    """Yield `(what it does, do it)` in order; each can be repeated."""
    files = Path(settings.DATA_DIR) / "sample"
    sample = {"division": TOWN, "sample": True, "verbosity": 0}
    yield (
        _("division lists of Guizhou"),
        partial(call_command, "import_divisions", builtin="guizhou", verbosity=0),
    )
    yield _("writing the sample town's files"), partial(generate, files)
    yield _("places"), partial(_import_places, files)
    yield _("elevation"), partial(call_command, "import_terrain", str(files / "terrain.tif"), **sample)
    for name, code in WORKBOOKS:
        yield name, partial(call_command, "import_ledger", str(files / name), **{**sample, "division": code})
    yield _("doorplates"), partial(_issue_plates, actor, now)
    yield _("sign-ins"), partial(_make_users, actor, now)
    yield _("incidents and points"), partial(_make_governance, actor, now)
    yield _("3D scene"), partial(call_command, "build_twin", TOWN, verbosity=0)


def _issue_plates(actor: Actor, now: datetime) -> None:
    """Plan plates before what happens to them: the sample's plates have forty days behind them."""
    issue_plates(division_code=TOWN, actor=actor, now=now - timedelta(days=60))


def _make_governance(actor: Actor, now: datetime) -> None:
    for code in DETAILED:
        for domain in (doorplates, incidents, points, forms, notices):
            domain.seed_sample(division_code=code, actor=actor, now=now)


def _import_places(files: Path) -> None:
    call_command("import_places", str(files / "places.gpkg"), division=TOWN, sample=True, verbosity=0)
    County.objects.filter(pk=ensure_county(TOWN).pk).update(shows_sample=True)


def _make_users(actor: Actor, now: datetime) -> None:
    for demo_user in DEMO_USERS:
        if User.objects.filter(username=demo_user.username).exists():
            continue
        user = create_user(
            username=demo_user.username,
            password=PASSWORD,
            display_name=demo_user.display_name,
            actor=actor,
            now=now,
            is_sample=True,
        )
        if demo_user.role is Role.RESIDENT:
            _make_resident(user, actor, now)
            continue
        grant_role(
            user=user,
            role=demo_user.role,
            scope_kind=ScopeKind.DIVISION,
            scope_key=demo_user.scope_key,
            actor=actor,
            now=now,
        )


def _make_resident(user: User, actor: Actor, now: datetime) -> None:
    """Give a sign-in the card of the head of some sample household: only a card makes a resident."""
    head = (
        Membership.objects.unscoped("any sample household serves the demo resident")
        .filter(is_sample=True, relation_to_head=HEAD_OF_HOUSEHOLD, until__isnull=True)
        .filter(household__division_code=DETAILED[0], person__is_deceased=False)
        .select_related("household", "person")
        .order_by("household_id")
        .first()
    )
    if head is None:
        return
    issue_card(
        county_id=head.county_id,
        division_code=head.household.division_code,
        person_uid=head.person.person_uid,
        household_id=head.household_id,
        display_name=user.display_name,
        is_sample=True,
        user=user,
        actor=actor,
        now=now,
    )


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Take the sample out in one transaction; returns how many rows went, by what they were."""
    counts: dict[str, int] = {}
    with transaction.atomic():
        for remove in SAMPLE_REMOVERS:
            counts.update(remove(actor=actor, now=now))
        batches = ImportBatch.objects.filter(is_sample=True)
        forget_subjects(batches.values_list("subject", flat=True))
        batches.delete()
        FigureCell.objects.filter(is_sample=True).delete()
        counts["users"] = User.objects.filter(is_sample=True).count()
        User.objects.filter(is_sample=True).delete()
        record_audit(actor=actor, now=now, action="sample.remove", detail={"rows": sum(counts.values())})
    return counts
