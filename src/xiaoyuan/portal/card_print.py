"""The household's card for signing: what stands on it, and the same as a PDF in normal or large print."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typst
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.doorplates.errors import PrintFailed, PrintFontMissing
from xiaoyuan.lib import id_number
from xiaoyuan.lib.fonts import FontMissing, PrintFont, chinese_font, missing_characters
from xiaoyuan.register.queries.console import HouseholdCard, Member
from xiaoyuan.vault.actions import read_masked

NORMAL_PT: Final = 10.5
LARGE_PT: Final = 18.0
"""Nothing on a card for elders is set smaller."""
NUMBERS: Final = ("id_number", "phone")
_TEMPLATE: Final = Path(__file__).with_name("household_card.typ")


@dataclass(frozen=True)
class CardRow:
    """One member as a line of the card; numbers are masked unless the card was asked for with a reason."""

    name: str
    relation: str
    sex: str
    born: str
    id_number: str
    phone: str
    remarks: str


@dataclass(frozen=True)
class SigningCard:
    """All that stands on the card."""

    title: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[CardRow, ...]
    source: str
    is_sample: bool
    has_numbers: bool


def signing_card(
    card: HouseholdCard,
    *,
    village: str,
    printed_by: str,
    now: datetime,
    numbers: Mapping[tuple[int, str], str] | None = None,
) -> SigningCard:
    """Return a card; `numbers` by `(person id, field)` are shown in full, None shows them masked."""
    shown = _masked(card) if numbers is None else numbers
    household = card.household
    has_number = card.house_number and not card.address.endswith(card.house_number)
    address = f"{card.address}（{card.house_number}）" if has_number else card.address
    dwelling = " ".join(
        filter(
            None,
            (
                f"{household.dwelling_area_m2} m²" if household.dwelling_area_m2 is not None else "",
                household.get_dwelling_structure_display() if household.dwelling_structure else "",
                str(household.dwelling_year or ""),
            ),
        )
    )
    land = "，".join(
        f"{label} {area} {_('mu')}"
        for label, area in ((_("arable land"), household.arable_mu), (_("forest land"), household.forest_mu))
        if area is not None
    )
    facts = (
        (_("Household number"), household.household_no),
        (_("Village"), village),
        (_("Villager group"), household.group),
        (_("Address"), address),
        (_("Dwelling"), dwelling),
        (_("Land"), land),
        (_("Crops and livestock"), "；".join(filter(None, (household.main_crops, household.livestock)))),
        (_("Policy tags"), "、".join(tag.tag for tag in card.tags if tag.until is None)),
    )
    as_of = timezone.localtime(now).strftime("%Y-%m-%d %H:%M")
    return SigningCard(
        title=_("Household card for checking"),
        facts=tuple((label, value or "—") for label, value in facts),
        rows=tuple(_row(member, shown) for member in card.members),
        source=_(
            "Source: register of %(village)s, as of %(moment)s. Printed by %(name)s. Personal data: keep safe."
        )
        % {"village": village, "moment": as_of, "name": printed_by},
        is_sample=household.is_sample,
        has_numbers=numbers is not None,
    )


def _row(member: Member, shown: Mapping[tuple[int, str], str]) -> CardRow:
    person = member.person
    tags = [tag.tag for tag in member.tags if tag.until is None]
    return CardRow(
        name=person.name,
        relation=member.relation,
        sex=str(person.get_sex_display()),
        born=person.birth_date.isoformat() if person.birth_date else "—",
        id_number=shown.get((person.pk, "id_number"), "") or "—",
        phone=shown.get((person.pk, "phone"), "") or "—",
        remarks="、".join(filter(None, (member.education, *tags, person.work_place))) or "—",
    )


def _masked(card: HouseholdCard) -> dict[tuple[int, str], str]:
    people = {member.person.person_uid: member.person.pk for member in card.members}
    held = read_masked(county_id=card.household.county_id, subjects=people, names=NUMBERS)
    return {
        (people[uid], name): id_number.mask(value.reveal())
        for uid, fields in held.items()
        for name, value in fields.items()
    }


def set_card(card: SigningCard, *, is_large: bool) -> bytes:
    """Return the card as an A4 PDF; large print is set in at least 18 pt, lying, with fewer columns.

    Raises `PrintFontMissing`, `PrintFailed`. A character that the typeface lacks is printed as its number, so that
    somebody can write it in: an empty box would be signed unread.
    """
    try:
        font = chinese_font()
    except FontMissing:
        raise PrintFontMissing from None
    columns, members = _table(card.rows, is_large=is_large)
    lacking = any(_lacking(row.name, font) for row in card.rows)
    note = _("Marked characters are not in the typeface: write them in by hand.") if lacking else ""
    sheet = {
        "title": card.title,
        "family": font.family,
        "size": LARGE_PT if is_large else NORMAL_PT,
        "mark": _("SAMPLE") if card.is_sample else "",
        "facts": [[label, _drawable(value, font)] for label, value in card.facts],
        "columns": columns,
        "members": [[_drawable(text, font) for text in row] for row in members],
        "note": note,
        "source": _drawable(card.source, font),
        "labels": {
            "members": _("Members"),
            "nobody": _("No members are recorded."),
            "corrections": _("Corrections"),
            "statement": _("I have checked what stands above. What is wrong I have written in above."),
            "signature": _("Signature of the head"),
            "clerk": _("Clerk"),
            "day": _("Date"),
        },
    }
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(_TEMPLATE),
            font_paths=[str(font.folder)],
            ignore_system_fonts=True,
            sys_inputs={"card": json.dumps(sheet, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise PrintFailed([str(error)]) from error
    if warnings or pdf is None:
        raise PrintFailed([str(warning) for warning in warnings])
    return bytes(pdf)


def _table(rows: Sequence[CardRow], *, is_large: bool) -> tuple[list[str], list[list[Any]]]:
    if is_large:
        columns = [
            _("Full name"),
            _("Relation"),
            _("Sex, born"),
            _("Identity number"),
            _("Telephone, remarks"),
        ]
        return columns, [
            [row.name, row.relation, f"{row.sex} {row.born}", row.id_number, f"{row.phone}　{row.remarks}"]
            for row in rows
        ]
    columns = [
        _("Full name"), _("Relation"), _("Sex"), _("Born"), _("Identity number"), _("Telephone"), _("Remarks"),
    ]  # fmt: skip
    return columns, [
        [row.name, row.relation, row.sex, row.born, row.id_number, row.phone, row.remarks] for row in rows
    ]


def _lacking(text: str, font: PrintFont) -> str:
    """Return what a typeface cannot draw; private characters have no shape but the one of whoever made them up."""
    private = "".join(character for character in text if unicodedata.category(character) == "Co")
    return missing_characters(font, text) + private


def _drawable(text: str, font: PrintFont) -> str:
    for character in _lacking(text, font):
        text = text.replace(character, f"〔U+{ord(character):04X}〕")
    return text
