"""How often something may be done from one place: counted in the database, so that all server processes agree.

What is counted (an address, an account) is kept as a keyed hash only, and for two windows at most.
"""

import hashlib
import hmac
import random
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import models, transaction
from django.http import HttpRequest

from xiaoyuan.accounts.models import RateCount

_RANDOM: Final = random.SystemRandom()


def allow(*, bucket: str, limit: int, window_s: int, now: datetime, sample: int = 1) -> bool:
    """Count one more and tell whether a bucket stays within its limit in a sliding window.

    With `sample` above 1 only every so-manieth call writes, for as many: a page read a thousand times a second must
    not write each time. The count is then right on average.
    """
    seconds = int(now.timestamp())
    window, passed = divmod(seconds, window_s)
    key = hmac.new(settings.SECRET_KEY.encode(), f"{window_s}|{bucket}".encode(), hashlib.sha256).digest()
    counts = dict(
        RateCount.objects.filter(bucket=key, window__in=[window, window - 1]).values_list("window", "count")
    )
    # The former window counts for the part of it that still lies within reach.
    recent = counts.get(window, 0) + counts.get(window - 1, 0) * (1 - passed / window_s)
    if recent >= limit:
        return False
    if sample == 1 or _RANDOM.random() * sample < 1:
        with transaction.atomic():
            row, is_new = RateCount.objects.get_or_create(
                bucket=key, window=window, defaults={"count": sample, "ends_at": (window + 2) * window_s}
            )
            if not is_new:
                RateCount.objects.filter(pk=row.pk).update(count=models.F("count") + sample)
    return True


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
