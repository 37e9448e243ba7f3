"""Which division a ledger's row belongs to: its own code, else the division that the import was asked for."""

from collections.abc import Iterable
from typing import Protocol

from django.utils.translation import gettext as _

from xiaoyuan.intake.columns import ImportContext, Row
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.lib import divisions
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.successions import current_code

COLUMN = "区划代码"
_LOOK_UP = 500


class DivisionUnclear(FileRefused):
    """Rows do not say their village and the import was asked for more than one village."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _("%(code)s is no village and the ledger has no column 区划代码. Give the village with --division, "
              "or add the column.") % {"code": divisions.pad(code)}
        )  # fmt: skip


class Placed(Protocol):
    """A draft of a row that learns its division here."""

    row: Row
    division_code: str

    def fault(self, column: str, text: str) -> None:
        """Note an error of the row."""

    def note(self, column: str, text: str) -> None:
        """Note what is worth a second look."""


def resolve_divisions(
    drafts: Iterable[Placed], context: ImportContext, *, level: divisions.Level | None = None
) -> None:
    """Set each draft's division, or note why it cannot be.

    A code must lie within the division of the import and be in the register's lists; a former one leads to its
    successor. `level` asks for villages only.
    Raises `DivisionUnclear` when no row has a code and the import's own division is not of that level.
    """
    drafts = list(drafts)
    own = context.division_code
    own_fits = level is None or divisions.level_of(own) is level
    stated = {code for draft in drafts if (code := draft.row.values.get("division_code"))}
    if not own_fits and not any("division_code" in draft.row.values for draft in drafts):
        raise DivisionUnclear(own)
    known = _known(stated)
    renewed = {code: current_code(code) for code in stated - known}
    for draft in drafts:
        code = draft.row.values.get("division_code")
        now = renewed.get(code) if code is not None else None
        if code is not None and now is not None and divisions.is_within(now, own):
            draft.note(
                COLUMN,
                _("%(old)s is %(new)s now.") % {"old": divisions.pad(code), "new": divisions.pad(now)},
            )
            code = now
        if code is None:
            if any(problem.column == COLUMN for problem in draft.row.problems):
                continue
            if own_fits:
                draft.division_code = own
            else:
                draft.fault(COLUMN, _("Write the code of the village."))
        elif not divisions.is_within(code, own):
            draft.fault(
                COLUMN,
                _("%(code)s does not lie within %(own)s.")
                % {"code": divisions.pad(code), "own": divisions.pad(own)},
            )
        elif code not in known and code != now:
            draft.fault(
                COLUMN, _("There is no division %(code)s in the register.") % {"code": divisions.pad(code)}
            )
        elif level is not None and divisions.level_of(code) is not level:
            draft.fault(COLUMN, _("%(code)s is no village.") % {"code": divisions.pad(code)})
        else:
            draft.division_code = code


def village_of(row: Row, context: ImportContext) -> str:
    """Return the block of a row: rows of one village are judged together."""
    return row.values.get("division_code") or context.division_code


def _known(codes: Iterable[str]) -> set[str]:
    wanted = sorted(codes)
    found: set[str] = set()
    for start in range(0, len(wanted), _LOOK_UP):
        part = wanted[start : start + _LOOK_UP]
        rows = Division.objects.filter(code__in=part, valid_until__isnull=True)
        found.update(rows.values_list("code", flat=True))
    return found
