"""Standard addresses of courtyards: one current at a time, former ones stay as aliases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from xiaoyuan.audit.actions import Change, record_changes
from xiaoyuan.audit.models import Operation
from xiaoyuan.register.actions.place_rows import ImportContext
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
    context: ImportContext,
) -> int:
    """Give courtyards (by id) their addresses; an address that differs turns the old one into a former one.

    Returns how many were written. Must run in the transaction of the import.
    """
    current = current_addresses(list(addresses))
    wanted = {pk: text for pk, text in addresses.items() if not is_current(text, current.get(pk))}
    former = [current[pk] for pk in wanted if pk in current]
    for row in former:
        row.status = AddressStatus.FORMER
        row.row_version += 1
        row.updated_at = context.now
    StandardAddress.objects.bulk_update(former, ["status", "row_version", "updated_at"], batch_size=200)
    made = StandardAddress.objects.bulk_create(
        [
            StandardAddress(
                county=context.county,
                division_code=division_codes[pk],
                is_sample=context.is_sample,
                source_row_id=staged_ids[pk],
                created_at=context.now,
                updated_at=context.now,
                courtyard_id=pk,
                text=address.text,
                house_number=address.house_number,
            )
            for pk, address in wanted.items()
        ]
    )
    changes = [
        Change(_KIND, row.pk, Operation.UPDATE, "status", AddressStatus.CURRENT, AddressStatus.FORMER)
        for row in former
    ]
    changes += [
        Change(_KIND, row.pk, Operation.CREATE, after={"text": row.text}, source_row_id=row.source_row_id)
        for row in made
    ]
    record_changes(county_id=context.county.pk, actor=context.actor, now=context.now, changes=changes)
    return len(made)
