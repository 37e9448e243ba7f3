"""One generated town for all tests of the sample, read back the way an importer would read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from python_calamine import CalamineWorkbook

from xiaoyuan.sample import SampleReport, generate

TO_METRES = Transformer.from_crs(4490, 4544, always_xy=True)


class Layer:
    """A GeoPackage layer: columns by name, geometry in metres of EPSG:4544."""

    def __init__(self, path: Path, name: str) -> None:
        meta, _, wkb, columns = pyogrio.raw.read(path, layer=name)
        self.crs = meta["crs"]
        self.columns = dict(zip(meta["fields"], columns, strict=True))
        self.degrees = shapely.from_wkb(wkb)
        self.shapes: NDArray[np.object_] = shapely.transform(
            self.degrees, lambda points: np.stack(TO_METRES.transform(points[:, 0], points[:, 1]), axis=1)
        )

    def __getitem__(self, column: str) -> NDArray[np.object_]:
        values: NDArray[np.object_] = self.columns[column]
        return values

    def where(self, column: str, value: object) -> NDArray[np.intp]:
        return np.flatnonzero(self.columns[column] == value)


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> SampleReport:
    return generate(tmp_path_factory.mktemp("town") / "files")


@pytest.fixture(scope="session")
def layers(report: SampleReport) -> dict[str, Layer]:
    names = [name for name, _ in pyogrio.list_layers(report.places)]
    return {name: Layer(report.places, name) for name in names}


def rows_of(path: Path) -> tuple[str, list[dict[str, object]]]:
    """The title and the rows below the header of a workbook's only sheet."""
    book = CalamineWorkbook.from_path(path)
    assert len(book.sheet_names) == 1
    title, header, *rows = book.get_sheet_by_index(0).to_python()
    return str(title[0]), [dict(zip(map(str, header), row, strict=True)) for row in rows]


@pytest.fixture(scope="session")
def ledgers(report: SampleReport) -> dict[str, list[dict[str, object]]]:
    return {code: rows_of(path)[1] for code, path in report.ledgers.items()}
