"""Walking a tileset that others made: every file it names is looked for, looked into and located."""

import mmap
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from posixpath import normpath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import numpy as np
import orjson

from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.tiling.models3d import subtrees
from xiaoyuan.tiling.models3d.contents import Content, inspect, unpacked
from xiaoyuan.tiling.models3d.errors import Fault, ModelError
from xiaoyuan.tiling.models3d.globe import Extent, OffGlobe, extent_of
from xiaoyuan.tiling.models3d.subtrees import Address, Tiling

VERSIONS: Final = ("1.0", "1.1")
MOST_FILES: Final = 1_000_000
_DAMAGE: Final = (KeyError, TypeError, ValueError, IndexError, AttributeError, struct.error)
Progress = Callable[[int], None]
"""Told how many files were looked into."""


@dataclass
class Walk:
    """What a tileset consists of. `files`: paths below the folder -> bytes; `missing`: path -> the file that names it.

    `documents`: the JSON documents among the files; `kinds`: contents by format; `extent`: where its leaves lie.
    """

    entry: str
    version: str = ""
    files: dict[str, int] = field(default_factory=dict)
    documents: set[str] = field(default_factory=set)
    missing: dict[str, str] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    extent: Extent | None = None
    has_regions: bool = False

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(self.files.values())


def walk_tileset(folder: Path, entry: str, *, progress: Progress = lambda done: None) -> Walk:
    """Look into a tileset from its entry document on; raises `ModelError`, but not for missing files."""
    return _Walker(folder, entry, progress).walk()


def link_target(document: str, uri: str) -> str:
    """Return the path below the folder that a document's link means; raises `ModelError` when it leads out of it."""
    try:
        parts = urlsplit(uri.replace("\\", "/"))
    except ValueError:
        raise ModelError(Fault.OUTSIDE_LINK, file=document, uri=uri[:120]) from None
    path = unquote(parts.path)
    if parts.scheme or parts.netloc or path.startswith("/") or not path or "\0" in path or "\\" in path:
        raise ModelError(Fault.OUTSIDE_LINK, file=document, uri=uri[:120])
    target = normpath(f"{document.rpartition('/')[0] or '.'}/{path}")
    if target == ".." or target.startswith(("../", "/")):
        raise ModelError(Fault.OUTSIDE_LINK, file=document, uri=uri[:120])
    return target


