"""A filled form from the field, handed in by a page or by a phone: what it is about, its photos, its answers."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import get_language

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.fieldwork.form_access import access_filled_version, field_scope
from xiaoyuan.fieldwork.form_actions import About, fill_form
from xiaoyuan.fieldwork.form_errors import PlaceMissing
from xiaoyuan.register.models import SHOWN, Courtyard, Household

_PLACEHOLDER: Final = re.compile(r"@(\d{1,2})")
"""How a phone names its first, second, … photo before the server gave it an id."""


def about_of(viewer: Viewer, *, courtyard: int | None, household: int | None, division: str) -> About:
    """Return what a form is about within the viewer's field; raises `NotFound`, `PlaceMissing`."""
    scope = field_scope(viewer)
    if household is not None:
        row = Household.objects.within(scope).filter(SHOWN, pk=household).select_related("courtyard").first()
        if row is None:
            raise NotFound
        return About(row.division_code, courtyard=row.courtyard, household=row)
    if courtyard is not None:
        place = Courtyard.objects.within(scope).filter(SHOWN, pk=courtyard, valid_until__isnull=True).first()
        if place is None:
            raise NotFound
        return About(place.division_code, courtyard=place)
    if not division:
        raise PlaceMissing
    if not scope.touches_division(division) or not division.isdigit():
        raise NotFound
    return About(division)


def with_photos(answers: Any, attachments: Sequence[UUID]) -> Any:
    """Return answers in which the photos' placeholders are their ids."""
    if isinstance(answers, Mapping):
        return {str(name): with_photos(value, attachments) for name, value in answers.items()}
    if isinstance(answers, list):
        return [with_photos(value, attachments) for value in answers]
    if isinstance(answers, str) and (found := _PLACEHOLDER.fullmatch(answers)):
        number = int(found[1])
        return str(attachments[number]) if number < len(attachments) else ""
    return answers


def hand_in(
    viewer: Viewer, *, version_id: int, answers: Mapping[str, Any], about: About, now: datetime
) -> dict[str, Any]:
    """Keep a filled form; returns what the phone is told."""
    kept = fill_form(
        version=access_filled_version(viewer, version_id),
        raw=answers,
        about=about,
        actor=viewer.actor,
        now=now,
        language=get_language() or "zh-hans",
    )
    return {"answer": str(kept.pk), "state": str(kept.form.title)}
