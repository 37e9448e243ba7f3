"""Reading Shapefiles, zipped or lying beside their parts: encoding and coordinate system made certain."""

import codecs
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.register.imports.coordinates import MissingCoordinateSystem, Reference
from xiaoyuan.register.imports.dbf_tables import GBK_DRIVER, DbfTable
from xiaoyuan.register.imports.place_fields import FIELDS
from xiaoyuan.register.imports.place_files import UnreadableFile, read_file
from xiaoyuan.register.imports.source_layers import SourceLayer
from xiaoyuan.register.imports.zip_files import ZIP, unpacked
from xiaoyuan.vault.files import large_scratch_folder

_PARTS: Final = (".shx", ".dbf")
_UTF8_NAMES: Final = frozenset({"utf8", "utf-8", "65001"})
_WIDER: Final = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030"}
"""Encodings whose files hold more characters than their names promise."""
_WHOLE_NAMES: Final = tuple(
    {alias for names in FIELDS.values() for aliases in names.values() for alias in aliases}
)


def read_shapefiles(
    path: Path, *, layer: str | None, source_crs: Reference | None, progress: Callable[[int, int], None]
) -> list[SourceLayer]:
    """Read the Shapefiles of an archive, or one with its parts beside it; each is a layer named after its file.

    Raises `UnreadableFile`, `UnsafeArchive`, `MissingCoordinateSystem` or `UnusableCoordinates`.
    """
    with _folder(path) as folder:
        found = sorted(file for file in folder.rglob("*") if file.suffix.lower() == ".shp" and file.is_file())
        if not found:
            kinds = sorted({file.suffix.lower() or file.name for file in folder.rglob("*") if file.is_file()})
            raise UnreadableFile(
                _("%(file)s holds no Shapefile (.shp), only %(kinds)s. Unpack it and import what is inside.")
                % {"file": path.name, "kinds": ", ".join(kinds[:12]) or "-"}
            )
        names = [shape.stem for shape in found]
        if layer is not None and layer not in names:
            raise UnreadableFile(
                _("%(file)s has no layer “%(layer)s”; there are %(known)s.")
                % {"file": path.name, "layer": layer, "known": ", ".join(names)}
            )
        layers = []
        for done, shape in enumerate(found):
            progress(done, len(found))
            if layer is None or shape.stem == layer:
                layers.append(_read(shape, path, source_crs))
        return layers


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """Yield a folder of our own with the parts, which may be mended there."""
    if path.suffix.lower() in ZIP:
        with unpacked(path) as folder:
            yield folder
    else:
        with large_scratch_folder() as name:
            for part in path.parent.iterdir():
                if part.stem == path.stem and part.is_file():
                    shutil.copyfile(part, Path(name) / part.name)
            yield Path(name)


def _read(shape: Path, path: Path, source_crs: Reference | None) -> SourceLayer:
    beside = {file.suffix.lower(): file for file in shape.parent.iterdir() if file.stem == shape.stem}
    missing = [part for part in _PARTS if part not in beside]
    if missing:
        raise UnreadableFile(
            _("%(file)s: the Shapefile %(layer)s lacks its %(parts)s file. Pack all its parts together.")
            % {"file": path.name, "layer": shape.stem, "parts": ", ".join(missing)}
        )
    if ".prj" not in beside and source_crs is None:
        raise MissingCoordinateSystem(
            path.name, shape.stem, _("A Shapefile names it in its .prj file, which is missing here.")
        )
    encoding, is_guessed = _encoding(beside)
    content = DbfTable(beside[".dbf"].read_bytes())
    if (mended := content.mended(encoding)) is not None:
        beside[".dbf"].write_bytes(mended)
    (read,) = read_file(
        shape, layer=None, source_crs=source_crs, progress=lambda done, total: None, encoding=encoding
    )
    full = content.full_names(encoding, _WHOLE_NAMES)
    read.columns = {full.get(name, name): values for name, values in read.columns.items()}
    if is_guessed:
        read.remarks.append(
            _("It does not say how its texts are encoded (.cpg); they were read as %(encoding)s.")
            % {"encoding": "UTF-8" if encoding == "utf-8" else "GBK"}
        )
    return read


def _encoding(beside: dict[str, Path]) -> tuple[str, bool]:
    """Return the encoding of the texts and whether it was found by trying."""
    if ".cpg" in beside:
        named = beside[".cpg"].read_text(encoding="ascii", errors="replace").strip().strip("\0").lower()
        if named in _UTF8_NAMES:
            return "utf-8", False
        try:
            found = codecs.lookup(f"cp{named}" if named.isdigit() else named.removeprefix("ansi ")).name
            return _WIDER.get(found, found), False
        except LookupError:
            pass
    table = DbfTable(beside[".dbf"].read_bytes())
    if table.driver == GBK_DRIVER:
        return "gb18030", False
    if table.is_ascii():
        return "utf-8", False
    return ("utf-8" if table.reads_as("utf-8") else "gb18030"), True