class _Walker:
    def __init__(self, folder: Path, entry: str, progress: Progress) -> None:
        self.folder = folder.resolve()
        self.found = Walk(entry)
        self.progress = progress
        self.waiting: list[tuple[str, Floats]] = []

    def walk(self) -> Walk:
        content = self._look(self.found.entry, self.found.entry)
        if content is None or content.document is None:
            raise ModelError(Fault.NOT_TILESET, file=self.found.entry)
        self.found.version = str(content.document["asset"].get("version"))
        self.waiting.append((self.found.entry, np.eye(4)))
        root = content.document
        while self.waiting:
            name, transform = self.waiting.pop()
            document = root if name == self.found.entry else self._document(name)
            try:
                self._tiles(name, document, transform)
            except _DAMAGE as error:
                raise ModelError(
                    Fault.TILESET_BROKEN, file=name, detail=f"{type(error).__name__} {error}"
                ) from None
        return self.found

    def _document(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(bytes(self._bytes(name)))
        return found

    def _tiles(self, name: str, document: dict[str, Any], above: Floats) -> None:
        version = str(document["asset"].get("version"))
        if version not in VERSIONS:
            raise ModelError(Fault.TILESET_VERSION, file=name, version=version)
        if "schemaUri" in document:
            self._look(link_target(name, str(document["schemaUri"])), name, is_plain=True)
        stack = [(document["root"], above)]
        while stack:
            tile, outer = stack.pop()
            transform = outer
            if "transform" in tile:
                # Written column by column.
                transform = outer @ np.asarray(tile["transform"], np.float64).reshape(4, 4).T
            children = tile.get("children") or ()
            implicit = tile.get("implicitTiling") or (tile.get("extensions") or {}).get(
                "3DTILES_implicit_tiling"
            )
            links = list(_links(tile))
            self._locate(name, tile, transform, is_leaf=not children)
            if implicit is not None:
                self._implicit(name, Tiling.of(implicit), links)
            else:
                for uri in links:
                    self._content(name, uri, transform)
            stack += [(child, transform) for child in children]

    def _locate(self, name: str, tile: dict[str, Any], transform: Floats, *, is_leaf: bool) -> None:
        volume = tile["boundingVolume"]
        self.found.has_regions |= "region" in volume
        try:
            extent = extent_of(volume, transform)
        except OffGlobe as error:
            raise ModelError(Fault.NOT_ON_GLOBE, file=name, detail=str(error)) from None
        if extent is not None and is_leaf:
            self.found.extent = extent.joined(self.found.extent)

    def _content(self, document: str, uri: str, transform: Floats) -> None:
        target = link_target(document, uri)
        is_new = target not in self.found.files
        content = self._look(target, document)
        if content is not None and content.document is not None and is_new:
            self.waiting.append((target, transform))

    def _implicit(self, name: str, tiling: Tiling, templates: list[str]) -> None:
        waiting: list[Address] = [(0, 0, 0, 0)]
        while waiting:
            address = waiting.pop()
            target = link_target(name, subtrees.filled(tiling.subtree_uri, address))
            self._look(target, name, is_plain=True)
            if target in self.found.missing:
                continue
            subtree = subtrees.read_subtree(bytes(self._bytes(target)), tiling, partial(self._buffer, target))
            if len(subtree.contents) > len(templates):
                raise ValueError("a subtree has contents for which there is no link")
            for flags, template in zip(subtree.contents, templates, strict=False):
                for one in subtrees.content_addresses(flags, address, tiling):
                    self._look(link_target(name, subtrees.filled(template, one)), name)
            below = subtrees.child_addresses(subtree.children, address, tiling)
            waiting += [one for one in below if one[0] < tiling.available_levels]

    def _buffer(self, document: str, uri: str) -> bytes:
        target = link_target(document, uri)
        self._look(target, document, is_plain=True)
        return b"" if target in self.found.missing else bytes(self._bytes(target))

    def _look(self, name: str, document: str, *, is_plain: bool = False) -> Content | None:
        """Note a file and look into it once; its own links are followed. is_plain: any bytes will do."""
        if name in self.found.files or name in self.found.missing:
            return None
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder):
            raise ModelError(Fault.OUTSIDE_LINK, file=document, uri=name[:120])
        if len(self.found.files) + len(self.found.missing) >= MOST_FILES:
            raise ModelError(Fault.TOO_MUCH, file=self.found.entry, most=MOST_FILES)
        if not path.is_file():
            self.found.missing[name] = document
            return None
        self.found.files[name] = path.stat().st_size
        self.progress(len(self.found.files))
        if is_plain:
            return None
        content = inspect(self._bytes(name), name)
        if content.document is not None:
            self.found.documents.add(name)
        else:
            self.found.kinds[content.kind] += 1
        self.found.remarks.update(content.remarks)
        for uri in content.links:
            self._look(link_target(name, uri), name, is_plain=True)
        return content

    def _bytes(self, name: str) -> Any:
        """Return a file's bytes as they are meant; large ones are mapped, not read."""
        with (self.folder / name).open("rb") as file:
            try:
                held: Any = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError:
                raise ModelError(Fault.BROKEN_CONTENT, file=name, detail="it is empty") from None
        return unpacked(held, name)


def _links(tile: dict[str, Any]) -> Iterator[str]:
    """Yield the links of a tile's contents, also as drafts of the format wrote them."""
    multiple = (tile.get("extensions") or {}).get("3DTILES_multiple_contents") or {}
    several = [*(tile.get("contents") or ()), *(multiple.get("contents") or multiple.get("content") or ())]
    for content in [tile["content"]] if tile.get("content") else several:
        uri = content.get("uri", content.get("url"))
        if uri is not None:
            yield str(uri)
