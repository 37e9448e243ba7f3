"""An order for a sign maker: files in real size whose codes open their pages, logged, sealed, gone after delivery."""

import csv
import io
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import pypdfium2
import pytest
import segno
import zxingcpp
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from tests.doorplates.conftest import open_token
from tests.doorplates.village import NOW, VILLAGE
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.doorplates.actions import mark_printed, revoke_plate
from xiaoyuan.doorplates.choices import OrderState, PlateSize, PlateState
from xiaoyuan.doorplates.errors import (
    FilesGone,
    NothingToOrder,
    OrderStateRefused,
    PlatesEnded,
    PlatesOnOrder,
    PlatesWithoutAddress,
    StepRefused,
    TooManyPlates,
)
from xiaoyuan.doorplates.models import Doorplate, PrintOrder
from xiaoyuan.doorplates.on_site import install_plate
from xiaoyuan.doorplates.orders import (
    KEPT_FOR,
    cancel_order,
    expire_orders,
    fetch_file,
    make_again,
    make_order,
    mark_delivered,
    place_order,
)
from xiaoyuan.doorplates.sizes import MEASURES
from xiaoyuan.doorplates.tokens import scan_url
from xiaoyuan.register.errors import RowChanged
from xiaoyuan.register.models import StandardAddress
from xiaoyuan.vault.files import sealed_path

WHO: dict[str, Any] = {"actor": SYSTEM, "now": NOW}
BASE = "https://xiaoyuan.test"


@pytest.fixture(autouse=True)
def base(settings: Settings) -> None:
    settings.PLATE_BASE_URL = BASE


def order_of(plates: list[Doorplate], size: PlateSize = PlateSize.SMALL) -> PrintOrder:
    return place_order(plate_ids=[one.pk for one in plates], size=size, division_code=VILLAGE, **WHO)


def made(plates: list[Doorplate], size: PlateSize = PlateSize.SMALL) -> PrintOrder:
    order = order_of(plates, size)
    make_order(order.pk, now=NOW)
    return fresh(order)


def fresh(order: PrintOrder) -> PrintOrder:
    found: PrintOrder = PrintOrder.objects.unscoped("test").get(pk=order.pk)
    return found


def fetched(order: PrintOrder, key: str) -> bytes:
    return b"".join(fetch_file(order=order, key=key, **WHO))


def states() -> set[str]:
    return set(Doorplate.objects.unscoped("test").values_list("state", flat=True))


@pytest.mark.parametrize("size", PlateSize.values)
def test_each_page_is_as_large_as_its_plate_and_its_code_reads(
    plates: list[Doorplate], size: str, client: Client
) -> None:
    order, measure = made(plates[:2], PlateSize(size)), MEASURES[size]
    document = pypdfium2.PdfDocument(fetched(order, "pdf-1"))
    dpi = 120 if size == PlateSize.LARGE else 200
    try:
        assert len(document) == 2
        for number, plate in enumerate(plates[:2]):
            page = document[number]
            in_mm = [edge * 25.4 / 72 for edge in page.get_size()]
            assert in_mm == pytest.approx([measure.width_mm, measure.height_mm], abs=0.01)
            image = page.render(scale=dpi / 72).to_pil().convert("RGB")
            [code] = zxingcpp.read_barcodes(
                image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
            )
            assert code.text == scan_url(BASE, open_token(plate))
            assert client.get(urlsplit(code.text).path).status_code == 200
            corners = code.position
            width = (corners.top_right.x - corners.top_left.x) * 25.4 / dpi
            assert width == pytest.approx(measure.qr_mm, rel=0.03)
    finally:
        document.close()


def test_a_drawing_holds_the_code_module_by_module(plates: list[Doorplate]) -> None:
    order = made(plates[:3], PlateSize.MEDIUM)
    with ZipFile(io.BytesIO(fetched(order, "svg"))) as archive:
        assert archive.namelist() == [f"{plate.readable_code}.svg" for plate in plates[:3]]
        drawings = [archive.read(name).decode() for name in archive.namelist()]
    for plate, drawing in zip(plates, drawings, strict=False):
        assert 'width="270mm" height="170mm" viewBox="0 0 270 170"' in drawing
        assert plate.readable_code in drawing
        assert "辅助门牌" in drawing
        assert "不代替公安" in drawing
        matrix = [
            bytes(row)
            for row in segno.make(
                scan_url(BASE, open_token(plate)), error="q", micro=False, boost_error=False
            ).matrix
        ]
        path = re.search(r'<path fill="#000" d="([^"]+)"/>', drawing)
        assert path is not None
        drawn = [bytearray(len(matrix)) for _row in matrix]
        for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path[1]):
            drawn[int(y)][int(x) : int(x) + int(run)] = b"\x01" * int(run)
        assert [bytes(row) for row in drawn] == matrix


