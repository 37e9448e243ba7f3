"""Every table of the register and the vault as one value, to compare before and after."""

from typing import Any

from django.apps import apps

from xiaoyuan.figures.models import FigureCell
from xiaoyuan.history.models import Revision
from xiaoyuan.register.models import PlaceChange
from xiaoyuan.search.models import SearchEntry
from xiaoyuan.vault.models import SubjectKey, VaultField

_LEFT_OUT = ("row_version", "updated_at")


def dump_register() -> dict[str, dict[int, dict[str, Any]]]:
    """Return all rows by table and key, all columns but those that count and date changes.

    Keys under which the images of revisions lie are left out, and what scenes are told of changed places: both come
    with every write, and stay.
    """
    of_history = set(Revision.objects.values_list("subject", flat=True))
    own = [model for model in apps.get_app_config("register").get_models() if model is not PlaceChange]
    tables: list[Any] = [*own, SubjectKey, VaultField]
    return {
        model._meta.label: {
            row["id"]: {
                name: bytes(value) if isinstance(value, memoryview) else value
                for name, value in row.items()
                if name not in _LEFT_OUT or model is VaultField
            }
            for row in model._base_manager.values()
            if row.get("subject") not in of_history
        }
        for model in tables
    }


def dump_figures() -> dict[tuple[Any, ...], int]:
    """Return the sum of each figure by division and dimension, those that are not zero."""
    sums: dict[tuple[Any, ...], int] = {}
    rows = FigureCell.objects.values_list("division_code", "figure", "dimension", "is_sample", "delta")
    for *key, delta in rows:
        sums[tuple(key)] = sums.get(tuple(key), 0) + delta
    return {key: amount for key, amount in sums.items() if amount}


def dump_search() -> set[tuple[Any, ...]]:
    """Return what is indexed: one entry a row that can be found."""
    return set(
        SearchEntry.objects.values_list("county_id", "division_code", "kind", "object_id", "is_sample")
    )
