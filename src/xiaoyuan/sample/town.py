"""The facts the sample is built around: the town's real divisions, the working frame, and hand-drawn landmarks.

Only the codes and names of the divisions are real (statistical division codes as of 2023-06-30). Everything else,
terrain, streams, hamlets and people, is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

TOWN_CODE = "520502103"
TOWN_NAME = "朱昌镇"
TOWN_ADDRESS = "贵州省毕节市七星关区朱昌镇"

SURVEY_EPSG = 4544  # CGCS2000, 3-degree Gauss-Krueger, central meridian 105 E
PLACES_EPSG = 4490  # CGCS2000 geographic

# The working frame is EPSG:4544 shifted so that the town's middle is (0, 0): metres, x east, y north.
ORIGIN_EAST_M = 529_700.0
ORIGIN_NORTH_M = 3_020_900.0
HALF_WIDTH_M = 4_500.0
HALF_HEIGHT_M = 4_150.0

DENSE = "520502103003"
DISPERSED = "520502103209"
DETAILED = (DENSE, DISPERSED)


@dataclass(frozen=True)
class Village:
    """One village-level division: 12-digit code, official name, short name, and where it grows from (frame metres)."""

    code: str
    name: str
    short_name: str
    seat_m: tuple[float, float]
    head_start_m: float = 0.0  # cost distance granted to the seat, enlarges the village


VILLAGES: tuple[Village, ...] = (
    Village("520502103001", "朱昌社区居民委员会", "朱昌社区", (2350.0, -50.0), 120.0),
    Village("520502103002", "小屯社区居民委员会", "小屯社区", (-1750.0, -800.0)),
    Village("520502103003", "双堰社区居民委员会", "双堰社区", (260.0, -330.0), -200.0),
    Village("520502103004", "宋伍社区居民委员会", "宋伍社区", (1250.0, -1900.0)),
    Village("520502103005", "王家冲社区居民委员会", "王家冲社区", (-3150.0, -250.0)),
    Village("520502103006", "伍坪社区居民委员会", "伍坪社区", (3500.0, 1150.0)),
    Village("520502103202", "青杠村村民委员会", "青杠村", (-1350.0, 2750.0)),
    Village("520502103204", "哈啷村村民委员会", "哈啷村", (2500.0, 2650.0)),
    Village("520502103208", "八亩村村民委员会", "八亩村", (1250.0, 1750.0)),
    Village("520502103209", "螺蛳村村民委员会", "螺蛳村", (-330.0, 1330.0), 20.0),
    Village("520502103210", "白泥村村民委员会", "白泥村", (-2450.0, -2450.0)),
    Village("520502103212", "发启村村民委员会", "发启村", (-2950.0, 1550.0)),
    Village("520502103213", "花厂村村民委员会", "花厂村", (-400.0, -2450.0)),
    Village("520502103214", "山脚村村民委员会", "山脚村", (2850.0, -1750.0)),
)

BY_CODE = {village.code: village for village in VILLAGES}

# Seats of the neighbouring towns: they only hold the town's outer border in place and are not delivered.
NEIGHBOUR_SEATS_M: tuple[tuple[float, float], ...] = (
    (-4480.0, -1500.0), (-4480.0, 1300.0), (-4300.0, 3300.0), (-2700.0, 4100.0), (-400.0, 4140.0), (1200.0, 4100.0),
    (3900.0, 3800.0), (4480.0, 2300.0), (4480.0, -600.0), (4400.0, -2700.0), (3000.0, -4000.0), (1300.0, -4140.0),
    (-600.0, -4140.0), (-2500.0, -4140.0), (-4200.0, -3300.0),
)  # fmt: skip


@dataclass(frozen=True)
class StreamPlan:
    """A hand-drawn stream, head to mouth: control points, bed heights at both ends, widths of valley floor and water.

    A dry valley (干谷), common in karst, has a floor but no water.
    """

    name: str
    kind: str
    points_m: tuple[tuple[float, float], ...]
    head_m: float
    mouth_m: float
    floor_half_width_m: tuple[float, float]
    water_width_m: tuple[float, float]


STREAMS: tuple[StreamPlan, ...] = (
    StreamPlan(
        "双堰河", "河流",
        ((-4700, -1000), (-3700, -450), (-2800, -950), (-1900, -520), (-1050, -760), (-300, -330), (480, -560),
         (1150, -120), (1900, -420), (2700, 120), (3500, -60), (4700, 480)),
        1462.0, 1418.0, (130.0, 210.0), (9.0, 15.0),
    ),
    StreamPlan(
        "螺蛳溪", "溪沟",
        ((-2050, 3900), (-1650, 3050), (-1020, 2450), (-720, 1860), (-160, 1450), (-260, 900), (120, 420), (180, -420)),
        1592.0, 1436.0, (60.0, 120.0), (2.5, 5.5),
    ),
    StreamPlan(
        "花厂溪", "溪沟",
        ((-900, -4300), (-620, -3200), (-250, -2350), (-420, -1600), (-120, -1000), (-60, -430)),
        1580.0, 1437.5, (55.0, 100.0), (2.0, 4.0),
    ),
    StreamPlan(
        "宋伍沟", "溪沟",
        ((2050, -4300), (1750, -3100), (1250, -2250), (1480, -1350), (1250, -700), (1280, -150)),
        1570.0, 1432.5, (60.0, 120.0), (2.0, 4.5),
    ),
    StreamPlan(
        "哈啷溪", "溪沟",
        ((3200, 4300), (2800, 3300), (2450, 2550), (2750, 1750), (2500, 950), (2760, 130)),
        1585.0, 1427.5, (60.0, 120.0), (2.0, 4.5),
    ),
    StreamPlan(
        "白泥沟", "溪沟",
        ((-3300, -4300), (-2850, -3200), (-2350, -2450), (-2500, -1700), (-2150, -1150), (-1980, -560)),
        1590.0, 1447.5, (60.0, 110.0), (2.0, 4.0),
    ),
    StreamPlan(
        "发启溪", "溪沟",
        ((-3750, 4300), (-3500, 3000), (-2950, 1900), (-3150, 1000), (-2850, 150), (-2820, -930)),
        1600.0, 1452.0, (60.0, 115.0), (2.0, 4.0),
    ),
    StreamPlan(
        "八亩冲", "干谷", ((850, 3300), (1020, 2500), (1330, 1750), (1180, 1000), (1320, 300), (1500, -120)),
        1585.0, 1440.0, (45.0, 90.0), (0.0, 0.0),
    ),
    StreamPlan(
        "山脚冲", "干谷", ((3500, -3700), (3250, -2600), (2850, -1750), (2950, -1000), (2600, -300), (2500, 20)),
        1590.0, 1436.0, (45.0, 95.0), (0.0, 0.0),
    ),
    StreamPlan(
        "伍坪冲", "干谷", ((4050, 3300), (3850, 2200), (3500, 1200), (3720, 600), (3650, 0)),
        1580.0, 1430.0, (45.0, 90.0), (0.0, 0.0),
    ),
)  # fmt: skip
