"""Keeping the index: called by a domain's actions inside their transaction."""

from collections.abc import Iterable

from xiaoyuan.search.documents import Document


def index(documents: Iterable[Document]) -> None:
    """Add or replace entries."""


def forget(*, county_id: int, kind: str, object_ids: Iterable[int]) -> None:
    """Remove entries."""
