"""A plate names the place, not the committee that runs it."""

import pytest

from xiaoyuan.lib.place_names import short_name


@pytest.mark.parametrize(
    ("official", "said"),
    [
        ("双堰社区居民委员会", "双堰社区"),
        ("螺蛳村村民委员会", "螺蛳村"),
        ("朱昌镇", "朱昌镇"),
        ("居民委员会", "居民委员会"),
        ("Vaduz", "Vaduz"),
    ],
)
def test_a_committee_is_left_out(official: str, said: str) -> None:
    assert short_name(official) == said
