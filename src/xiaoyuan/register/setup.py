"""What the register does when a deployment is set up or its sample is taken out."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.actions.place_changes import KINDS, SHOWN_BY, PlaceChanges
from xiaoyuan.register.models import (
    Building,
    BusinessEntity,
    ContractedParcel,
    County,
    Courtyard,
    CropRecord,
    DistinctPersons,
    Division,
    Dwelling,
    Employment,
    Household,
    IncomeRecord,
    LivestockRecord,
    Membership,
    Observation,
    Parcel,
    Person,
    PlaceRow,
    PolicyTag,
    Residence,
    Road,
    Room,
    StandardAddress,
    TerrainModel,
    Water,
)
from xiaoyuan.register.queries.household_documents import KIND as HOUSEHOLD
from xiaoyuan.search.actions import forget_kind
from xiaoyuan.vault.models import SubjectKey, VaultField

_WHY = "all sample rows go"
_IN_ORDER = (
    Employment,
    IncomeRecord,
    LivestockRecord,
    CropRecord,
    ContractedParcel,
    Dwelling,
    DistinctPersons,
    PolicyTag,
    Residence,
    Membership,
    Person,
    Household,
    Room,
    Building,
    StandardAddress,
    Courtyard,
    Parcel,
    Road,
    Water,
    BusinessEntity,
    Observation,
    TerrainModel,
)


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Delete every sample row of the register with its vault entries; returns counts by table."""
    subjects = [
        *Person.objects.unscoped(_WHY).filter(is_sample=True).values_list("person_uid", flat=True),
        *BusinessEntity.objects.unscoped(_WHY)
        .filter(is_sample=True, contact_uid__isnull=False)
        .values_list("contact_uid", flat=True),
    ]
    files = set(
        TerrainModel.objects.unscoped(_WHY).filter(is_sample=True).values_list("file_name", flat=True)
    )
    counts = {}
    _note_places(now)
    for model in _IN_ORDER:
        rows = model.objects.unscoped(_WHY).filter(is_sample=True)
        counts[str(model._meta.verbose_name_plural)] = rows.count()
        if model in (Person, Household):
            rows.update(merged_into=None)  # records of the sample that lead to others of it
        rows.delete()
    forget_subjects(subjects)
    forget_kind(HOUSEHOLD, is_sample=True)
    outlined = Division.objects.filter(outline_is_sample=True)
    outlined.update(
        outline_wkb=None, outline_is_sample=False, min_lon=None, min_lat=None, max_lon=None, max_lat=None
    )
    County.objects.filter(shows_sample=True).update(shows_sample=False)
    kept = set(TerrainModel.objects.unscoped(_WHY).values_list("file_name", flat=True))
    for name in files - kept:
        (Path(settings.DATA_DIR) / "terrain" / name).unlink(missing_ok=True)
    return counts


def _sample(model: type[PlaceRow]) -> "QuerySet[Any]":
    rows: QuerySet[Any] = model.objects.unscoped(_WHY).filter(is_sample=True)
    return rows


def _note_places(now: datetime) -> None:
    """Tell scenes that hold real places as well where the invented ones stood."""
    held: set[int] = set()
    for model in KINDS.values():
        held.update(_sample(model).order_by().values_list("county", flat=True).distinct())
    for county_id in sorted(held):
        gone = PlaceChanges(most=0)
        for kind, model in KINDS.items():
            for row in _sample(model).filter(county=county_id).values(*SHOWN_BY).iterator(5000):
                gone.add(kind, row, None)
        with transaction.atomic():
            lock_changes(county_id)
            gone.write(county_id=county_id, revision_id=None, at=now)


def forget_subjects(subjects: Iterable[uuid.UUID]) -> None:
    """Delete the vault's keys and fields of invented subjects (real ones are erased with an audit entry)."""
    known = list(subjects)
    for start in range(0, len(known), 500):
        part = known[start : start + 500]
        VaultField.objects.filter(subject__in=part).delete()
        SubjectKey.objects.filter(subject__in=part).delete()