def test_the_list_names_code_address_and_web_address(plates: list[Doorplate]) -> None:
    order = made(plates)
    content = fetched(order, "csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))[1:]
    addresses = set(StandardAddress.objects.unscoped("test").values_list("text", flat=True))
    assert [row[0] for row in rows] == [plate.readable_code for plate in plates]
    assert {row[1] for row in rows} == addresses
    assert [row[2] for row in rows] == [scan_url(BASE, open_token(plate)) for plate in plates]


def test_plates_are_printed_when_they_were_delivered_not_before(
    plates: list[Doorplate], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    order = made(plates[:2])
    assert (order.state, order.progress_done) == (OrderState.READY, 2)
    assert states() == {PlateState.PLANNED}
    path = sealed_path(order.subject, "pdf-1")
    assert path.exists()
    assert open_token(plates[0]).encode() not in path.read_bytes()
    revoke_plate(plate=plates[1], reason="一牌多挂", **WHO)
    with pytest.raises(RowChanged):
        mark_delivered(order=order, row_version=order.row_version + 1, **WHO)
    with django_capture_on_commit_callbacks(execute=True):
        printed, ended = mark_delivered(order=order, row_version=order.row_version, **WHO)
    assert (printed, ended) == (1, [plates[1].readable_code])
    assert Doorplate.objects.unscoped("test").get(pk=plates[0].pk).state == PlateState.PRINTED
    assert not path.exists()
    with pytest.raises(FilesGone):
        fetched(fresh(order), "pdf-1")
    with pytest.raises(OrderStateRefused):
        mark_delivered(order=order, row_version=fresh(order).row_version, **WHO)


def test_every_download_is_in_the_log(plates: list[Doorplate]) -> None:
    order = made(plates[:1])
    fetched(order, "csv")
    entry = AuditEntry.objects.get(action="doorplates.order_download")
    assert (entry.object_id, entry.detail["file"]) == (order.pk, "csv")
    with pytest.raises(FilesGone):
        fetched(order, "../../etc")


def test_files_expire_and_can_be_made_again(
    plates: list[Doorplate], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    order = made(plates[:1])
    path = sealed_path(order.subject, "csv")
    assert expire_orders(now=NOW) == 0
    with pytest.raises(FilesGone):
        fetch_file(order=order, key="csv", actor=SYSTEM, now=NOW + KEPT_FOR)
    with django_capture_on_commit_callbacks(execute=True):
        assert expire_orders(now=NOW + KEPT_FOR) == 1
    assert not path.exists()
    assert expire_orders(now=NOW + KEPT_FOR) == 0
    later = NOW + KEPT_FOR + timedelta(hours=2)
    again = fresh(order)
    make_again(order=again, row_version=again.row_version, actor=SYSTEM, now=later)
    make_order(order.pk, now=later)
    content = b"".join(fetch_file(order=fresh(order), key="csv", actor=SYSTEM, now=later))
    assert plates[0].readable_code.encode() in content


def test_what_may_not_be_made_is_refused(plates: list[Doorplate], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingToOrder):
        order_of([])
    revoke_plate(plate=plates[0], reason="拆除", **WHO)
    with pytest.raises(PlatesEnded, match=plates[0].readable_code):
        order_of(plates)
    order_of(plates[1:3])
    with pytest.raises(PlatesOnOrder, match=plates[2].readable_code):
        order_of(plates[2:4])
    StandardAddress.objects.unscoped("test").filter(courtyard_id=plates[4].courtyard_id).delete()
    with pytest.raises(PlatesWithoutAddress):
        order_of(plates[4:5])
    mark_printed(plates=plates[5:6], **WHO)
    row = Doorplate.objects.unscoped("test").get(pk=plates[5].pk)
    install_plate(plate=row, row_version=row.row_version, lon=105.29, lat=27.3, **WHO)
    with pytest.raises(StepRefused):
        order_of([row])
    monkeypatch.setattr("xiaoyuan.doorplates.orders.MOST_A_JOB", 0)
    with pytest.raises(TooManyPlates):
        order_of(plates[6:])
    assert PrintOrder.objects.unscoped("test").count() == 1


def test_a_plate_revoked_before_the_files_are_made_stops_them(plates: list[Doorplate]) -> None:
    order = order_of(plates[:2])
    revoke_plate(plate=plates[0], reason="拆除", **WHO)
    make_order(order.pk, now=NOW)
    found = fresh(order)
    assert (found.state, found.files) == (OrderState.FAILED, [])
    assert plates[0].readable_code in found.failure


def test_an_order_called_off_frees_its_plates(plates: list[Doorplate]) -> None:
    order = made(plates[:2])
    cancel_order(order=order, row_version=order.row_version, **WHO)
    assert fresh(order).state == OrderState.CANCELLED
    second = order_of(plates[:2])
    assert second.number == order.number + 1


def test_a_damaged_plate_gets_new_metal_for_the_same_token(plates: list[Doorplate]) -> None:
    token = open_token(plates[0])
    Doorplate.objects.unscoped("test").filter(pk=plates[0].pk).update(state=PlateState.DAMAGED)
    order = made(plates[:1])
    mark_delivered(order=order, row_version=order.row_version, **WHO)
    row = Doorplate.objects.unscoped("test").get(pk=plates[0].pk)
    assert (row.state, open_token(row)) == (PlateState.PRINTED, token)


def test_a_large_order_is_cut_into_files(plates: list[Doorplate], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaoyuan.doorplates.order_files.PAGES_A_FILE", 3)
    order = made(plates)
    assert [file["key"] for file in order.files] == ["pdf-1", "pdf-2", "pdf-3", "svg", "csv"]
    assert len({file["name"] for file in order.files}) == 5
    last = pypdfium2.PdfDocument(fetched(order, "pdf-3"))
    try:
        assert len(last) == 1
    finally:
        last.close()
