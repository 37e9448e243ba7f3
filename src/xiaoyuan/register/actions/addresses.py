"""Standard addresses of courtyards: one current at a time, former ones stay as aliases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from xiaoyuan.audit.actions import Change, record_changes
from xiaoyuan.audit.models import Operation
from xiaoyuan.history.recording import Recorder
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.choices import AddressStatus
from xiaoyuan.register.models import StandardAddress

_SLICE: Final = 1000
_WHY: Final = "an import compares the addresses of its own division"
_KIND: Final = StandardAddress._meta.label_lower


@dataclass(frozen=True, slots=True)
class AddressText:
    """An address as the authority writes it, and its house number."""

    text: str
    house_number: str = ""


def current_addresses(courtyard_ids: Sequence[int]) -> dict[int, StandardAddress]:
    """Return the address in use of each courtyard."""
    found: dict[int, StandardAddress] = {}
    for start in range(0, len(courtyard_ids), _SLICE):
        rows = StandardAddress.objects.unscoped(_WHY).filter(
            courtyard_id__in=courtyard_ids[start : start + _SLICE], status=AddressStatus.CURRENT
        )
        found.update((row.courtyard_id, row) for row in rows)
    return found


def is_current(address: AddressText, current: StandardAddress | None) -> bool:
    """Whether the address in use already says so."""
    return current is not None and (current.text, current.house_number) == (
        address.text,
        address.house_number,
    )


def write_addresses(
    *,
    addresses: Mapping[int, AddressText],
    division_codes: Mapping[int, str],
    staged_ids: Mapping[int, int | None],
    writing: Writing,
    recorder: Recorder | None = None,
) -> int:
    """Give courtyards (by id) their addresses; an address that differs turns the old one into a former one.

    Returns how many were written. Must run in the caller's transaction.
    """
    current = current_addresses(list(addresses))
    wanted = {pk: text for pk, text in addresses.items() if not is_current(text, current.get(pk))}
    former = [current[pk] for pk in wanted if pk in current]
    if recorder is not None:
        recorder.changing(StandardAddress, [row.pk for row in former])
    for row in former:
        row.status = AddressStatus.FORMER
        writing.touch(row)
    StandardAddress.objects.bulk_update(former, ["status", "row_version", "updated_at"], batch_size=200)
    made = StandardAddress.objects.bulk_create(
        [
            StandardAddress(
                **writing.home(division_codes[pk], staged_ids[pk]),
                courtyard_id=pk,
                text=address.text,
                house_number=address.house_number,
            )
            for pk, address in wanted.items()
        ]
    )
    if recorder is not None:
        recorder.created(StandardAddress, [row.pk for row in made])
    changes = [
        Change(_KIND, row.pk, Operation.UPDATE, "status", AddressStatus.CURRENT, AddressStatus.FORMER)
        for row in former
    ]
    changes += [
        Change(_KIND, row.pk, Operation.CREATE, after={"text": row.text}, source_row_id=row.source_row_id)
        for row in made
    ]
    record_changes(county_id=writing.county_id, actor=writing.actor, now=writing.now, changes=changes)
    return len(made)
