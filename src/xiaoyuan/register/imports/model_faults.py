"""What is wrong with a 3D model, as sentences for people."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from xiaoyuan.register.errors import RegisterError
from xiaoyuan.tiling.models3d.errors import Fault, ModelError


class ModelRefused(RegisterError):
    """A 3D model that cannot be taken over as it is."""


@contextmanager
def faults_as_sentences() -> Iterator[None]:
    """Let a fault of a model end as `ModelRefused` with its sentence."""
    try:
        yield
    except ModelError as error:
        raise ModelRefused(sentence(error)) from None


def sentence(error: ModelError) -> str:
    """Return the sentence of a fault, with what to do about it."""
    texts = {
        Fault.NOT_JSON: _("%(file)s is no readable JSON file. It may be damaged or cut off."),
        Fault.NOT_CITYJSON: _("%(file)s is no CityJSON file."),
        Fault.CITYJSON_VERSION: _(
            "%(file)s is CityJSON %(version)s; only 1.1 and 2.0 are read. Upgrade it, for example with cjio."
        ),
        Fault.CITYJSON_BROKEN: _("%(file)s breaks the rules of CityJSON: %(detail)s."),
        Fault.EXTENT: _(
            "%(file)s contradicts itself: by its “transform” the vertices lie at %(found)s, but its "
            "“geographicalExtent” is %(stated)s. Have the file made again."
        ),
        Fault.NO_OBJECTS: _("%(file)s holds no object with surfaces."),
        Fault.NOT_TILESET: _("%(file)s is no 3D Tiles document (tileset.json)."),
        Fault.TILESET_VERSION: _("%(file)s is 3D Tiles %(version)s; only 1.0 and 1.1 are read."),
        Fault.TILESET_BROKEN: _("%(file)s breaks the rules of 3D Tiles: %(detail)s."),
        Fault.OUTSIDE_LINK: _(
            "%(file)s names %(uri)s, which lies outside the model's folder. Put all files into one folder."
        ),
        Fault.UNKNOWN_CONTENT: _(
            "%(file)s is no tile content that is read (b3dm, i3dm, pnts, cmpt, glb, gltf, tileset JSON)."
        ),
        Fault.BROKEN_CONTENT: _("%(file)s is damaged: %(detail)s. Copy the model again."),
        Fault.MISSING_FILES: _(
            "%(count)d files that the model names are missing: %(files)s. Copy it again, or import without them by "
            "--allow-missing."
        ),
        Fault.NOT_ON_GLOBE: _("%(file)s does not lie on the globe: %(detail)s. Export it with its position."),
        Fault.TOO_MUCH: _("%(file)s names more than %(most)d files."),
    }
    return texts[error.fault] % error.fields
