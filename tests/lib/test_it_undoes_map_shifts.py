"""GCJ-02 and BD-09: the inverse meets the published formulas, and the shift is the known one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoyuan.lib.map_datums import bd09_from_gcj02, gcj02_from_wgs84, wgs84_from_bd09, wgs84_from_gcj02

LON = st.floats(73.5, 135.0)
LAT = st.floats(18.0, 53.5)
TENTH_OF_A_MILLIMETRE = 1e-9


@given(LON, LAT)
def test_the_inverse_of_gcj02_is_exact(lon: float, lat: float) -> None:
    assert wgs84_from_gcj02(*gcj02_from_wgs84(lon, lat)) == pytest.approx(
        (lon, lat), abs=TENTH_OF_A_MILLIMETRE
    )


@given(LON, LAT)
def test_the_inverse_of_bd09_is_exact(lon: float, lat: float) -> None:
    shifted = bd09_from_gcj02(*gcj02_from_wgs84(lon, lat))
    assert wgs84_from_bd09(*shifted) == pytest.approx((lon, lat), abs=TENTH_OF_A_MILLIMETRE)


def test_the_shift_is_the_known_one() -> None:
    """Tiananmen, as map clients publish it."""
    lon, lat = gcj02_from_wgs84(116.3975, 39.9087)
    assert (lon, lat) == pytest.approx((116.403743, 39.910104), abs=2e-6)
    assert bd09_from_gcj02(116.404, 39.915) == pytest.approx((116.41036949371, 39.92133699352), abs=1e-9)
