"""A sheet is what it says in millimetres: its QR codes are read back from the raster and open the page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pypdfium2
import pytest
import segno
import zxingcpp
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image

from tests.doorplates.village import NOW, VILLAGE, Village, make_village
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.doorplates import printing
from xiaoyuan.doorplates.actions import issue_plates, revoke_plate
from xiaoyuan.doorplates.checks import check_print_font
from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.doorplates.errors import CharactersMissing, PlateAddressUnusable, PrintFailed
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.printing import HouseNumber, PlateFace, check_base_url, set_sheets, split_number
from xiaoyuan.doorplates.tokens import new_token, scan_url
from xiaoyuan.lib.fonts import FontMissing, PrintFont, chinese_font
from xiaoyuan.register.models import StandardAddress

DPI = 300
MM = DPI / 25.4
LONG_BASE = "https://xiaoyuan.example.gov.cn"[:30]
GROUND = (11, 78, 162)


def raster(pdf: bytes) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=DPI / 72).to_pil().convert("RGB") for page in document]
    finally:
        document.close()


def words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


@dataclass
class Code:
    """A QR code as a reader saw it: text, level and the four corners in millimetres."""

    text: str
    level: str
    corners: list[tuple[float, float]]


def read(image: Image.Image) -> list[Code]:
    def corner(point: Any) -> tuple[float, float]:
        return point.x / MM, point.y / MM

    return [
        Code(
            found.text,
            found.ec_level,
            [
                corner(found.position.top_left),
                corner(found.position.top_right),
                corner(found.position.bottom_right),
            ],
        )
        for found in zxingcpp.read_barcodes(
            image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
    ]


def dark_box(image: Image.Image, corners: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Return the box in millimetres of black modules around a code, measured on the pixels themselves."""
    left, top = corners[0][0] - 4, corners[0][1] - 4
    right, bottom = corners[2][0] + 4, corners[2][1] + 4
    part = image.crop((round(left * MM), round(top * MM), round(right * MM), round(bottom * MM)))
    ink = part.convert("L").point(lambda value: 255 if value < 40 else 0)
    box = ink.getbbox()
    assert box is not None
    return (left + box[0] / MM, top + box[1] / MM, left + box[2] / MM, top + box[3] / MM)


def print_to(out: Path, *arguments: str) -> str:
    said = StringIO()
    call_command("print_plates", VILLAGE, "--out", str(out), *arguments, stdout=said)
    return said.getvalue()


def states() -> set[str]:
    return set(Doorplate.objects.unscoped("test").values_list("state", flat=True))


def test_every_code_on_the_sheets_opens_its_page(
    client: Client, plates: list[Doorplate], tmp_path: Path
) -> None:
    out = tmp_path / "plates.pdf"
    print_to(out)
    pages = raster(out.read_bytes())
    assert len(pages) == 3
    assert all(page.size == pytest.approx((210 * MM, 297 * MM), abs=2) for page in pages)
    read_back = [code for page in pages for code in read(page)]
    assert len(read_back) == len(plates)
    addresses = set(StandardAddress.objects.unscoped("test").values_list("text", flat=True))
    shown = []
    for code in read_back:
        response = client.get(urlsplit(code.text).path)
        assert response.status_code == 200
        page = response.content.decode()
        shown += [address for address in addresses if f'<p class="address">{address}</p>' in page]
    assert sorted(shown) == sorted(addresses)
    assert len(shown) == len(plates)


def test_a_code_is_40_mm_with_its_quiet_zone_at_level_q(plates: list[Doorplate], tmp_path: Path) -> None:
    out = tmp_path / "plates.pdf"
    print_to(out, "--limit", "3")
    (page,) = raster(out.read_bytes())
    for code in read(page):
        left, top, right, bottom = dark_box(page, code.corners)
        assert right - left == pytest.approx(40, abs=0.5)
        assert bottom - top == pytest.approx(40, abs=0.5)
        assert code.level == "Q"
        modules = segno.make(code.text, error="q", boost_error=False).symbol_size(border=0)[0]
        quiet = 4 * 40 / modules
        for x, y in ((left - quiet, top), (right + quiet, top), (left, top - quiet), (left, bottom + quiet)):
            inwards = (0.15 if x < left else -0.15, 0.15 if y < top else -0.15)
            assert page.getpixel((round((x + inwards[0]) * MM), round((y + inwards[1]) * MM))) == (
                255,
                255,
                255,
            )


