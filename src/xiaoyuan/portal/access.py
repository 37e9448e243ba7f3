"""The choke point for rows that engines keep without a scope of their own."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import QuerySet

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.history.models import Revision
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.portal.queries.history import HistoryLine
from xiaoyuan.portal.queries.revisions import PLACE_ACTIONS
from xiaoyuan.register.models import Household, Person

_OBJECTS: Final[dict[str, Any]] = {model._meta.label_lower: model for model in (Household, Person)}
HOUSEHOLD_LEDGER: Final = "households"
"""The key of the ledger that names people."""
HAND_ACTIONS: Final = "register."
"""How the actions are called that somebody takes by hand and takes back by hand."""


def batches_for(viewer: Viewer) -> QuerySet[ImportBatch]:
    """Return the imports into divisions where the viewer works, the newest first."""
    scope = viewer.scope_for(Permission.CONSOLE)
    return ImportBatch.objects.filter(scope.condition()).order_by("-created_at", "-pk")


def access_batch(viewer: Viewer, batch_id: int) -> ImportBatch:
    """Return one import; unknown and forbidden look alike."""
    batch = batches_for(viewer).filter(pk=batch_id).first()
    if batch is None:
        raise NotFound
    return batch


def access_batch_to_import(viewer: Viewer, batch_id: int) -> ImportBatch:
    """Return one import that the viewer may decide on, write and take back; unknown and forbidden look alike."""
    scope = viewer.scope_for(Permission.IMPORT_LEDGERS)
    batch = ImportBatch.objects.filter(scope.condition(), pk=batch_id).first()
    if batch is None:
        raise NotFound
    return batch


def can_take_candidate(viewer: Viewer, batch: ImportBatch, record_id: int) -> bool:
    """Whether the viewer may say that a row of an import is this record.

    People are known again anywhere in the county, and who is taken into a household leaves another one: the viewer has
    to answer for both villages. Other records are only compared within the village of their row.
    """
    if batch.kind != HOUSEHOLD_LEDGER:
        return True
    scope = Scope(prefixes=viewer.scope_for(Permission.IMPORT_LEDGERS).prefixes)
    return bool(Person.objects.within(scope).filter(pk=record_id).exists())


def open_sources(viewer: Viewer, lines: Iterable[HistoryLine]) -> frozenset[int]:
    """Return which imports named by a history the viewer may open, so that no link leads nowhere. One query."""
    named = {line.source.batch_id for line in lines if line.source is not None}
    return frozenset(batches_for(viewer).filter(pk__in=named).values_list("pk", flat=True))


def access_place_step(viewer: Viewer, revision_id: int) -> Revision:
    """Return one step on a place within the viewer's right to edit places; unknown and forbidden look alike."""
    scope = Scope(prefixes=viewer.scope_for(Permission.EDIT_PLACES).prefixes)
    found = Revision.objects.filter(scope.condition(), pk=revision_id, action__in=PLACE_ACTIONS).first()
    if found is None or not all(scope.contains_division(code) for code, *_rest in found.figures):
        raise NotFound
    return found


def access_revision(viewer: Viewer, revision_id: int) -> Revision:
    """Return one step of the register within the viewer's right to edit people; imports are rolled back elsewhere.

    Whoever or whatever it was about has to lie within the right by now as well: a family that moved on is brought
    back by somebody who may edit both villages.
    """
    scope = Scope(prefixes=viewer.scope_for(Permission.EDIT_PEOPLE).prefixes)
    found = Revision.objects.filter(
        scope.condition(), pk=revision_id, action__startswith=HAND_ACTIONS
    ).first()
    # What a step counted names every village that it touched.
    if found is None or not all(scope.contains_division(code) for code, *_rest in found.figures):
        raise NotFound
    model: Any = _OBJECTS.get(found.object_kind)
    is_about = model is not None and found.object_id is not None and found.undone_at is None
    if is_about and not model.objects.within(scope).filter(pk=found.object_id).exists():
        raise NotFound
    return found
