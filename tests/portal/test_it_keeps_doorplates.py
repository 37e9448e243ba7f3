"""Doorplates at the desk: found by old names too, planned, ordered, hung on the drawing, settled where they clash."""

import csv
import io
import re
from typing import Any

import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from tests.cast import OWN, SIBLING, Cast
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.doorplates.actions import mark_printed, replace_plate, revoke_plate
from xiaoyuan.doorplates.choices import OrderState, PlateState, WorkState
from xiaoyuan.doorplates.models import ClashDecision, Doorplate, PlateBatch, PlateInstallation, PrintOrder
from xiaoyuan.doorplates.on_site import INSTALLATION_KIND, bind_official_code
from xiaoyuan.register.models import Courtyard, Dwelling, Grid, Household, StandardAddress

pytestmark = pytest.mark.django_db
HOME = "/console/doorplates/"


@pytest.fixture(autouse=True)
def base(settings: Settings) -> None:
    settings.PLATE_BASE_URL = "https://xiaoyuan.test"


def as_user(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.users[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


def plates_in(code: str) -> list[Doorplate]:
    return list(Doorplate.objects.unscoped("test").filter(division_code=code).order_by("code"))


def fresh(plate: Doorplate) -> Doorplate:
    found: Doorplate = Doorplate.objects.unscoped("test").get(pk=plate.pk)
    return found


def codes_on(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a class="code" href="[^"]+">([^<]+)</a>', page)


def listed(client: Client, **asked: str) -> list[str]:
    return codes_on(client.get(HOME, {"division": OWN, **asked}).content.decode())


def step(client: Client, plate: Doorplate, name: str, **said: Any) -> int:
    body = {"row_version": str(fresh(plate).row_version), **said}
    return client.post(f"{HOME}{plate.pk}/steps/{name}/", body).status_code


def printed(plate: Doorplate) -> Doorplate:
    mark_printed(plates=[plate], actor=SYSTEM, now=timezone.now())
    return fresh(plate)


def photo() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(out, "JPEG")
    return SimpleUploadedFile("door.jpg", out.getvalue(), "image/jpeg")


def test_plates_are_found_by_code_address_and_every_former_name(cast: Cast) -> None:
    wang, plates = as_user(cast, "wang"), plates_in(OWN)
    everything = [plate.readable_code for plate in plates]
    assert listed(wang) == everything
    assert listed(wang, q=plates[1].readable_code) == [everything[1]]
    text = StandardAddress.objects.unscoped("test").get(courtyard_id=plates[2].courtyard_id).text
    assert listed(wang, q=text) == [everything[2]]
    for code in ("GA-1", "GA-2"):
        bind_official_code(
            plate=plates[0],
            row_version=fresh(plates[0]).row_version,
            official_code=code,
            actor=SYSTEM,
            now=timezone.now(),
        )
    assert listed(wang, q="GA-1") == listed(wang, q="GA-2") == [everything[0]]
    page = wang.get(f"{HOME}{plates[0].pk}/").content.decode()
    assert "曾用 GA-1" in page
    assert listed(wang, q="没有这个地方") == []


def test_states_are_counted_and_open_their_lists(cast: Cast) -> None:
    wang, plates = as_user(cast, "wang"), plates_in(OWN)
    printed(plates[0])
    revoke_plate(plate=plates[1], reason="拆除", actor=SYSTEM, now=timezone.now())
    page = wang.get(HOME, {"division": OWN}).content.decode()
    for state, label in (("planned", "已规划"), ("printed", "已印制"), ("revoked", "已注销")):
        found = re.search(rf'href="\?[^"]*state={state}[^"]*"[^>]*>([^<]+)<b>1</b>', page)
        assert found is not None, (state, label)
    assert listed(wang, state="revoked") == [plates[1].readable_code]
    assert listed(wang, state="nonsense") == [plate.readable_code for plate in plates]


def test_a_plate_is_hung_where_the_drawing_was_clicked(cast: Cast) -> None:
    li, plate = as_user(cast, "li"), printed(plates_in(OWN)[0])
    page = li.get(f"{HOME}{plate.pk}/").content.decode()
    assert 'type="image"' in page
    assert "点选安装位置" in page
    # The drawing is 280 px wide and 116 m; its middle is the middle of the courtyard.
    body = {"at.x": "180", "at.y": "104", "photo": photo(), "row_version": str(plate.row_version)}
    assert li.post(f"{HOME}{plate.pk}/steps/install/", body).status_code == 302
    assert fresh(plate).state == PlateState.INSTALLED
    hung = PlateInstallation.objects.unscoped("test").get(plate=plate)
    courtyard = fresh(plate).courtyard
    middle = shapely.from_wkb(bytes(courtyard.wkb or b"")).envelope.centroid
    assert (hung.lon - middle.x) * 111_320 * 0.8886 == pytest.approx(40 * 116 / 280, abs=0.3)
    assert (hung.lat - middle.y) * 111_320 == pytest.approx(0, abs=0.4)
    [kept] = Attachment.objects.filter(object_kind=INSTALLATION_KIND, object_id=hung.pk)
    answer = li.get(f"{HOME}photos/{kept.public_id}/")
    assert answer.content.startswith(b"\xff\xd8")
    assert AuditEntry.objects.filter(action="attachments.open", object_id=plate.pk).count() == 1
    assert as_user(cast, "chen").get(f"{HOME}photos/{kept.public_id}/?small").status_code == 200
    shown = li.get(f"{HOME}{plate.pk}/").content.decode()
    assert str(kept.public_id) in shown
    assert "<circle" in shown


def test_a_key_on_the_drawing_or_a_place_that_is_none_writes_nothing(cast: Cast) -> None:
    li, plate = as_user(cast, "li"), printed(plates_in(OWN)[0])
    assert step(li, plate, "install", **{"at.x": "0", "at.y": "0"}) == 400
    assert step(li, plate, "install", lat="27.3") == 400
    assert step(li, plate, "install", lat="nan", lon="105") == 400
    assert step(li, plate, "install", photo=SimpleUploadedFile("x.jpg", b"no photo"), where="middle") == 400
    assert fresh(plate).state == PlateState.PRINTED
    assert not Attachment.objects.exists()
    assert step(li, plate, "install", where="middle") == 302
    assert step(li, plate, "verify") == 302
    assert step(li, plate, "report_damage", reason="被车撞弯", photo=photo()) == 302
    page = li.get(f"{HOME}{plate.pk}/").content.decode()
    assert "被车撞弯" in page
    assert page.count("/photos/") == 2


def test_who_does_not_answer_for_plates_revokes_none(cast: Cast) -> None:
    li, wang, plate = as_user(cast, "li"), as_user(cast, "wang"), plates_in(OWN)[0]
    assert step(li, plate, "revoke", reason="x") == 403
    assert step(wang, plate, "revoke", reason=" ") == 400
    assert step(wang, plate, "nonsense") == 404
    assert step(wang, plate, "print") == 404
    stale = {"row_version": "99", "reason": "拆除"}
    assert wang.post(f"{HOME}{plate.pk}/steps/revoke/", stale).status_code == 409
    assert step(wang, plate, "revoke", reason="拆除") == 302
    page = wang.get(f"{HOME}{plate.pk}/").content.decode()
    assert "拆除" in page
    assert "村文书 王芳" in page


def test_a_replaced_plate_leads_to_its_successor(cast: Cast) -> None:
    wang, plate = as_user(cast, "wang"), printed(plates_in(OWN)[0])
    assert step(wang, plate, "replace", reason="磨损") == 302
    new = fresh(plate).successor
    assert new is not None
    assert new.readable_code in wang.get(f"{HOME}{plate.pk}/").content.decode()
    assert plate.readable_code in wang.get(f"{HOME}{new.pk}/").content.decode()


def test_households_are_shown_to_who_may_see_people(cast: Cast) -> None:
    plate = Doorplate.objects.unscoped("test").get(courtyard=cast.own.courtyard)
    page = as_user(cast, "wang").get(f"{HOME}{plate.pk}/").content.decode()
    assert "张伟" in page
    assert "王国强" in page
    assert "2 户" in page
    without = as_user(cast, "operator").get(f"{HOME}{plate.pk}/").content.decode()
    assert "张伟" not in without
    assert "王国强" not in without


def test_an_empty_house_and_a_vacant_one_say_so(cast: Cast) -> None:
    wang, plates = as_user(cast, "wang"), plates_in(OWN)
    empty = next(plate for plate in plates if plate.courtyard_id != cast.own.courtyard.pk)
    assert "未登记住户" in wang.get(f"{HOME}{empty.pk}/").content.decode()
    plate = next(plate for plate in plates if plate.courtyard_id == cast.own.courtyard.pk)
    household = cast.own.household
    Dwelling.objects.create(
        county_id=household.county_id,
        division_code=OWN,
        is_sample=True,
        created_at=timezone.now(),
        updated_at=timezone.now(),
        household=household,
        dwelling_no="1",
        is_vacant=True,
    )
    page = wang.get(f"{HOME}{plate.pk}/").content.decode()
    assert "登记为空置" in page
    assert "张伟" in page


def flats_body(cast: Cast, **said: str) -> dict[str, str]:
    return {
        "division": OWN,
        "community": str(cast.own.courtyard.pk),
        "level": "room",
        "buildings": "1-2",
        "units": "1，2",
        "rooms": "101-103 201",
        "name": "搬迁小区",
        **said,
    }


def test_flats_of_a_community_are_planned_and_show_who_lives_in_them(cast: Cast) -> None:
    wang = as_user(cast, "wang")
    answer = wang.post(f"{HOME}batches/", flats_body(cast))
    assert answer.status_code == 302
    batch = PlateBatch.objects.unscoped("test").get(name="搬迁小区")
    assert (batch.state, batch.progress_done) == (WorkState.DONE, 16)
    assert len(listed(wang, batch=str(batch.pk))) == 16
    [code] = listed(wang, q="2栋1单元103室")
    flat = Doorplate.objects.unscoped("test").get(building="2", unit="1", room="103")
    assert flat.readable_code == code
    household = Household.objects.unscoped("test").get(pk=cast.own.household.pk)
    Dwelling.objects.create(
        county_id=household.county_id,
        division_code=OWN,
        is_sample=True,
        created_at=timezone.now(),
        updated_at=timezone.now(),
        household=household,
        dwelling_no="2幢1单元103",
    )
    page = wang.get(f"{HOME}{flat.pk}/").content.decode()
    assert "双堰社区居民委员会一组1号2栋1单元103室" in page
    assert "张伟" in page
    assert "王国强" not in page
    other = Doorplate.objects.unscoped("test").get(building="2", unit="1", room="102")
    assert "张伟" not in wang.get(f"{HOME}{other.pk}/").content.decode()


@pytest.mark.parametrize(
    "said", [{"community": "0"}, {"buildings": ""}, {"rooms": "1-9999"}, {"level": "floor"}, {"rooms": ""}]
)
def test_flats_that_cannot_be_read_are_refused(cast: Cast, said: dict[str, str]) -> None:
    answer = as_user(cast, "wang").post(f"{HOME}batches/", flats_body(cast, **said))
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not PlateBatch.objects.unscoped("test").exists()


def test_a_batch_is_ordered_fetched_and_delivered(cast: Cast) -> None:
    wang = as_user(cast, "wang")
    for plate in plates_in(OWN):
        revoke_plate(plate=plate, reason="重编", actor=SYSTEM, now=timezone.now())
    assert wang.post(f"{HOME}batches/", {"division": OWN, "name": "双堰一批"}).status_code == 302
    batch = PlateBatch.objects.unscoped("test").get()
    answer = wang.post(f"{HOME}orders/new/", {"batch": str(batch.pk), "size": "medium", "words": "铝板"})
    assert answer.status_code == 302
    order = PrintOrder.objects.unscoped("test").get()
    assert (order.state, order.plate_count, order.size) == (OrderState.READY, 3, "medium")
    page = wang.get(answer["Location"]).content.decode()
    assert "铝板" in page
    for file in order.files:
        fetched = wang.get(f"{HOME}orders/{order.pk}/files/{file['key']}/")
        assert len(b"".join(fetched)) == file["size"]
    assert AuditEntry.objects.filter(action="doorplates.order_download").count() == 3
    assert wang.post(f"{HOME}orders/new/", {"batch": str(batch.pk), "size": "small"}).status_code == 400
    body = {"row_version": str(order.row_version)}
    assert wang.post(f"{HOME}orders/{order.pk}/delivered/", body).status_code == 302
    assert wang.post(f"{HOME}orders/{order.pk}/delivered/", body).status_code == 409
    assert set(batch.plates.unscoped("test").values_list("state", flat=True)) == {PlateState.PRINTED}
    assert wang.get(f"{HOME}orders/{order.pk}/files/csv/").status_code == 400
    assert wang.post(f"{HOME}orders/{order.pk}/nonsense/", body).status_code == 404
    assert "制作单 1" in wang.get(f"{HOME}orders/", {"division": OWN}).content.decode()


def test_a_batch_of_a_grid_is_planned_within_the_village_only(cast: Cast) -> None:
    wang = as_user(cast, "wang")
    for plate in plates_in(OWN):
        revoke_plate(plate=plate, reason="重编", actor=SYSTEM, now=timezone.now())
    grids = [
        Grid.objects.create(
            county_id=cast.own.courtyard.county_id,
            division_code=code,
            is_sample=True,
            created_at=timezone.now(),
            updated_at=timezone.now(),
            code=f"{code}001",
            name="一网格",
        )
        for code in (OWN, SIBLING)
    ]
    Courtyard.objects.unscoped("test").filter(pk=cast.own.courtyard.pk).update(grid=grids[0])
    assert "一网格" in wang.get(f"{HOME}batches/", {"division": OWN}).content.decode()
    body = {"division": OWN, "grid": str(grids[1].pk)}
    assert wang.post(f"{HOME}batches/", body).status_code == 404
    assert wang.post(f"{HOME}batches/", {"division": OWN, "grid": str(grids[0].pk)}).status_code == 302
    live = Doorplate.objects.unscoped("test").filter(division_code=OWN, revoked_at__isnull=True)
    assert [plate.courtyard_id for plate in live] == [cast.own.courtyard.pk]


def test_others_see_no_order_of_the_village(cast: Cast) -> None:
    wang = as_user(cast, "wang")
    wang.post(f"{HOME}orders/new/", {"plate": str(plates_in(OWN)[0].pk), "size": "small"})
    order = PrintOrder.objects.unscoped("test").get()
    assert as_user(cast, "li").get(f"{HOME}orders/{order.pk}/").status_code == 403
    assert as_user(cast, "li").get(f"{HOME}orders/{order.pk}/files/csv/").status_code == 403
    assert as_user(cast, "wang").get(f"{HOME}orders/", {"division": SIBLING}).status_code == 404
    foreign = plates_in(SIBLING)[0]
    assert wang.post(f"{HOME}orders/new/", {"plate": str(foreign.pk)}).status_code == 404


def same_address(first: Doorplate, second: Doorplate) -> str:
    rows = StandardAddress.objects.unscoped("test")
    text: str = rows.get(courtyard_id=first.courtyard_id).text
    rows.filter(courtyard_id=second.courtyard_id).update(text=text)
    return text


def settle(client: Client, plates: list[Doorplate], decision: str, **said: str) -> int:
    body = {
        "kind": "same_address",
        "plates": ",".join(str(plate.pk) for plate in plates),
        "decision": decision,
        "reason": "现场核对",
        "division": OWN,
        **said,
    }
    return client.post(f"{HOME}clashes/resolve/", body).status_code


def test_a_clash_is_listed_exported_and_settled_by_revoking_one(cast: Cast) -> None:
    wang, plates = as_user(cast, "wang"), plates_in(OWN)[:2]
    text = same_address(*plates)
    page = wang.get(f"{HOME}clashes/", {"division": OWN}).content.decode()
    assert "一址两牌" in page
    content = wang.get(f"{HOME}clashes.csv", {"division": OWN}).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    assert [row[3] for row in rows[1:]] == [plate.readable_code for plate in plates]
    assert {row[2] for row in rows[1:]} == {text}
    assert settle(wang, plates, f"revoke:{plates[1].pk}", reason="") == 409
    assert settle(wang, plates, "nonsense") == 409
    assert settle(wang, plates, "revoke:7") == 409
    assert settle(wang, plates, f"revoke:{plates[1].pk}") == 302
    assert [fresh(plate).state for plate in plates] == [PlateState.PLANNED, PlateState.REVOKED]
    page = wang.get(f"{HOME}clashes/", {"division": OWN}).content.decode()
    assert "没有互相矛盾的门牌" in page
    assert "现场核对" in page
    assert settle(wang, plates, f"revoke:{plates[0].pk}") == 409  # one is out of use: look again


def test_a_clash_is_settled_by_the_right_address_and_the_old_one_still_finds_it(cast: Cast) -> None:
    wang, plates = as_user(cast, "wang"), plates_in(OWN)[:2]
    text = same_address(*plates)
    assert settle(wang, plates, f"correct_address:{plates[1].pk}", address="") == 409
    right = {"address": "双堰社区一组88号", "house_number": "88号"}
    assert settle(wang, plates, f"correct_address:{plates[1].pk}", **right) == 302
    assert "没有互相矛盾" in wang.get(f"{HOME}clashes/", {"division": OWN}).content.decode()
    assert listed(wang, q="一组88号") == [plates[1].readable_code]
    assert plates[1].readable_code in listed(wang, q=text)
    page = wang.get(f"{HOME}{plates[1].pk}/").content.decode()
    assert text in page
    assert "仍可按此查到" in page


def test_what_is_right_as_it_is_is_not_listed_again(cast: Cast) -> None:
    wang, plates = as_user(cast, "wang"), plates_in(OWN)[:2]
    same_address(*plates)
    assert settle(wang, plates, "accept") == 302
    assert "没有互相矛盾" in wang.get(f"{HOME}clashes/", {"division": OWN}).content.decode()
    assert ClashDecision.objects.unscoped("test").get().by_label == "村文书 王芳"
    assert settle(wang, [*plates, plates_in(SIBLING)[0]], "accept") == 404


def test_nothing_planned_is_said_with_what_to_do(cast: Cast) -> None:
    Doorplate.objects.unscoped("test").all().delete()
    page = as_user(cast, "wang").get(HOME, {"division": OWN}).content.decode()
    assert "这里还没有计划门牌" in page


def test_a_replacement_made_elsewhere_is_found_from_the_old_address(cast: Cast) -> None:
    wang, plate = as_user(cast, "wang"), printed(plates_in(OWN)[0])
    new = replace_plate(plate=plate, reason="磨损", actor=SYSTEM, now=timezone.now())
    assert {plate.readable_code, new.readable_code} <= set(listed(wang))
