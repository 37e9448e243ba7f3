"""What somebody may mean by the one search box of the households: a name, a number, an address, a plate."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.queries import find_scanned
from xiaoyuan.doorplates.tokens import TOKEN_CHARACTERS
from xiaoyuan.doorplates.workflow import LIVE
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.lib import id_number, plate_code
from xiaoyuan.register.models import SHOWN, Household, Membership, PolicyTag
from xiaoyuan.register.queries.console import courtyards_within, households_within
from xiaoyuan.search.queries import find

MOST: Final = 100
VILLAGE_DIGITS: Final = 12
_WHY: Final = "rows of households that the scope already let through"
_TOKEN: Final = re.compile(rf"(?:.*/d/)?([A-Za-z0-9_-]{{{TOKEN_CHARACTERS}}})/?")
_SEPARATORS: Final = str.maketrans("", "", " -—()（）·")


@dataclass(frozen=True)
class Question:
    """What a text may be. A secret one must stand in no address and no log."""

    text: str
    personal: "dict[str, str]"
    """Numbers to look up by blind index: `id_number` or `phone`."""
    plate: str
    token: str

    @property
    def is_secret(self) -> bool:
        """Whether the text may be a personal number or the secret of a plate."""
        digits = sum(character.isdigit() for character in self.text)
        return bool(self.personal or self.token) or (digits >= 11 and not self.plate)


def question(text: str) -> Question:
    """Read what somebody typed."""
    wanted = unicodedata.normalize("NFKC", text).strip()
    bare = wanted.translate(_SEPARATORS).removeprefix("+86")
    personal: dict[str, str] = {}
    try:
        personal["id_number"] = id_number.parse(bare).text
    except id_number.IdNumberError:
        if re.fullmatch(r"1\d{10}|0\d{9,11}", bare):
            personal["phone"] = bare
    try:
        plate = str(plate_code.parse(wanted))
    except plate_code.PlateCodeError:
        plate = ""
    token = _TOKEN.fullmatch(wanted)
    return Question(wanted, personal, plate, token.group(1) if token and not plate else "")


def households_asked(
    scope: Scope, code: str, asked: Question, *, group: str = "", tag: str = "", place: str = ""
) -> "QuerySet[Any]":
    """Return households of a scope that fit a text and the filters, the best first."""
    # A household that was closed is shown only to who asks for its number.
    rows = households_within(scope).filter(
        Q(merged_into__isnull=True, closed_on__isnull=True) | Q(household_no=asked.text)
    )
    courtyards = _courtyards_of(scope, asked)
    if courtyards is not None:
        rows = rows.filter(courtyard_id__in=courtyards)
    elif asked.text:
        closed = Household.objects.within(scope).filter(household_no=asked.text, closed_on__isnull=False)
        ids = [*matching(scope, code, asked.text), *closed.values_list("pk", flat=True)[:MOST]]
        rows = _in_order(rows, ids)
    if group:
        rows = rows.filter(group=group)
    if tag:
        tagged = PolicyTag.objects.filter(tag=tag, until__isnull=True)
        members = tagged.filter(
            person__memberships__household=OuterRef("pk"), person__memberships__until__isnull=True
        )
        rows = rows.filter(Exists(tagged.filter(household=OuterRef("pk"))) | Exists(members))
    if place == "none":
        rows = rows.filter(courtyard__isnull=True)
    elif place == "unshaped":
        rows = rows.filter(courtyard__isnull=False, courtyard__wkb__isnull=True)
    return rows


def matching(scope: Scope, code: str, text: str, limit: int = MOST) -> list[int]:
    """Return ids of households by a member's name or its pinyin, address or number, the best first."""
    ids = find(kind="register.household", text=text, scope=scope, is_sample=shows_sample(code), limit=limit)
    if ids or any(len(prefix) < VILLAGE_DIGITS for prefix in scope.prefixes):
        return ids
    # A village written before there was an index is read instead; a county would take too long.
    return list(households_within(scope, text).values_list("pk", flat=True)[:limit])


def _in_order(rows: "QuerySet[Any]", ids: Sequence[int]) -> "QuerySet[Any]":
    if not ids:
        return rows.none()
    rank = Case(*(When(pk=pk, then=Value(place)) for place, pk in enumerate(ids)))
    return rows.filter(pk__in=ids).order_by(rank)


def _courtyards_of(scope: Scope, asked: Question) -> list[int] | None:
    """Return the courtyards of a plate, None when the text is none: sixteen letters may be a name in pinyin too."""
    if asked.token:
        plate = find_scanned(asked.token)
        return [plate.courtyard_id] if plate else None
    if not asked.plate:
        return None
    rows = Doorplate.objects.within(scope).filter(SHOWN, code=asked.plate, state__in=LIVE)
    return list(rows.values_list("courtyard_id", flat=True))


def member_names(household_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the names of the members of households of a page, the head first. One query."""
    names: dict[int, list[str]] = {}
    rows = Membership.objects.unscoped(_WHY).filter(household_id__in=list(household_ids), until__isnull=True)
    for household_id, name in rows.order_by("relation_to_head", "pk").values_list(
        "household_id", "person__name"
    ):
        names.setdefault(household_id, []).append(name)
    return names


def groups_of(scope: Scope) -> list[str]:
    """Return the villager groups of a scope."""
    rows = (
        Household.objects.within(scope)
        .filter(SHOWN)
        .exclude(group="")
        .order_by()
        .values_list("group", flat=True)
    )
    return sorted(rows.distinct())[:60]


def tags_of(scope: Scope) -> list[str]:
    """Return the policy tags in use in a scope."""
    rows = PolicyTag.objects.within(scope).filter(SHOWN, until__isnull=True).order_by()
    return sorted(rows.values_list("tag", flat=True).distinct())[:60]


def courtyards_matching(scope: Scope, text: str, limit: int = 20) -> list[Any]:
    """Return courtyards by code, plate code, name, house number or part of the address."""
    asked = question(text)
    courtyards = _courtyards_of(scope, asked)
    if courtyards is not None:
        rows = courtyards_within(scope).filter(pk__in=courtyards)
    else:
        rows = courtyards_within(scope, asked.text)
    return list(rows[:limit])
