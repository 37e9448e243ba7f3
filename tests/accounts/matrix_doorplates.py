"""Routes of doorplates at the desk in the permission matrix."""

import io
from typing import Final

from django.test import override_settings
from django.utils import timezone
from PIL import Image

from tests.accounts.matrix_rows import CONSOLE, UNKNOWN, Route
from tests.cast import Place
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.attachments.actions import bind, store_photo
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.actions import OBJECT_KIND, mark_printed
from xiaoyuan.doorplates.batches import make_batch, open_batch
from xiaoyuan.doorplates.choices import PlateSize, PlateState
from xiaoyuan.doorplates.models import Doorplate, OrderedPlate, PlateBatch, PrintOrder
from xiaoyuan.doorplates.orders import make_order, place_order
from xiaoyuan.lib.flat_numbers import Flat
from xiaoyuan.register.models import StandardAddress

PLATES: Final = Permission.MANAGE_PLATES
HOME: Final = "/console/doorplates/"


def plate_in(place: Place) -> Doorplate:
    """Return a planned flat's plate of a village that stands on no order, a new one each time."""
    return flats_in(place).plates.unscoped("a test").get()  # type: ignore[no-any-return]  # the manager is untyped


def plate_that_waits(place: Place) -> Doorplate:
    """Return a printed plate that waits to be hung, beside one with the same address."""
    rows = Doorplate.objects.unscoped("a test").filter(courtyard=place.courtyard, building="")
    found: Doorplate = rows.get()
    if found.state == PlateState.PLANNED:
        mark_printed(plates=[found], actor=SYSTEM, now=timezone.now())
    texts = StandardAddress.objects.unscoped("a test").filter(division_code=place.code)
    texts.update(text=texts.order_by("pk")[0].text)
    return found


def flats_in(place: Place) -> PlateBatch:
    """Return a batch of one flat, a new one each time."""
    number = PlateBatch.objects.unscoped("a test").count() + 1
    made = open_batch(
        county_id=place.courtyard.county_id,
        division_code=place.code,
        is_sample=True,
        name=f"test {number}",
        courtyard=place.courtyard,
        flats=[Flat("1", "1", str(number))],
        actor=SYSTEM,
        now=timezone.now(),
    )
    make_batch(made.pk, now=timezone.now())
    return made


def order_in(place: Place, *, is_made: bool = True) -> PrintOrder:
    """Return an order of one plate, a new one each time; without files where nothing is fetched."""
    with override_settings(PLATE_BASE_URL="https://xiaoyuan.test"):
        made = place_order(
            plate_ids=[plate_in(place).pk],
            size=PlateSize.SMALL,
            division_code=place.code,
            actor=SYSTEM,
            now=timezone.now(),
        )
        if is_made:
            make_order(made.pk, now=timezone.now())
    found: PrintOrder = PrintOrder.objects.unscoped("a test").get(pk=made.pk)
    return found


def order_with_files(place: Place) -> PrintOrder:
    """Return an order whose files are there, the same each time: setting type takes a while."""
    found: PrintOrder | None = (
        PrintOrder.objects.unscoped("a test").filter(division_code=place.code, state="ready").first()
    )
    return found or order_in(place)


def waiting_order(place: Place) -> PrintOrder:
    """Return an order without files that can be called off, a new one each time."""
    return order_in(place, is_made=False)


def photo_of_plate(place: Place) -> str:
    """Return the name of a photo of a plate's damage."""
    out, now = io.BytesIO(), timezone.now()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    out.seek(0)
    row = store_photo(
        county_id=place.courtyard.county_id,
        division_code=place.code,
        is_sample=True,
        source=out,
        actor=SYSTEM,
        now=now,
    )
    plate = Doorplate.objects.unscoped("a test").filter(courtyard=place.courtyard).order_by("pk")[0]
    bind(public_ids=[row.public_id], object_kind=OBJECT_KIND, object_id=plate.pk, actor=SYSTEM, now=now)
    return str(row.public_id)


