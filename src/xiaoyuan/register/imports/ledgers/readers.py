"""Readers of cells that only the register knows: identity numbers, division codes, stated policy tags."""

import re
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.cells import Cell, as_text, code
from xiaoyuan.intake.errors import CellError
from xiaoyuan.lib import divisions
from xiaoyuan.lib.id_number import IdNumber
from xiaoyuan.register.errors import IdNumberUnfit
from xiaoyuan.register.identity import read_id_number

TAG_LENGTH: Final = 40
_NONE: Final = frozenset({"无", "否", "/", "-"})
_BETWEEN_TAGS: Final = re.compile(r"[;；、,，]+(?![^(（]*[)）])")
_TAG: Final = re.compile(r"([^(（]+)(?:[(（](.*)[)）])?")


def identity(cell: Cell, today: date) -> IdNumber | None:
    """An identity number of 18 characters with a right check character."""
    value = code(40)(cell, today)
    if value is None:
        return None
    try:
        number = read_id_number(value)
    except IdNumberUnfit as error:
        raise CellError(str(error)) from None
    if number.birth_date > today:
        raise CellError(_("The birth date in the identity number lies in the future."))
    return number


def division(cell: Cell, today: date) -> str | None:
    """A division code, short or padded, as significant digits."""
    value = code(20)(cell, today)
    if value is None:
        return None
    try:
        return divisions.normalise(value)
    except divisions.DivisionCodeError:
        raise CellError(_("This is not a division code: 2, 4, 6, 9 or 12 digits are expected.")) from None


def tags(cell: Cell, today: date) -> dict[str, str] | None:
    """Policy tags with what is stated of each: `脱贫户(2018年脱贫);残疾人`. 无 states that there is none."""
    value = as_text(cell)
    if not value:
        return None
    if value in _NONE:
        return {}
    stated: dict[str, str] = {}
    for part in _BETWEEN_TAGS.split(value):
        found = _TAG.fullmatch(part.strip())
        if found is None:
            raise CellError(_("Write policy tags like 脱贫户(2018年脱贫);残疾人."))
        name = re.sub(r"\s+", "", found[1])
        if not name or len(name) > TAG_LENGTH:
            raise CellError(_("A policy tag has 1 to %(limit)s characters.") % {"limit": TAG_LENGTH})
        stated[name] = (found[2] or "").strip()
    return stated
