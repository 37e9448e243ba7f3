"""Reads and writes of an embedded deployment: SQLite in a temporary folder."""

import uuid
from collections.abc import Iterator

import numpy as np
import shapely
from django.utils import timezone

from bench.measuring import Measurement, latency, rate
from xiaoyuan.register import spatial
from xiaoyuan.register.models import County, Courtyard
from xiaoyuan.vault.actions import find_subjects, put_many

COUNT = 50_000


def fill(county: County) -> None:
    """Put courtyards over a county, 0.5 degrees square."""
    random = np.random.default_rng(20260101)
    now = timezone.now()
    lon, lat = random.uniform(105, 105.5, COUNT), random.uniform(27, 27.5, COUNT)
    Courtyard.objects.bulk_create(
        [
            Courtyard(
                county=county,
                division_code="990001001001",
                is_sample=True,
                created_at=now,
                updated_at=now,
                cid=cid,
                code=f"B{cid}",
                **spatial.shape_fields(shapely.box(west, south, west + 2e-4, south + 2e-4)),
            )
            for cid, (west, south) in enumerate(zip(lon, lat, strict=True), start=1)
        ],
        batch_size=1000,
    )


def measure() -> Iterator[Measurement]:
    """Measure the register's index and the vault."""
    county = County.objects.create(code="990001", name="Bench")
    fill(county)
    rows = Courtyard.objects.unscoped("a measurement").order_by()
    side = 0.5 * (100 / COUNT) ** 0.5
    box = (105.2, 27.2, 105.2 + side, 27.2 + side)
    found = len(list(spatial.in_box(rows, box).values_list("cid", flat=True)))
    yield latency(
        f"bounding box: {found} of {COUNT:,} courtyards",
        0.3,
        lambda: list(spatial.in_box(rows, box).values_list("cid", flat=True)),
    )
    subjects = {uuid.uuid4(): {"id_number": f"99000119900101{number:04}"} for number in range(5_000)}
    now = timezone.now()
    yield rate(
        "vault: encrypt and index ID numbers",
        "fields/s",
        len(subjects),
        13_400,
        lambda: put_many(county_id=county.pk, values=subjects, indexed=["id_number"], now=now),
        times=2,
    )
    yield latency(
        "vault: find a person by ID number",
        0.3,
        lambda: find_subjects(county_id=county.pk, name="id_number", values=["990001199001014999"]),
    )
