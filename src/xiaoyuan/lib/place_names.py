"""Names of villages as people say them: official lists name the committee, a plate names the place."""

import re
from typing import Final

_COMMITTEE: Final = re.compile(r"(?:村民|居民)委员会$")


def short_name(name: str) -> str:
    """Return a village's name without its committee: 双堰社区居民委员会 -> 双堰社区, 螺蛳村村民委员会 -> 螺蛳村.

    A name that would vanish is kept.
    """
    return _COMMITTEE.sub("", name.strip()) or name
