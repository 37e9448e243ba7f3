"""Taking a revision back: refused when something depends on it, else every row as it was."""

from datetime import datetime
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, IntegrityError, models, transaction

from xiaoyuan.audit.actions import lock_changes, record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.history.conflicts import Conflicts, check, restored_version
from xiaoyuan.history.domains import Domain
from xiaoyuan.history.errors import AlreadyUndone, Dependency, LaterEdits
from xiaoyuan.history.images import (
    TOUCHED,
    VERSION,
    Image,
    columns_of,
    insert_images,
    label_of,
    parts_of,
    read_images,
)
from xiaoyuan.history.models import Revision
from xiaoyuan.history.parts import Parts, ReplacedRows
from xiaoyuan.history.ranges import IdRanges
from xiaoyuan.history.vault_images import put_back, remove_subjects

_CHUNK: Final = 1000


def undo(revision_id: int, *, domain: Domain, actor: Actor, now: datetime) -> Revision:
    """Put everything back as it was before a revision and mark it undone; returns it with what it counted.

    Rows keep their ids; `row_version` goes on upward and `updated_at` is `now`, so that whoever has read a row
    notices. The caller, in the same transaction, takes the figures back. Raises `LaterEdits`, `AlreadyUndone`.
    """
    with transaction.atomic():
        county_id = Revision.objects.values_list("county_id", flat=True).get(pk=revision_id)
        lock_changes(county_id)
        revision = Revision.objects.select_for_update().get(pk=revision_id)
        if revision.undone_at is not None:
            raise AlreadyUndone
        parts, conflicts = Parts(revision), Conflicts(revision, domain)
        check(parts, conflicts, domain)
        _restore_vault(parts, domain, county_id)
        _remove_rows(parts, domain)
        for replaced in parts.replaced():
            _insert(replaced, now, conflicts)
        for replaced in parts.replaced():
            _check_targets(replaced, conflicts)
        revision.undone_at = now
        revision.undone_by_label = actor.label
        revision.save(update_fields=["undone_at", "undone_by_label"])
        record_audit(
            actor=actor,
            now=now,
            action="history.undo",
            county_id=county_id,
            object_kind="history.revision",
            object_id=revision.pk,
            detail={"action": revision.action},
        )
    return revision


def dependencies_of(revision_id: int, *, domain: Domain) -> tuple[Dependency, ...]:
    """Return what depends on a revision and would have to be taken back first; nothing is written."""
    revision = Revision.objects.get(pk=revision_id)
    try:
        check(Parts(revision), Conflicts(revision, domain), domain)
    except LaterEdits as error:
        return error.dependencies
    return ()


def _restore_vault(parts: Parts, domain: Domain, county_id: int) -> None:
    for fields in parts.fields():
        domain.restoring_fields(
            [image["subject"] for image in fields.images], [image["name"] for image in fields.images]
        )
        put_back(county_id, fields.images)
    for subjects in parts.new_subjects():
        remove_subjects(county_id, subjects)


def _remove_rows(parts: Parts, domain: Domain) -> None:
    """Remove all rows in question first: images then come in without a clash, and foreign keys wait for the end."""
    created: dict[str, IdRanges] = {}
    for rows in parts.created():
        for start, end in rows.ids:
            created.setdefault(label_of(rows.model), IdRanges()).add_range(start, end)
    for replaced in parts.replaced():
        domain.restoring(replaced.model, read_images(replaced.model, replaced.images), replaced.images)
        for part in parts_of(replaced.images):
            _delete(replaced.model, pk__in=part)
    for rows in parts.created():
        for start, end in rows.ids.chunks(_CHUNK):
            domain.removing(rows.model, range(start, end + 1), created)
            _delete(rows.model, pk__gte=start, pk__lte=end)


def _delete(model: type[models.Model], **condition: Any) -> None:
    """Delete by SQL alone: Django's own deletion would take along what refers to the rows."""
    rows: Any = model._base_manager.filter(**condition)
    rows._raw_delete(DEFAULT_DB_ALIAS)


def _insert(replaced: ReplacedRows, now: datetime, conflicts: Conflicts) -> None:
    model, columns = replaced.model, columns_of(replaced.model)
    images = []
    for pk, image in replaced.images.items():
        restored = dict(image)
        if VERSION in columns:
            restored[VERSION] = restored_version(image[VERSION], replaced.versions[pk])
        if TOUCHED in columns:
            restored[TOUCHED] = now
        images.append(restored)
    try:
        with transaction.atomic():
            insert_images(model, images)
    except IntegrityError:
        for image in images:
            conflicts.add_rows(model, _clashing(model, image), {})
        conflicts.refuse()
        raise


def _clashing(model: type[models.Model], image: Image) -> list[int]:
    """Return the rows that now hold what only one row may hold."""
    key = model._meta.pk.attname
    found: list[int] = []
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or not constraint.fields:
            continue
        values = {name: image[model._meta.get_field(name).attname] for name in constraint.fields}  # type: ignore[union-attr]  # a column
        if None in values.values():
            continue
        rows = model._base_manager.filter(**values).exclude(pk=image[key])
        if constraint.condition is not None:
            if not constraint.condition.check(_compared(model, image)):
                continue
            rows = rows.filter(constraint.condition)
        found += rows.values_list("pk", flat=True)[:5]
    return found


def _compared(model: type[models.Model], image: Image) -> dict[str, Any]:
    """Return what the condition of a constraint can speak of, by field."""
    return {
        field.name: models.Value(image[field.attname], output_field=getattr(field, "target_field", field))
        for field in model._meta.concrete_fields
        if not isinstance(field, models.JSONField | models.BinaryField)
    }


def _check_targets(replaced: ReplacedRows, conflicts: Conflicts) -> None:
    """What a row referred to before may have been removed since."""
    for field in replaced.model._meta.concrete_fields:
        target: Any = field.related_model
        if target is None:
            continue
        wanted = {
            image[field.attname]: pk
            for pk, image in replaced.images.items()
            if image[field.attname] is not None
        }
        column = field.target_field.attname  # type: ignore[attr-defined]  # a foreign key has one
        for part in parts_of(wanted):
            rows = target._base_manager.filter(**{f"{column}__in": part})
            missing = set(part) - set(rows.values_list(column, flat=True))
            conflicts.add(*((label_of(target), one) for one in missing))
    conflicts.refuse()
