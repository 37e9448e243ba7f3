"""Why a 3D model is refused: a fault with the facts of the case, and an English sentence for programs."""

from enum import StrEnum
from typing import Final

from xiaoyuan.tiling.errors import TilingError


class Fault(StrEnum):
    """What is wrong with a model."""

    NOT_JSON = "not_json"
    NOT_CITYJSON = "not_cityjson"
    CITYJSON_VERSION = "cityjson_version"
    CITYJSON_BROKEN = "cityjson_broken"
    EXTENT = "extent"
    NO_OBJECTS = "no_objects"
    NOT_TILESET = "not_tileset"
    TILESET_VERSION = "tileset_version"
    TILESET_BROKEN = "tileset_broken"
    OUTSIDE_LINK = "outside_link"
    UNKNOWN_CONTENT = "unknown_content"
    BROKEN_CONTENT = "broken_content"
    MISSING_FILES = "missing_files"
    NOT_ON_GLOBE = "not_on_globe"
    TOO_MUCH = "too_much"


_SENTENCES: Final = {
    Fault.NOT_JSON: "%(file)s is no JSON document.",
    Fault.NOT_CITYJSON: "%(file)s is no CityJSON file.",
    Fault.CITYJSON_VERSION: "%(file)s is CityJSON %(version)s; only 1.1 and 2.0 are read.",
    Fault.CITYJSON_BROKEN: "%(file)s is broken: %(detail)s.",
    Fault.EXTENT: "%(file)s: vertices at %(found)s contradict the stated extent %(stated)s.",
    Fault.NO_OBJECTS: "%(file)s holds no object with surfaces.",
    Fault.NOT_TILESET: "%(file)s is no 3D Tiles document.",
    Fault.TILESET_VERSION: "%(file)s is 3D Tiles %(version)s; only 1.0 and 1.1 are read.",
    Fault.TILESET_BROKEN: "%(file)s is broken: %(detail)s.",
    Fault.OUTSIDE_LINK: "%(file)s names %(uri)s, which lies outside the model's folder.",
    Fault.UNKNOWN_CONTENT: "%(file)s is no tile content that is known.",
    Fault.BROKEN_CONTENT: "%(file)s is broken: %(detail)s.",
    Fault.MISSING_FILES: "%(count)d files that the tileset names are missing: %(files)s.",
    Fault.NOT_ON_GLOBE: "%(file)s does not lie on the globe: %(detail)s.",
    Fault.TOO_MUCH: "%(file)s names more than %(most)d files.",
}


class ModelError(TilingError):
    """A model that is refused; `fault` and `fields` let a caller say it in another language."""

    def __init__(self, fault: Fault, **fields: object) -> None:
        self.fault, self.fields = fault, fields
        super().__init__(_SENTENCES[fault] % fields)