def test_a_plate_is_150_by_90_mm_between_its_crop_marks(plates: list[Doorplate], tmp_path: Path) -> None:
    out = tmp_path / "plates.pdf"
    print_to(out, "--limit", "3")
    (page,) = raster(out.read_bytes())
    x_of_marks = round(24 * MM)
    grey = np.asarray(page.convert("L"))
    marks: list[int] = np.flatnonzero(grey[:, x_of_marks] < 128).tolist()
    lines = [y / MM for place, y in enumerate(marks) if place == 0 or y - marks[place - 1] > 2]
    assert len(lines) == 6
    for top, bottom in zip(lines[::2], lines[1::2], strict=True):
        assert bottom - top == pytest.approx(90, abs=0.2)
        for x in (30.2, 179.8):
            assert page.getpixel((round(x * MM), round((top + 1) * MM))) == GROUND


def test_the_longest_address_still_fits_and_reads(tmp_path: Path) -> None:
    url = scan_url(LONG_BASE, new_token())
    assert len(url) == printing.LONGEST_URL - 1
    face = PlateFace(
        "双堰社区", "三组", "附1288-12号", "贵州省毕节市七星关区朱昌镇双堰社区三组附1288-12号" * 2, "c", url
    )
    (page,) = raster(set_sheets([face], title="").pdf)
    (code,) = read(page)
    assert code.text == url
    assert dark_box(page, code.corners)[2] - dark_box(page, code.corners)[0] == pytest.approx(40, abs=0.5)


def test_the_sheet_says_what_the_plate_is(plates: list[Doorplate], tmp_path: Path) -> None:
    out = tmp_path / "plates.pdf"
    print_to(out, "--limit", "1")
    text = words(out.read_bytes())
    assert "辅助门牌" in text
    assert text.replace(" ", "").count("样例") == 2  # across it and on a flag
    for part in ("双堰社区", "三组", "贵州省毕节市七星关区朱昌镇双堰社区三组1号"):
        assert part in text
    assert re.search(r"520502103003-00001-[0-9A-Y]", text)


def test_type_is_embedded_and_of_one_family(plates: list[Doorplate], tmp_path: Path) -> None:
    out = tmp_path / "plates.pdf"
    print_to(out)
    names = re.findall(rb"/FontName/([A-Z]{6}\+[\w-]+)", out.read_bytes())
    assert names
    assert all(b"NotoSansCJKsc" in name for name in names)
    assert len(re.findall(rb"/FontFile3? ", out.read_bytes())) == len(names)


def test_printed_plates_are_marked_once(plates: list[Doorplate], tmp_path: Path) -> None:
    print_to(tmp_path / "one.pdf", "--limit", "2")
    printed = Doorplate.objects.unscoped("test").filter(state=PlateState.PRINTED)
    assert printed.count() == 2
    assert all(plate.printed_at for plate in printed)
    assert AuditEntry.objects.get(action="doorplates.print").detail["plates"] == 2
    print_to(tmp_path / "rest.pdf")
    assert states() == {PlateState.PRINTED}
    with pytest.raises(CommandError):
        print_to(tmp_path / "none.pdf")
    assert not (tmp_path / "none.pdf").exists()
    print_to(tmp_path / "again.pdf", "--again")
    assert len(read(raster((tmp_path / "again.pdf").read_bytes())[0])) == 3


