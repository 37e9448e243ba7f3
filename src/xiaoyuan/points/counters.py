"""The names of the points' counters, shared by actions (deltas) and figures (fresh counts)."""

from typing import Final

POINTS_BOOKED: Final = "points_booked"
"""Points booked to households, by kind of entry (exchanges and what was taken are negative)."""
