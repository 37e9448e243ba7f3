"""Gathering the images of what a write makes, changes or removes, while it runs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import models

from xiaoyuan.audit.actors import Actor
from xiaoyuan.history.models import Revision


class Recorder:
    """The revision of one action or one import. All of it happens in the transaction of the write.

    `changing` and `removing` are told before, `created` after the rows are written, each as often as there are chunks.
    """

    def __init__(self, revision: Revision) -> None:
        self.revision = revision

    def created(self, model: type[models.Model], ids: Iterable[int]) -> None:
        """Note rows that were made."""

    def changing(self, model: type[models.Model], ids: Iterable[int]) -> None:
        """Keep the images of rows that are about to be changed. A row is kept as it was at the first call."""

    def removing(self, model: type[models.Model], ids: Iterable[int]) -> None:
        """Keep the images of rows that are about to be removed."""

    def changing_vault(self, subjects: Iterable[UUID], names: Sequence[str]) -> None:
        """Keep the sealed vault fields of subjects that are about to be written, replaced or removed."""

    def counted(self, deltas: Iterable[Sequence[object]]) -> None:
        """Note what is added to the figures: rows (division, figure, amount, dimension, is_sample)."""

    def close(self) -> None:
        """Write down what is left and the versions that the rows have now. Must be the last call."""


def open_revision(
    *,
    county_id: int,
    division_code: str,
    action: str,
    actor: Actor,
    now: datetime,
    object_kind: str = "",
    object_id: int | None = None,
) -> Recorder:
    """Open the revision of an action (`register.move_household`) or an import (`intake.apply`)."""
    return Recorder(
        Revision.objects.create(
            county_id=county_id,
            division_code=division_code,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            actor_id=actor.user_id,
            actor_label=actor.label,
            at=now,
        )
    )