def batch_to_order(place: Place) -> str:
    """Return the id of a batch none of whose plates is on order."""
    batch = flats_in(place)
    assert not OrderedPlate.objects.filter(plate__batch=batch).exists()
    return str(batch.pk)


def _list(name: str = "") -> Route:
    return Route(
        PLATES if name else CONSOLE,
        lambda place: f"{HOME}{name}?division={place.code}",
        PLATES if name else CONSOLE,
        f"{HOME}{name}?division=990001009009",
    )


TABLE: Final[dict[str, Route]] = {
    "console/doorplates/": _list(),
    "console/doorplates/batches/": _list("batches/"),
    "console/doorplates/orders/": _list("orders/"),
    "console/doorplates/clashes/": _list("clashes/"),
    "console/doorplates/clashes.csv": _list("clashes.csv"),
    "console/doorplates/<int:plate_id>/": Route(
        CONSOLE, lambda place: f"{HOME}{plate_in(place).pk}/", CONSOLE, f"{HOME}{UNKNOWN}/"
    ),
    "console/doorplates/<int:plate_id>/official/": Route(
        PLATES,
        lambda place: f"{HOME}{plate_in(place).pk}/official/",
        PLATES,
        f"{HOME}{UNKNOWN}/official/",
        "post",
        lambda place: {"row_version": "1", "official_code": "GA-1"},
        302,
    ),
    # Verifying a plate that does not hang: whoever may is told that its state does not allow it.
    "console/doorplates/<int:plate_id>/steps/<slug:step>/": Route(
        CONSOLE,
        lambda place: f"{HOME}{plate_in(place).pk}/steps/verify/",
        CONSOLE,
        f"{HOME}{UNKNOWN}/steps/verify/",
        "post",
        lambda place: {"row_version": "1"},
        409,
    ),
    "console/doorplates/photos/<uuid:public_id>/": Route(
        CONSOLE,
        lambda place: f"{HOME}photos/{photo_of_plate(place)}/",
        CONSOLE,
        f"{HOME}photos/00000000-0000-4000-8000-000000000000/",
    ),
    "console/doorplates/batches/<int:batch_id>/": Route(
        PLATES, lambda place: f"{HOME}batches/{flats_in(place).pk}/", PLATES, f"{HOME}batches/{UNKNOWN}/"
    ),
    "console/doorplates/orders/new/": Route(
        PLATES,
        lambda place: f"{HOME}orders/new/",
        PLATES,
        f"{HOME}orders/new/",
        "post",
        lambda place: {"batch": batch_to_order(place), "size": "small"},
        302,
    ),
    "console/doorplates/orders/<int:order_id>/": Route(
        PLATES, lambda place: f"{HOME}orders/{waiting_order(place).pk}/", PLATES, f"{HOME}orders/{UNKNOWN}/"
    ),
    "console/doorplates/orders/<int:order_id>/files/<slug:key>/": Route(
        PLATES,
        lambda place: f"{HOME}orders/{order_with_files(place).pk}/files/csv/",
        PLATES,
        f"{HOME}orders/{UNKNOWN}/files/csv/",
    ),
    "console/doorplates/orders/<int:order_id>/<slug:step>/": Route(
        PLATES,
        lambda place: f"{HOME}orders/{waiting_order(place).pk}/cancel/",
        PLATES,
        f"{HOME}orders/{UNKNOWN}/cancel/",
        "post",
        lambda place: {"row_version": "1"},
        302,
    ),
    # Plates that do not contradict each other are accepted as they are by whoever answers for them.
    "console/doorplates/clashes/resolve/": Route(
        PLATES,
        lambda place: f"{HOME}clashes/resolve/",
        PLATES,
        f"{HOME}clashes/resolve/",
        "post",
        lambda place: {
            "kind": "same_address",
            "plates": str(plate_in(place).pk),
            "decision": "accept",
            "reason": "test",
            "division": place.code,
        },
        302,
    ),
}
