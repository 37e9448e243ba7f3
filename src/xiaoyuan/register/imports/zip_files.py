"""Opening ZIP archives that anybody may have made: nothing outside the folder, nothing endless."""

import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.register.errors import RegisterError
from xiaoyuan.vault.files import large_scratch_folder

ZIP: Final = (".zip",)
MOST_FILES: Final = 200_000
MOST_BYTES: Final = 20 * 2**30
_MOST_RATIO: Final = 300
_RATIO_FROM_BYTES: Final = 50 * 2**20
"""Small archives may be as dense as they like: a blank raster is."""
_UTF8_NAME: Final = 0x800
_ENCRYPTED: Final = 0x1
_BLOCK: Final = 2**20


class UnsafeArchive(RegisterError):
    """An archive that is damaged, or made to harm."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack an archive into a folder that is gone afterwards; raises `UnsafeArchive` before anything is written."""
    with large_scratch_folder() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                members = _checked(path, archive)
                for name, member in members:
                    _extract(archive, member, Path(folder) / name, path)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
            raise UnsafeArchive(
                _("%(file)s cannot be unpacked: %(reason)s.") % {"file": path.name, "reason": str(error)}
            ) from None
        yield Path(folder)


def _checked(path: Path, archive: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return the members with their names, all of them proven harmless."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    size = sum(member.file_size for member in members)
    if len(members) > MOST_FILES or size > MOST_BYTES:
        raise UnsafeArchive(
            _("%(file)s would unpack to %(count)d files of %(size)d MB: too much. Give the unpacked folder.")
            % {"file": path.name, "count": len(members), "size": size // 2**20}
        )
    if size > _RATIO_FROM_BYTES and size > _MOST_RATIO * max(1, path.stat().st_size):
        raise UnsafeArchive(
            _("%(file)s would unpack to %(ratio)d times its size, as an archive made to fill a disk does.")
            % {"file": path.name, "ratio": size // max(1, path.stat().st_size)}
        )
    found, seen = [], set()
    for member in members:
        name = _name(member)
        parts = PurePosixPath(name).parts
        is_link = stat.S_ISLNK(member.external_attr >> 16)
        if not parts or name.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name or is_link:
            raise UnsafeArchive(
                _("%(file)s holds “%(name)s”, which leads out of the archive. It was not unpacked.")
                % {"file": path.name, "name": name[:80]}
            )
        if member.flag_bits & _ENCRYPTED:
            raise UnsafeArchive(_("%(file)s is locked by a password. Unpack it first.") % {"file": path.name})
        if name.casefold() in seen:
            raise UnsafeArchive(
                _("%(file)s holds “%(name)s” twice.") % {"file": path.name, "name": name[:80]}
            )
        seen.add(name.casefold())
        if not parts[0].startswith("__MACOSX") and not parts[-1].startswith("."):
            found.append((name, member))
    return found


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; Chinese Windows writes GBK where the standard knows only cp437 and UTF-8."""
    name = member.filename
    if not member.flag_bits & _UTF8_NAME and not name.isascii():
        raw = name.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, path: Path) -> None:
    """Write one member; what is longer than the archive says is a lie and ends the import."""
    target.parent.mkdir(parents=True, exist_ok=True)
    left = member.file_size
    with archive.open(member) as source, target.open("wb") as out:
        while block := source.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise UnsafeArchive(
                    _("%(file)s would unpack to more than it says. It was not imported.")
                    % {"file": path.name}
                )
            out.write(block)
    shutil.copymode(path, target)
