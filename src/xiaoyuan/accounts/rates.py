"""How often something may be done from one place: counted in the database, so that all server processes agree.

What is counted (an address, an account) is kept as a keyed hash only, and for two windows at most.
"""

import hashlib
import hmac
import random
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.cache import caches
from django.db import connection, models, transaction
from django.http import HttpRequest

from xiaoyuan.accounts.models import RateCount

_RANDOM: Final = random.SystemRandom()
_VERDICT_S: Final = 5


def allow(*, bucket: str, limit: int, window_s: int, now: datetime, sample: int = 1) -> bool:
    """Count one more and tell whether a bucket stays within its limit in a sliding window.

    With `sample` above 1 only every so-manieth call writes, for as many: a page read a thousand times a second must
    not write each time. The count is then right on average.
    """
    seconds = int(now.timestamp())
    window, passed = divmod(seconds, window_s)
    key = hmac.new(settings.SECRET_KEY.encode(), f"{window_s}|{bucket}".encode(), hashlib.sha256).digest()
    writes = sample == 1 or _RANDOM.random() * sample < 1
    remembered = f"rate:{key.hex()}"
    if not writes and (verdict := caches["scans"].get(remembered)) is not None:
        return bool(verdict)
    counts = _counts(key, window)
    # The former window counts for the part of it that still lies within reach.
    recent = counts.get(window, 0) + counts.get(window - 1, 0) * (1 - passed / window_s)
    is_within = recent < limit
    if sample > 1:
        # Whoever sends many at once is looked up once in ten times; the first look beyond the limit ends it.
        caches["scans"].set(remembered, is_within, _VERDICT_S)
    if not is_within:
        return False
    if writes:
        with transaction.atomic():
            row, is_new = RateCount.objects.get_or_create(
                bucket=key, window=window, defaults={"count": sample, "ends_at": (window + 2) * window_s}
            )
            if not is_new:
                RateCount.objects.filter(pk=row.pk).update(count=models.F("count") + sample)
    return True


def _counts(key: bytes, window: int) -> dict[int, int]:
    """Read the counts of this window and the last; a statement of its own, for it runs at each scan of a plate."""
    table, name = RateCount._meta.db_table, connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {name('window')}, count FROM {table} WHERE bucket = %s AND {name('window')} IN (%s, %s)",
            [key, window, window - 1],
        )
        return dict(cursor.fetchall())


def forget_old_counts(now: datetime) -> int:
    """Remove counts that no window reaches any more; returns how many."""
    return RateCount.objects.filter(ends_at__lt=int(now.timestamp())).delete()[0]


def address_of(request: HttpRequest) -> str:
    """Return the address a request comes from; behind a proxy the one that the proxy itself added."""
    if settings.IS_BEHIND_PROXY:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if forwarded[-1].strip():
            return str(forwarded[-1].strip())
    return str(request.META.get("REMOTE_ADDR", ""))
