"""What the package that owns the rows adds when they are taken back: history itself knows no table."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from django.db import models

from xiaoyuan.history.images import Image
from xiaoyuan.history.ranges import IdRanges

Owner = tuple[str, int]
"""Kind and id of the record under which people know a row: a membership is the person's."""


class Domain(Protocol):
    """Whose the rows are, and what else is kept of them."""

    def owners(self, model: type[models.Model], rows: Sequence[Image]) -> list[Owner]:
        """Return the record that each row belongs to."""
        ...

    def owners_of_subjects(self, subjects: Sequence[UUID]) -> Mapping[UUID, Owner]:
        """Return the records of those subjects of the vault that still have one."""
        ...

    def removing(self, model: type[models.Model], ids: range, created: Mapping[str, IdRanges]) -> None:
        """Rows that the revision made are about to be removed; `created` has all of them by table."""
        ...

    def restoring(
        self, model: type[models.Model], now: Mapping[int, Image], before: Mapping[int, Image]
    ) -> None:
        """Rows are about to become what they were before; those missing in `now` come back."""
        ...

    def restoring_fields(self, subjects: Sequence[UUID], names: Sequence[str]) -> None:
        """Vault fields are about to become what they were; subjects and names go in pairs."""
        ...
