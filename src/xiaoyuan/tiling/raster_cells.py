"""Where the cells of an elevation raster come from: memory, or its file window by window when it is large."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import rasterio
from rasterio.enums import MaskFlags
from rasterio.io import DatasetReader
from rasterio.windows import Window

from xiaoyuan.tiling.arrays import Singles

_GDAL_CACHE_BYTES = 64 << 20
"""GDAL's own cache of decoded strips; by default it takes a twentieth of the machine."""


class Cells(Protocol):
    """Heights in metres in rows and columns, nan where there is no data."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    def read(self, top: int, bottom: int, left: int, right: int) -> Singles:
        """Rows top..bottom-1, columns left..right-1; not to be written to."""


@dataclass(frozen=True)
class ArrayCells:
    """Cells in memory."""

    heights_m: Singles

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.heights_m.shape[0], self.heights_m.shape[1]

    def read(self, top: int, bottom: int, left: int, right: int) -> Singles:
        """Rows top..bottom-1, columns left..right-1."""
        return self.heights_m[top:bottom, left:right]


@dataclass
class FileCells:
    """Cells of the first band of a raster file, which must stay where it is."""

    path: Path
    shape: tuple[int, int]
    scale: float
    offset: float
    """Metres = stored value * scale + offset."""
    _file: DatasetReader | None = field(default=None, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def of(cls, path: Path, raster: DatasetReader, shift_m: float) -> "FileCells":
        """Cells of an open file; shift_m is added to every height."""
        scale, offset = float(raster.scales[0]), float(raster.offsets[0]) + shift_m
        return cls(path, (raster.height, raster.width), scale, offset)

    def read(self, top: int, bottom: int, left: int, right: int) -> Singles:
        """Rows top..bottom-1, columns left..right-1."""
        with self._lock, rasterio.Env(GDAL_CACHEMAX=_GDAL_CACHE_BYTES):
            # GDAL's datasets serve one thread at a time, and opening costs more than a window.
            if self._file is None:
                self._file = rasterio.open(self.path)
            return self.read_from(self._file, top, bottom, left, right)

    def read_from(self, raster: DatasetReader, top: int, bottom: int, left: int, right: int) -> Singles:
        """`read` through a file that is already open."""
        window = Window(left, top, right - left, bottom - top)
        stored = raster.read(1, window=window)
        heights = stored.astype(np.float32)
        if (self.scale, self.offset) != (1.0, 0.0):
            heights = (heights * self.scale + self.offset).astype(np.float32)
        flags = raster.mask_flag_enums[0]
        if MaskFlags.nodata in flags and raster.nodata is not None:
            heights[stored == raster.nodata] = np.nan
        elif MaskFlags.all_valid not in flags:
            heights[raster.read_masks(1, window=window) == 0] = np.nan
        if stored.dtype.kind == "f":
            heights[~np.isfinite(heights)] = np.nan
        return np.asarray(heights, np.float32)

    def whole(self, raster: DatasetReader) -> ArrayCells:
        """Read everything through a file that is already open."""
        return ArrayCells(self.read_from(raster, 0, self.shape[0], 0, self.shape[1]))

    def __getstate__(self) -> dict[str, Any]:
        """Another process opens the file for itself."""
        return {"path": self.path, "shape": self.shape, "scale": self.scale, "offset": self.offset}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._file, self._lock = None, threading.Lock()
