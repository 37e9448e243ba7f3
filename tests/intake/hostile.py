"""All files that do harm or are broken, each with a title and with how it has to be refused."""

from tests.intake.hostile_file import Hostile
from tests.intake.hostile_formats import broken_books, compounds, other_formats, texts
from tests.intake.hostile_sheets import extents, macros_and_passwords, ranges, xml
from tests.intake.hostile_zips import archives, bombs


def hostile_files() -> list[Hostile]:
    """Return all of them."""
    found = [
        *bombs(), *archives(), *xml(), *extents(), *ranges(), *macros_and_passwords(),
        *other_formats(), *broken_books(), *compounds(), *texts(),
    ]  # fmt: skip
    assert len({one.title for one in found}) == len(found)
    return found
