"""Why a write cannot be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Dependency:
    """A row that was changed, or that came to refer to a row, after the revision: who did it and when, if known."""

    object_kind: str
    object_id: int
    by: str
    at: str


class LaterEdits(Exception):
    """Later edits depend on the revision: they have to be taken back first."""

    def __init__(self, dependencies: Sequence[Dependency]) -> None:
        self.dependencies = tuple(dependencies)
        super().__init__(
            _("%(count)d later changes depend on this one. Take them back first.")
            % {"count": len(dependencies)}
        )


class AlreadyUndone(Exception):
    """Somebody took it back before."""

    def __init__(self) -> None:
        super().__init__(_("This was taken back already."))
