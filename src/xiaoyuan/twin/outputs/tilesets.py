"""The published 3D buildings as a zip that opens from a folder: tileset.json, the documents and models it names.

Of a box, the cells of the fixed grid that meet it are kept whole: their files are those of the published scene.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
from isal import igzip

from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.tileset import Extent, read_root, root_document
from xiaoyuan.twin.outputs.published import Published, frame_of, published
from xiaoyuan.twin.outputs.selecting import Progress, Wanted, meets
from xiaoyuan.twin.publishing import scene_folder

ENTRY: Final = "tileset.json"
_LEVEL: Final = 4
_GZIP: Final = b"\x1f\x8b"


def write_tileset(wanted: Wanted, target: Path, progress: Progress) -> dict[str, int]:
    """Write the archive and return how many models and documents it holds, and how many terrain files."""
    cells: list[tuple[str, Extent, FilePool]] = []
    scenes = published(wanted)
    for one in scenes:
        if one.state.buildings.tileset:
            frame = frame_of(wanted, one)
            for uri, extent in read_root(one.pool.get(one.state.buildings.tileset)):
                if frame is None or meets(frame, extent.bounds):
                    cells.append((uri, extent, one.pool))
    counts: dict[str, int] = {}
    if not cells:
        return counts
    written: set[str] = set()
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=_LEVEL, allowZip64=True) as archive:
        archive.writestr(ENTRY, _entry(wanted, [(uri, extent) for uri, extent, _ in cells]))
        for number, (uri, _extent, pool) in enumerate(cells, 1):
            document = pool.get(uri)
            for name in (uri, *_contents(orjson.loads(document)["root"])):
                if name not in written:
                    written.add(name)
                    archive.writestr(name, document if name == uri else pool.get(name))
            progress("cells", number, len(cells))
        counts["models"] = sum(name.endswith(".glb") for name in written)
        counts["documents"] = len(written) - counts["models"] + 1
        if wanted.with_terrain and (terrain := _terrain(archive, scenes)):
            counts["terrain"] = terrain
    return counts


def _entry(wanted: Wanted, cells: list[tuple[str, Extent]]) -> bytes:
    document = orjson.loads(root_document(cells))
    document["asset"]["extras"] = wanted.about()
    return orjson.dumps(document)


def _contents(tile: dict[str, Any]) -> Iterator[str]:
    yield tile["content"]["uri"]
    for child in tile.get("children", ()):
        yield from _contents(child)


def _terrain(archive: ZipFile, scenes: list[Published]) -> int:
    """Add the quantized-mesh tiles of the first scene that has some, plain; returns how many files."""
    one = next((one for one in scenes if one.state.terrain), None)
    if one is None:
        return 0
    folder = scene_folder(one.scene.key) / "terrain" / one.state.terrain
    count = 0
    for path in sorted(folder.rglob("*")):
        if path.name == "layer.json" or path.suffix == ".terrain":
            data = path.read_bytes()
            plain = igzip.decompress(data) if data.startswith(_GZIP) else data
            archive.writestr(f"terrain/{path.relative_to(folder).as_posix()}", plain)
            count += 1
    return count
