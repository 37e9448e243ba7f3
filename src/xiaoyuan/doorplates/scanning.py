"""Slows a harvester of genuine plates; addresses are counted as keyed hashes under another key each day."""

from datetime import UTC, datetime
from typing import Final

from xiaoyuan.accounts.rates import allow

DAY_S: Final = 24 * 3600
ACCOUNT_LIMIT: Final = 300
"""Plates that one account opens a day."""
ADDRESS_LIMIT: Final = 3000
"""Plates opened from one address a day: mobile carriers put many phones behind one."""
_SAMPLE: Final = 10


def is_slowed(request_address: str, user_id: int | None, now: datetime) -> bool:
    """Count one scan and tell whether its sender reads plates as a harvester does.

    The day (UTC) is part of what is hashed, so that a day's count cannot be laid beside the next day's. Every tenth
    scan of an address is counted as ten: a scan is not a write. Accounts are counted exactly.
    """
    day = now.astimezone(UTC).date().isoformat()
    if not allow(
        bucket=f"scan:address:{day}:{request_address}",
        limit=ADDRESS_LIMIT,
        window_s=DAY_S,
        now=now,
        sample=_SAMPLE,
    ):
        return True
    return user_id is not None and not allow(
        bucket=f"scan:account:{day}:{user_id}", limit=ACCOUNT_LIMIT, window_s=DAY_S, now=now
    )
