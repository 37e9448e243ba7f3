"""Maps of a division on paper: scale, north, legend, source, numbers of houses; internal layers by right only."""

import numpy as np
import pypdfium2
import pytest
import shapely

from tests.cast import OWN, Cast
from tests.portal.console import signed_in, text_of
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.portal.map_frame import SCALES, MapFrame, sheet_for
from xiaoyuan.portal.map_labels import Label, declutter
from xiaoyuan.register.models import Building, Courtyard, Division
from xiaoyuan.register.spatial import shape_fields

BOX = (105.288, 27.299, 105.294, 27.302)


def pdf(cast: Cast, who: str = "wang", **asked: str) -> pypdfium2.PdfDocument:
    answer = signed_in(cast, who).get("/console/maps/map.pdf", {"division": OWN} | asked)
    assert answer.status_code == 200
    return pypdfium2.PdfDocument(answer.content)


def text(document: pypdfium2.PdfDocument) -> str:
    return "".join(page.get_textpage().get_text_range() for page in document)


def outline(cast: Cast, box: tuple[float, float, float, float] = BOX) -> None:
    shape = shape_fields(shapely.box(*box))
    Division.objects.filter(code=OWN).update(outline_wkb=shape.pop("wkb"), **shape)


def test_a_map_says_what_a_map_must_say(cast: Cast) -> None:
    outline(cast)
    words = text(pdf(cast))
    for wanted in (
        "地图",
        "图例",
        "建筑",
        "院落",
        "CGCS2000",
        "1:",
        "北",
        "据村级台账绘制",
        "样例",
        "105°17",
        "Invented for tests",
    ):
        assert wanted in words, wanted


@pytest.mark.parametrize(
    ("paper", "box", "size"),
    [
        ("a4", BOX, (842, 595)),
        ("a4", (105.288, 27.29, 105.290, 27.302), (595, 842)),
        ("a3", BOX, (1191, 842)),
    ],
)
def test_the_paper_follows_the_shape(
    cast: Cast, paper: str, box: tuple[float, float, float, float], size: tuple[int, int]
) -> None:
    outline(cast, box)
    assert pdf(cast, paper=paper)[0].get_size() == pytest.approx(size, abs=1.5)


def test_house_numbers_stand_on_large_scales_only(cast: Cast) -> None:
    outline(cast)
    near = ",".join(str(side) for side in cast_box(cast))
    assert "1号" not in text(pdf(cast, box="105.25,27.25,105.35,27.35"))
    found = text(pdf(cast, box=near))
    assert all(number in found.split() for number in ("1", "2", "3"))


def cast_box(cast: Cast) -> tuple[float, ...]:
    west, south, east, north = shapely.from_wkb(bytes(cast.own.courtyard.wkb or b"")).bounds
    return west - 0.0003, south - 0.0003, east + 0.0012, north + 0.0003


def test_internal_layers_need_the_wish_and_the_right(cast: Cast) -> None:
    outline(cast)
    Building.objects.unscoped("a test").update(layer_class="internal")
    Courtyard.objects.unscoped("a test").update(layer_class="internal")
    assert "建筑" not in text(pdf(cast))
    own = text(pdf(cast, internal="1"))
    assert "建筑" in own
    assert "请勿外传" in own
    # The rows of another village stay closed, wish or not.
    Building.objects.unscoped("a test").update(division_code=cast.places["sibling"].code)
    Courtyard.objects.unscoped("a test").update(division_code=cast.places["sibling"].code)
    assert "建筑" not in text(pdf(cast, internal="1"))


def test_the_page_offers_papers_and_keeps_the_part_of_the_screen(cast: Cast) -> None:
    outline(cast)
    page = text_of(
        signed_in(cast, "wang").get(f"/console/maps/?division={OWN}&box=105.29,27.3,105.292,27.301")
    )
    assert "A3" in page
    assert 'value="105.290000,27.300000,105.292000,27.301000"' in page


@pytest.mark.parametrize("box", ["x", "1,2,3", "105.29,27.3,105.28,27.4", "105,27,107,28", "nan,1,2,3"])
def test_a_part_that_is_none_is_refused(cast: Cast, box: str) -> None:
    answer = signed_in(cast, "wang").get("/console/maps/map.pdf", {"division": OWN, "box": box})
    assert answer.status_code == 400


def test_the_scale_is_round_and_true() -> None:
    sheet = sheet_for(BOX, "a4")
    _left, _top, width, height = sheet.window
    frame = MapFrame.of(BOX, width, height)
    assert frame.scale in SCALES
    placed = shapely.bounds(frame.place(shapely.box(*BOX)))
    assert placed[0] >= 0
    assert placed[2] <= width
    # 0.006 degrees of longitude at 27.3 N are 593.9 m.
    assert (placed[2] - placed[0]) * frame.scale / 1000 == pytest.approx(593.9, rel=0.001)
    length, _middle, end = frame.bar()
    metres = float(end.split()[0]) * (1000 if end.endswith("km") else 1)
    assert length * frame.scale / 1000 == pytest.approx(metres)


def test_no_text_lies_over_another() -> None:
    draws = np.random.default_rng(7)
    wanted = [
        Label("七星关区", float(x), float(y), 7.0, "road", float(turn))
        for x, y, turn in draws.uniform((0, 0, -90), (150, 100, 90), (400, 3))
    ]
    kept = declutter(wanted, 150, 100)
    assert 20 < len(kept) < 400
    boxes = [label.box for label in kept]
    assert not any(a.intersects(b) for place, a in enumerate(boxes) for b in boxes[:place])
    assert kept[0] == next(
        label for label in wanted if shapely.box(0.5, 0.5, 149.5, 99.5).contains(label.box)
    )


def test_a_strange_paper_is_a4_and_no_part_of_a_header(cast: Cast) -> None:
    outline(cast)
    for paper in ('"\n', "\r\nSet-Cookie: a=b", "a0"):
        answer = signed_in(cast, "wang").get("/console/maps/map.pdf", {"division": OWN, "paper": paper})
        assert answer["Content-Disposition"] == f'inline; filename="map-{OWN}-a4.pdf"'


def test_a_map_of_internal_layers_leaves_a_line_in_the_log(cast: Cast) -> None:
    outline(cast)
    lines = AuditEntry.objects.filter(action="twin.print_internal_map")
    pdf(cast)
    assert not lines.exists()
    pdf(cast, internal="1")
    assert lines.get().detail == {"division": OWN, "box": None}
