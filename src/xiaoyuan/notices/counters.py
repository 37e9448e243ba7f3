"""The names of the notices' counters, shared by actions (deltas) and figures (fresh counts)."""

from typing import Final

NOTICES_PUBLISHED: Final = "notices_published"
"""Notices that were published, by kind; one that was withdrawn later stays counted."""
