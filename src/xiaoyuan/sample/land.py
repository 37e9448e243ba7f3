"""Which household farms which field: contracts near home, so that ledger areas and map areas are the same numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from xiaoyuan.sample.crops import DRY, FOREST, PADDY
from xiaoyuan.sample.fields import Parcel
from xiaoyuan.sample.people import Household


def contracted(
    parcels: Sequence[Parcel], households: Sequence[Household], rng: np.random.Generator
) -> list[Parcel]:
    """The parcels with a contractor for nearly every paddy and dry field; orchards and hills stay with the village.

    Each field goes to one of the nearest households, the one that has least land for its number of people.
    """
    homes = np.array([household.courtyard.front_m for household in households])
    mouths = np.array([len(household.persons) for household in households], dtype=float)
    held = np.zeros(len(households))
    result = list(parcels)
    order = sorted(
        range(len(parcels)), key=lambda k: -parcels[k].area_mu
    )  # large fields first evens out best
    for k in order:
        parcel = parcels[k]
        if parcel.use not in (PADDY, DRY) or rng.random() < 0.04:
            continue
        centre = parcel.shape.centroid
        away = np.hypot(homes[:, 0] - centre.x, homes[:, 1] - centre.y)
        near = np.argsort(away)[:60]
        best = near[int(np.argmin(held[near] / mouths[near] + away[near] / 900.0))]
        held[best] += parcel.area_mu
        result[k] = replace(parcel, contractor=households[best].number)
    return result


def farmland_by_household(parcels: Sequence[Parcel]) -> dict[str, Decimal]:
    """Contracted mu per household number, the exact sum of its parcels' rounded areas."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    for parcel in parcels:
        if parcel.contractor:
            total[parcel.contractor] += Decimal(str(parcel.area_mu))
    return dict(total)


def crops_by_household(parcels: Sequence[Parcel]) -> dict[str, list[str]]:
    """Crops each household grows, the largest area first."""
    area: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for parcel in parcels:
        if parcel.contractor and parcel.crop:
            area[parcel.contractor][parcel.crop] += parcel.area_mu
    return {number: sorted(crops, key=lambda crop: -crops[crop]) for number, crops in area.items()}


def forest_share_mu(
    parcels: Sequence[Parcel], households: Sequence[Household], rng: np.random.Generator
) -> dict[str, Decimal]:
    """Forest rights of each household; together they are three quarters of the village's forest parcels."""
    forest = 0.75 * sum(parcel.area_mu for parcel in parcels if parcel.use == FOREST)
    weights = rng.gamma(2.0, 1.0, len(households)) * (rng.random(len(households)) < 0.8)
    shares = forest * weights / weights.sum()
    return {
        household.number: Decimal(str(round(float(share), 2)))
        for household, share in zip(households, shares, strict=True)
    }
