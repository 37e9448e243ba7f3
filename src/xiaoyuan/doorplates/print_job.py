"""One print job: which plates, what stands on them, the sheet as a file, and the plates marked printed."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actors import Actor
from xiaoyuan.doorplates.actions import mark_printed
from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.doorplates.errors import NothingToPrint, UnknownCourtyards
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.printing import PlateFace, check_base_url, set_sheets
from xiaoyuan.doorplates.queries import PlateAddress, address_on, addresses_of, plates_to_print
from xiaoyuan.doorplates.tokens import scan_url, sealing_name, sealing_subject
from xiaoyuan.doorplates.workflow import LIVE, PRINTABLE
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.register.models import Division
from xiaoyuan.vault.actions import open_blob

MOST_A_JOB: Final = 1500
"""Plates in one file: 500 sheets, about 600 MB while the typesetter works."""
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True)
class PrintReport:
    """What a print job did. `left` plates of the selection wait for a further job.

    `without_address` are courtyards left out because no standard address is known.
    """

    plates: int
    pages: int
    marked: int
    left: int
    without_address: tuple[str, ...]


def print_plates(
    *,
    division: Division,
    scope: Scope,
    out: Path,
    base_url: str,
    actor: Actor,
    now: datetime,
    courtyard_codes: Collection[str] = (),
    limit: int | None = None,
    again: bool = False,
    is_proof: bool = False,
    is_demo: bool = False,
) -> PrintReport:
    """Write the plates of a division that wait for print as PDF to `out`, and mark them printed.

    `courtyard_codes` names single courtyards, `again` includes plates printed before, a proof takes every live
    plate and marks none. At most 1,500 plates a file: run again for the rest. The file holds tokens: it is
    readable by its owner only. Raises `DoorplateError`.
    """
    states = LIVE if is_proof else PRINTABLE if again or courtyard_codes else {PlateState.PLANNED}
    selected = plates_to_print(scope, states=states, courtyard_codes=courtyard_codes)
    found = list(selected[: min(limit or MOST_A_JOB, MOST_A_JOB)])
    missing = sorted(set(courtyard_codes) - {plate.courtyard.code for plate in found})
    if missing and limit is None:
        raise UnknownCourtyards(missing)
    addresses = addresses_of(plate.courtyard_id for plate in found)
    plates = [plate for plate in found if plate.courtyard_id in addresses]
    if not plates:
        raise NothingToPrint(division.code)
    is_for_use = not (is_proof or is_demo or all(plate.is_sample for plate in plates))
    check_base_url(base_url, is_for_use=is_for_use)
    left = 0 if is_proof else selected.count() - len(found)
    faces = faces_of(plates, addresses, base_url, is_trial=is_proof)
    title = f"{short_name(division.name)} {division.code}　{timezone.localdate(now).isoformat()}"
    sheets = set_sheets(faces, title=title)
    _write(out, sheets.pdf)
    marked = 0 if is_proof else mark_printed(plates=plates, actor=actor, now=now)
    without = tuple(plate.courtyard.code for plate in found if plate.courtyard_id not in addresses)
    return PrintReport(len(plates), sheets.pages, marked, left, without)


def faces_of(
    plates: Sequence[Doorplate],
    addresses: Mapping[int, PlateAddress],
    base_url: str,
    *,
    is_trial: bool = False,
) -> list[PlateFace]:
    """Return what stands on plates whose courtyards all have an address. Opens their tokens."""
    names = _village_names(plates)
    trial = "" if base_url.startswith("https://") and not is_trial else _("TRIAL")
    faces = []
    for plate in plates:
        address = address_on(plate, addresses[plate.courtyard_id])
        faces.append(
            PlateFace(
                place_name=names.get(plate.division_code[:12], ""),
                group=plate.flat.above or plate.courtyard.group,
                house_number=address.house_number,
                address=address.text,
                code=plate.readable_code,
                url=scan_url(base_url, _open_token(plate)),
                mark=_("SAMPLE") if plate.is_sample else trial,
            )
        )
    return faces


def _open_token(plate: Doorplate) -> str:
    return open_blob(
        county_id=plate.county_id,
        subject=sealing_subject(plate.county_id),
        name=sealing_name(plate.code),
        sealed=bytes(plate.token_sealed),
    ).decode()


def _village_names(plates: Sequence[Doorplate]) -> dict[str, str]:
    codes = {plate.division_code[:12] for plate in plates}
    rows = Division.objects.filter(code__in=codes, valid_until__isnull=True).values_list("code", "name")
    return {code: short_name(name) for code, name in rows}


def _write(out: Path, content: bytes) -> None:
    """Replace `out` as a whole; a plate is marked printed only after its sheet lies on the disk."""
    part = out.with_name(out.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(out)
