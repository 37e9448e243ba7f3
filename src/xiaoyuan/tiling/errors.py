"""Why an input was refused: each exception is one sentence that a person at the keyboard can act on."""

from pathlib import Path


class TilingError(Exception):
    """Base of everything this package refuses; ``str(error)`` is a full sentence."""


class NotReadableError(TilingError):
    """The file is no raster that this installation can open."""

    def __init__(self, path: Path, detail: str) -> None:
        self.path, self.detail = path, detail
        super().__init__(f"{path.name} cannot be opened as an elevation model: {detail}.")


class MissingCrsError(TilingError):
    """The file does not say in which coordinate system its cells lie."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path.name} names no coordinate system, so its place on the ground is unknown.")


class NotElevationError(TilingError):
    """The file is a raster, but its values are not heights in metres."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path.name} is not an elevation model: {reason}.")


class OutsideTerrainError(TilingError):
    """The elevation model and the scene do not overlap."""

    def __init__(self, bounds: tuple[float, float, float, float]) -> None:
        self.bounds = bounds
        west, south, east, north = bounds
        super().__init__(
            f"The elevation model does not reach the scene at longitude {west:.4f} to {east:.4f}, "
            f"latitude {south:.4f} to {north:.4f}."
        )


class ColumnError(TilingError):
    """The columns handed over do not describe one consistent set of features."""
