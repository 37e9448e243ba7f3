"""The name of the plates' counter, shared by actions (deltas) and figures (fresh counts)."""

from typing import Final

PLATES: Final = "plates"
"""Plates by state."""
