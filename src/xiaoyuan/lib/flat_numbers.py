"""Building, unit and room of a flat as Chinese addresses write them: 3栋2单元501室."""

import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 20
_ENDINGS: Final = (("栋", "幢", "号楼", "座", "楼"), ("单元", "梯"), ("室", "号", "户"))
_NAME: Final = r"[0-9A-Za-z\u4e00-\u9fff]+?"
_WRITTEN: Final = re.compile(
    rf"(?P<building>{_NAME})(?:栋|幢|号楼|座)(?:(?P<unit>{_NAME})(?:单元|梯))?(?:(?P<room>[0-9A-Za-z]+)(?:室|号|户)?)?"
)
_SHORT: Final = re.compile(r"([0-9A-Za-z]+)[-－—]([0-9A-Za-z]+)(?:[-－—]([0-9A-Za-z]+))?")


class FlatNumberError(ValueError):
    """A text that names no flat; the message says what is wrong with it."""


@dataclass(frozen=True, order=True)
class Flat:
    """A building, a unit in it, a room in that, each "" where nothing is named. A room needs a building."""

    building: str = ""
    unit: str = ""
    room: str = ""

    @property
    def text(self) -> str:
        """The part of an address: 3栋2单元501室. A name that ends in its own word keeps it: 幸福楼."""
        return "".join(
            name if not name or name.endswith(endings) else name + endings[0]
            for name, endings in zip((self.building, self.unit, self.room), _ENDINGS, strict=True)
        )

    @property
    def last(self) -> str:
        """The innermost part, which stands large on a plate: 501室."""
        if self.room:
            return Flat(room=self.room).text
        return Flat(unit=self.unit).text if self.unit else Flat(self.building).text

    @property
    def above(self) -> str:
        """The parts before the innermost one: 3栋2单元."""
        if self.room:
            return Flat(self.building, self.unit).text
        return Flat(self.building).text if self.unit else ""


def parse(text: str) -> Flat:
    """Read 3栋2单元501室, 3幢501, 3-2-501 or 3-501; names come back without their endings.

    Raises `FlatNumberError`.
    """
    plain = "".join(text.split())
    found = _WRITTEN.fullmatch(plain)
    if found:
        return Flat(found["building"], found["unit"] or "", found["room"] or "")
    short = _SHORT.fullmatch(plain)
    if short:
        first, second, third = short.groups()
        return Flat(first, second, third) if third else Flat(first, "", second)
    raise FlatNumberError(f"“{text}” is no building, unit and room such as 3栋2单元501室 or 3-2-501.")


def flats_of(buildings: list[str], units: list[str], rooms: list[str], *, level: str) -> list[Flat]:
    """Return the plates of one level (`building`, `unit` or `room`) for names of each, in order.

    Buildings without units have rooms right below them. Raises `FlatNumberError` for a name that is missing, too
    long or not printable, and for an unknown level.
    """
    if level not in ("building", "unit", "room"):
        raise FlatNumberError(f"“{level}” is no level of flats.")
    if not buildings or (level == "unit" and not units) or (level == "room" and not rooms):
        raise FlatNumberError("Name the buildings, and the units or rooms that plates are for.")
    for name in (*buildings, *units, *rooms):
        if not name or len(name) > LONGEST or not name.isprintable():
            raise FlatNumberError(f"“{name}” is not a name of at most {LONGEST} characters.")
    inner_units = units if level != "building" else [""]
    inner_rooms = rooms if level == "room" else [""]
    made = [
        Flat(building, unit, room)
        for building in buildings
        for unit in inner_units or [""]
        for room in inner_rooms
    ]
    return list(dict.fromkeys(made))
