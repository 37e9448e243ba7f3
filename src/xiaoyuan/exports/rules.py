"""When one person may not export alone, how long such an export waits, how long files are kept."""

from datetime import timedelta
from typing import Final

PEOPLE_ALONE: Final = 500
"""So many people one person may export within `COUNTED_FOR`; more needs a second person, or time."""
COUNTED_FOR: Final = timedelta(hours=24)
"""Exports of this time are added up: cutting one into many smaller ones gets round nothing."""
WAITS_FOR: Final = timedelta(hours=24)
"""After this a waiting export is let go: a village with one clerk is not locked out, and an operator saw it wait."""
GIVEN_UP_AFTER: Final = timedelta(hours=1)
"""After this a file that a worker began and did not finish is begun anew: the worker was stopped."""
KEPT_FOR: Final = timedelta(days=7)
"""How long a finished file may be fetched before it is removed."""