def test_a_large_job_goes_on_where_it_stopped(
    plates: list[Doorplate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaoyuan.doorplates.print_job.MOST_A_JOB", 4)
    assert "3" in print_to(tmp_path / "one.pdf").splitlines()[1]
    assert len(print_to(tmp_path / "two.pdf").splitlines()) == 1
    codes = [
        code.text
        for name in ("one", "two")
        for page in raster((tmp_path / f"{name}.pdf").read_bytes())
        for code in read(page)
    ]
    assert len(codes) == len(set(codes)) == len(plates)


def test_a_proof_marks_nothing(plates: list[Doorplate], tmp_path: Path) -> None:
    print_to(tmp_path / "proof.pdf", "--proof")
    assert states() == {PlateState.PLANNED}


def test_named_courtyards_only(client: Client, plates: list[Doorplate], tmp_path: Path) -> None:
    wanted = [plates[4].courtyard.code, plates[1].courtyard.code]
    print_to(tmp_path / "two.pdf", "--courtyard", wanted[0], "--courtyard", wanted[1])
    assert len(read(raster((tmp_path / "two.pdf").read_bytes())[0])) == 2
    with pytest.raises(CommandError, match="no-such"):
        print_to(tmp_path / "none.pdf", "--courtyard", "no-such")


def test_an_ended_plate_is_never_printed(plates: list[Doorplate], tmp_path: Path) -> None:
    for plate in plates[1:]:
        revoke_plate(plate=plate, reason="test", actor=SYSTEM, now=NOW)
    print_to(tmp_path / "one.pdf", "--proof")
    assert len(read(raster((tmp_path / "one.pdf").read_bytes())[0])) == 1


def test_a_courtyard_without_address_is_left_out_and_named(plates: list[Doorplate], tmp_path: Path) -> None:
    StandardAddress.objects.unscoped("test").filter(courtyard=plates[0].courtyard).delete()
    said = print_to(tmp_path / "plates.pdf")
    assert plates[0].courtyard.code in said
    assert Doorplate.objects.unscoped("test").get(state=PlateState.PLANNED) == plates[0]


def test_the_file_is_for_its_owner_only(plates: list[Doorplate], tmp_path: Path) -> None:
    print_to(tmp_path / "plates.pdf")
    assert (tmp_path / "plates.pdf").stat().st_mode & 0o077 == 0


def test_a_folder_that_is_not_there_is_named_and_marks_nothing(
    plates: list[Doorplate], tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="missing"):
        print_to(tmp_path / "missing" / "plates.pdf")
    assert states() == {PlateState.PLANNED}


def test_plates_for_use_need_an_address_for_use(settings: Any, tmp_path: Path, db: None) -> None:
    make_village(1, is_sample=False)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    settings.IS_DEMO = False
    for address in ("", "http://village.example.cn", "https://" + "a" * 23, "ftp://village.cn", "village.cn"):
        settings.PLATE_BASE_URL = address
        with pytest.raises(CommandError, match="PLATE_BASE_URL"):
            print_to(tmp_path / "plates.pdf")
    assert states() == {PlateState.PLANNED}
    settings.PLATE_BASE_URL = "https://village.example.cn"
    print_to(tmp_path / "plates.pdf")
    (code,) = read(raster((tmp_path / "plates.pdf").read_bytes())[0])
    assert code.text.startswith("https://village.example.cn/d/")
    assert "样例" not in words((tmp_path / "plates.pdf").read_bytes())


def test_a_trial_on_a_machine_at_hand_says_so(settings: Any, tmp_path: Path, db: None) -> None:
    make_village(1, is_sample=False)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    settings.IS_DEMO = False
    settings.PLATE_BASE_URL = "http://127.0.0.1:8000"
    print_to(tmp_path / "plates.pdf", "--proof")
    assert "试印" in words((tmp_path / "plates.pdf").read_bytes())


def test_a_sample_may_lead_to_a_machine_at_hand() -> None:
    check_base_url("http://127.0.0.1:8000", is_for_use=False)
    with pytest.raises(PlateAddressUnusable):
        check_base_url("http://127.0.0.1:8000", is_for_use=True)


def test_a_substitute_typeface_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_there() -> PrintFont:
        return replace(chinese_font(), family="No Such Typeface")

    monkeypatch.setattr(printing, "chinese_font", none_there)
    face = PlateFace("双堰社区", "", "1号", "双堰社区1号", "c", scan_url(LONG_BASE, new_token()))
    with pytest.raises(PrintFailed, match=r"(?i)no such typeface"):
        set_sheets([face], title="")


def test_a_character_that_the_typeface_lacks_is_refused() -> None:
    face = PlateFace("\U0002ceb0村", "", "1号", "\U0002ceb0村1号", "c", scan_url(LONG_BASE, new_token()))
    with pytest.raises(CharactersMissing, match="\U0002ceb0"):
        set_sheets([face], title="")


def test_set_up_says_when_no_typeface_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> PrintFont:
        raise FontMissing

    def not_installed() -> None:
        return None

    monkeypatch.setattr("xiaoyuan.doorplates.checks.chinese_font", missing)
    assert check_print_font(None) == []  # the package suffices
    monkeypatch.setattr("xiaoyuan.doorplates.checks.package_folder", not_installed)
    assert [message.id for message in check_print_font(None)] == ["doorplates.W001"]


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("128号", HouseNumber("", "128", "号")),
        ("附12-3号", HouseNumber("附", "12-3", "号")),
        ("5号2栋", HouseNumber("", "5", "号2栋")),
        ("12a", HouseNumber("", "12", "a")),
        ("小学", HouseNumber("", "小学", "")),
        ("", HouseNumber("", "", "")),
    ],
)
def test_a_house_number_is_set_in_two_sizes(text: str, split: HouseNumber) -> None:
    assert split_number(text) == split


def test_the_fixture_has_what_is_printed(village: Village, token_of: Callable[[Doorplate], str]) -> None:
    assert len(village.courtyards) == 7
