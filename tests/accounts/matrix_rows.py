"""What the table of routes asks for: rows of a village, made where nobody made them yet."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from django.utils import timezone

from tests.cast import Place
from tests.exports.layouts import layout_of
from tests.twin.plans import plan_of
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.exports.models import ExportFormat, ExportRequest, ExportStatus, ExportTemplate
from xiaoyuan.history.models import Revision
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.intake.pipeline import receive_file
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import Membership
from xiaoyuan.twin.model_files import model_folder
from xiaoyuan.twin.models import ImportedModel, SavedView

PUBLIC, SIGNED_IN, CONSOLE = Permission.PUBLIC, Permission.SIGNED_IN, Permission.CONSOLE
VIEW_PEOPLE, REVEAL, OPERATE = Permission.VIEW_PEOPLE, Permission.REVEAL_PERSONAL, Permission.OPERATE
EDIT, IMPORT = Permission.EDIT_PEOPLE, Permission.IMPORT_LEDGERS
PLACES = Permission.EDIT_PLACES
EXPORT, APPROVE = Permission.EXPORT_PEOPLE, Permission.APPROVE_EXPORTS
OPEN_SCENE: Final = "990001999"
"""Key of a scene that is public."""
UNKNOWN: Final = 2**52
"""A row id that no row has."""


@dataclass(frozen=True)
class Route:
    """How a route is asked for, what it declares, and which right decides about its rows (None: it has no rows)."""

    declared: Permission
    address: Callable[[Place], str]
    rows: Permission | None = None
    unknown: str = ""
    method: str = "get"
    body: Callable[[Place], dict[str, str]] = lambda place: {}
    ok: int = 200
    is_program: bool = False


def relative_of(place: Place) -> int:
    """Return another member of the household of a village's person."""
    rows = Membership.objects.unscoped("a test").filter(household=place.household)
    return int(rows.exclude(person=place.person).values_list("person_id", flat=True).order_by("pk")[0])


def step_in(place: Place) -> int:
    """Return a step of a village that changed nothing: it can be taken back by whoever may."""
    made, _is_new = Revision.objects.get_or_create(
        county_id=place.household.county_id,
        division_code=place.code,
        action="register.change_person",
        defaults={"actor_label": "test", "at": timezone.now()},
    )
    return made.pk


def place_step_in(place: Place) -> int:
    """Return a step on a place of a village that changed nothing, a new one each time."""
    made = Revision.objects.create(
        county_id=place.household.county_id,
        division_code=place.code,
        action="register.change_place",
        actor_label="test",
        at=timezone.now(),
    )
    return made.pk


def export_of(place: Place) -> int:
    """Return an export of a village that somebody else asked for and whose time is over."""
    made, _is_new = ExportRequest.objects.get_or_create(
        county_id=place.household.county_id,
        division_code=place.code,
        source_key="people",
        format=ExportFormat.XLSX,
        defaults={
            "status": ExportStatus.EXPIRED,
            "requested_by_label": "test",
            "requested_at": timezone.now(),
        },
    )
    return made.pk


def kept_plan(place: Place) -> int:
    """Return a road plan of a village, a new one each time: two routes change or remove it."""
    return plan_of(place.household.county_id, place.code).pk


def kept_view(place: Place) -> int:
    """Return a view of a village that its staff kept, a new one each time."""
    made = SavedView.objects.create(
        county_id=place.household.county_id,
        division_code=place.code,
        name="test",
        view="",
        created_at=timezone.now(),
        updated_at=timezone.now(),
    )
    return made.pk


def kept_model(place: Place) -> str:
    """Return the key of an internal model of a village, its one file written."""
    ImportedModel.objects.unscoped("a test").get_or_create(
        key=f"m{place.code}",
        defaults={
            "county_id": place.household.county_id,
            "division_code": place.code,
            "name": "test",
            "source_format": "3D Tiles 1.1",
            "entry": "one/tileset.json",
            "layer_class": LayerClass.INTERNAL,
            "min_lon": 105.0,
            "min_lat": 27.0,
            "max_lon": 105.1,
            "max_lat": 27.1,
            "created_at": timezone.now(),
            "updated_at": timezone.now(),
        },
    )
    folder = model_folder(f"m{place.code}") / "one"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tileset.json").write_text("{}")
    return f"m{place.code}"


def kept_layout(place: Place) -> ExportTemplate:
    """Return a superior's layout of a village, a new one each time: one route takes it out of use."""
    return layout_of(place.household.county_id, place.code)


def import_step(name: str, *, method: str = "post", ok: int = 302) -> Route:
    """Return the route of what a clerk does with an import."""
    return Route(
        IMPORT,
        lambda place: f"/console/imports/{ledger_of(place)}/{name}/",
        IMPORT,
        f"/console/imports/{UNKNOWN}/{name}/",
        method=method,
        ok=ok,
    )


def ledger_of(place: Place) -> int:
    """Return an import of a village that was received and waits to be read."""
    waiting = ImportBatch.objects.filter(division_code=place.code, status=BatchStatus.READING)
    known = waiting.values_list("pk", flat=True).first()
    if known is not None:
        return known
    made = receive_file(
        source=BytesIO("户号,姓名\n".encode()),
        file_name="户籍.csv",
        county_id=place.household.county_id,
        division_code=place.code,
        is_sample=True,
        actor=SYSTEM,
        now=timezone.now(),
    )
    return made.pk
