"""Where the repository and the real input lie."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def real_data_folder() -> Path:
    """Return where the real input lies: REAL_DATA, else ../shared/data beside the repository."""
    return Path(os.environ.get("REAL_DATA") or ROOT.parent / "shared" / "data").resolve()
