"""The screen's search box: divisions by name or code, courtyards by address, house number or plate code."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Q
from django.urls import reverse

from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import AddressStatus, LayerClass
from xiaoyuan.register.models import SHOWN, StandardAddress
from xiaoyuan.register.queries.divisions import search_divisions
from xiaoyuan.twin.queries import scenes_for

LIMIT: Final = 20
_WHY: Final = "addresses of public courtyards are public"


@dataclass(frozen=True)
class SearchResult:
    """One thing found. Opens a division's screen, or a courtyard inside it."""

    kind: str
    title: str
    subtitle: str
    href: str
    code: str = ""
    cid: int | None = None
    scene: str = ""


def search(text: str, *, within: str = "") -> list[SearchResult]:
    """Return divisions first, then courtyards within a division; at most 20 in all."""
    wanted = text.strip()
    if not wanted:
        return []
    found = [
        SearchResult(
            kind="division",
            title=hit.name,
            # Names repeat, so the way down to each is shown.
            subtitle=" › ".join(hit.path),
            href=reverse("screen", args=[hit.code]),
            code=hit.code,
        )
        for hit in search_divisions(wanted, LIMIT // 2)
    ]
    return [*found, *_courtyards(wanted, within, LIMIT - len(found))]


def _courtyards(text: str, within: str, limit: int) -> list[SearchResult]:
    below = divisions.range_below(within) if within else {}
    by_plate = (
        Doorplate.objects.unscoped(_WHY)
        .filter(code=text.upper().replace("-", ""), **below)
        .values("courtyard_id")
    )
    addresses = (
        StandardAddress.objects.unscoped(_WHY)
        .filter(
            SHOWN,
            Q(text__contains=text) | Q(house_number=text) | Q(courtyard__in=by_plate),
            status=AddressStatus.CURRENT,
            courtyard__layer_class=LayerClass.PUBLIC,
            **below,
        )
        .order_by("text")
        .values_list("text", "house_number", "division_code", "courtyard__cid")[:limit]
    )
    scenes: dict[str, str] = {}
    results = []
    for address, number, code, cid in addresses:
        if code not in scenes:
            scenes[code] = next((scene.key for scene in scenes_for(code)), "")
        results.append(
            SearchResult(
                kind="courtyard",
                title=number or address,
                subtitle=address,
                href=reverse("screen", args=[code]) + f"#courtyard={cid}",
                code=code,
                cid=cid,
                scene=scenes[code],
            )
        )
    return results
