"""Finding what was done after a revision and depends on it."""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, Final

from django.db import models
from django.db.models import Q

from xiaoyuan.audit.models import ChangeEntry
from xiaoyuan.history.domains import Domain, Owner
from xiaoyuan.history.errors import Dependency, LaterEdits
from xiaoyuan.history.images import (
    LOOK_UP,
    VERSION,
    Image,
    has_version,
    label_of,
    model_of,
    parts_of,
    read_images,
)
from xiaoyuan.history.models import Revision
from xiaoyuan.history.parts import CreatedRows, Parts
from xiaoyuan.history.ranges import IdRanges
from xiaoyuan.history.recording import GONE, row_versions
from xiaoyuan.history.vault_images import erased_subjects, field_digests
from xiaoyuan.vault.models import VaultField

MOST: Final = 200
"""Dependencies that are listed."""
_LOOKED_THROUGH: Final = 500
"""Later revisions that are opened to find who changed what the log does not name."""
_CHUNK: Final = 5000
_FIRST: Final = 1
"""The version of a row that nobody changed."""
_SPAN: Final = 100
_BOUND: Final = 100_000
"""Drifted rows held in memory."""
_EXCLUDED: Final = 50


class Conflicts:
    """The owners of rows that are no longer as the revision left them, gathered until there are too many to list."""

    def __init__(self, revision: Revision, domain: Domain) -> None:
        self.revision = revision
        self._domain = domain
        self._owners: dict[Owner, tuple[str, int]] = {}
        """Each with a row that led to it, by table and id."""

    @property
    def is_full(self) -> bool:
        """Whether more would not be listed."""
        return len(self._owners) >= MOST

    def add_rows(self, model: type[models.Model], ids: Iterable[int], known: dict[int, Any]) -> None:
        """Add rows by id; `known` has images of those that may be gone."""
        wanted = list(ids)[:MOST]
        images = known | read_images(model, wanted)
        left = [one for one in wanted if one in images]
        for one, owner in zip(left, self._domain.owners(model, [images[one] for one in left]), strict=True):
            self._owners.setdefault(owner, (label_of(model), one))
        self.add(*((label_of(model), one) for one in wanted if one not in images))

    def add(self, *owners: Owner) -> None:
        """Add owners."""
        for owner in owners:
            self._owners.setdefault(owner, owner)

    def refuse(self) -> None:
        """Raise `LaterEdits` with who did it and when, if there is anything."""
        owners = dict(list(self._owners.items())[:MOST])
        if not owners:
            return
        found: dict[Owner, ChangeEntry | Revision | None] = {owner: self._logged(*owner) for owner in owners}
        silent = {row: owner for owner, row in owners.items() if found[owner] is None}
        found |= {silent[row]: revision for row, revision in self._revisions_of(silent.keys()).items()}
        raise LaterEdits([_dependency(owner, found[owner]) for owner in owners])

    def _logged(self, kind: str, row_id: int) -> ChangeEntry | None:
        """Return what the log says of a record since the revision."""
        later = ChangeEntry.objects.filter(
            county_id=self.revision.county_id,
            object_kind=kind,
            object_id=row_id,
            sequence__gt=self.revision.last_change,
        )
        return later.order_by("-sequence").first()

    def _revisions_of(self, rows: Collection[tuple[str, int]]) -> dict[tuple[str, int], Revision]:
        """Return the last revision that made or changed each row.

        The log has the residences of a family that moved under its household, not under each person.
        """
        found: dict[tuple[str, int], Revision] = {}
        later = Revision.objects.filter(
            county_id=self.revision.county_id,
            pk__gt=self.revision.pk,
            undone_at__isnull=True,
            parts__table__in={label for label, _pk in rows},
        )
        for other in later.distinct().order_by("-pk")[:_LOOKED_THROUGH] if rows else ():
            parts = Parts(other)
            touched: Iterator[tuple[str, IdRanges | dict[int, Image]]] = chain(
                ((label_of(one.model), one.images) for one in parts.replaced()),
                ((label_of(one.model), one.ids) for one in parts.created()),
            )
            for label, ids in touched:
                found |= {
                    row: other for row in rows if row not in found and row[0] == label and row[1] in ids
                }
            if len(found) == len(rows):
                break
        return found


def _dependency(owner: Owner, later: ChangeEntry | Revision | None) -> Dependency:
    kind, row_id = owner
    if later is None:
        return Dependency(kind, row_id, "", "")
    return Dependency(kind, row_id, later.actor_label, later.at.isoformat())


def check(parts: Parts, conflicts: Conflicts, domain: Domain) -> None:
    """Raise `LaterEdits` unless every row is as the revision left it and nothing else refers to what it made."""
    own: dict[str, IdRanges] = {}
    created: list[CreatedRows] = []
    drifted = _Drifted(conflicts)
    for rows in parts.created():
        created.append(rows)
        for start, end in rows.ids:
            own.setdefault(label_of(rows.model), IdRanges()).add_range(start, end)
        _check_created(rows, drifted)
    for replaced in parts.replaced():
        own.setdefault(label_of(replaced.model), IdRanges()).add(replaced.images)
        drifted.compare(replaced.model, replaced.versions)
    drifted.settle()
    for rows in created:
        _check_references(rows, own, conflicts)
    _check_vault(parts, conflicts, domain)
    conflicts.refuse()


class _Drifted:
    """Rows whose version is another one than the revision left: changed since, or changed and taken back."""

    def __init__(self, conflicts: Conflicts) -> None:
        self._conflicts = conflicts
        self._versions: dict[str, dict[int, tuple[Any, Any]]] = {}
        self._count = 0

    def compare(self, model: type[models.Model], left: dict[int, Any]) -> None:
        """Compare rows with the versions that the revision left."""
        now = row_versions(model, left)
        drifted = {
            pk: (now.get(pk, GONE), version) for pk, version in left.items() if now.get(pk, GONE) != version
        }
        if drifted:
            self._versions.setdefault(label_of(model), {}).update(drifted)
            self._count += len(drifted)
        if self._count > _BOUND:
            self.settle()

    def settle(self) -> None:
        """Add to the conflicts what later revisions that were taken back do not explain."""
        if not self._versions:
            return
        same = self._restored_versions()
        for label, versions in self._versions.items():
            later = [
                pk for pk, (now, left) in versions.items() if not self._leads(same, label, pk, now, left)
            ]
            if later:
                self._conflicts.add_rows(model_of(label), later, {})
        self._versions, self._count = {}, 0
        self._conflicts.refuse()

    def _restored_versions(self) -> dict[tuple[str, int, Any], Any]:
        """Return which version each row had before, by table, key and version after a taking back.

        A version that a taking back gave holds what an earlier one held, because versions only go upward.
        """
        revision = self._conflicts.revision
        undone = Revision.objects.filter(
            county_id=revision.county_id,
            pk__gt=revision.pk,
            undone_at__isnull=False,
            parts__table__in=list(self._versions),
        )
        found: dict[tuple[str, int, Any], Any] = {}
        for other in undone.distinct().order_by("pk"):
            for replaced in Parts(other).replaced():
                label = label_of(replaced.model)
                for pk in self._versions.get(label, {}).keys() & replaced.images.keys():
                    before = replaced.images[pk].get(VERSION)
                    if before is None:
                        continue  # a fingerprint says by itself that the row is as it was
                    found[(label, pk, restored_version(before, replaced.versions[pk]))] = before
        return found

    @staticmethod
    def _leads(same: dict[tuple[str, int, Any], Any], label: str, pk: int, now: Any, left: Any) -> bool:
        while now != left and (label, pk, now) in same:
            now = same[(label, pk, now)]
        return bool(now == left)


def restored_version(before: Any, left: Any) -> Any:
    """Return the version that taking back gives a row that had one version before and another after the revision."""
    return before + 1 if left == GONE else left + 1


def _check_created(rows: CreatedRows, drifted: _Drifted) -> None:
    for start, end in rows.ids.chunks(_CHUNK):
        if not rows.versions and has_version(rows.model):
            unchanged = rows.model._base_manager.filter(
                Q(pk__gte=start, pk__lte=end), Q(**{VERSION: _FIRST})
            ).count()
            if unchanged == end - start + 1:
                continue
        drifted.compare(rows.model, {pk: rows.versions.get(pk, _FIRST) for pk in range(start, end + 1)})


def _check_references(rows: CreatedRows, own: dict[str, IdRanges], conflicts: Conflicts) -> None:
    """Find rows that refer to what the revision made and that it neither made nor changed itself."""
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if relation.concrete or not relation.auto_created or relation.many_to_many:
            continue
        source: Any = relation.related_model
        attname = relation.field.attname  # type: ignore[union-attr]  # the reverse of a foreign key has its field
        mine = own.get(label_of(source), IdRanges())
        for start, end in _spans(rows.ids):
            found = source._base_manager.filter(**{f"{attname}__gte": start, f"{attname}__lte": end}).exclude(
                _within(mine)
            )
            pairs = found.order_by().values_list("pk", attname).iterator(chunk_size=2000)
            later = [pk for pk, target in pairs if target in rows.ids and pk not in mine]
            if later:
                conflicts.add_rows(source, later, {})
            if conflicts.is_full:
                conflicts.refuse()


def _spans(ids: IdRanges) -> Iterator[tuple[int, int]]:
    """Yield few spans that cover all ids; a span may cover others too."""
    for part in parts_of(ids, _SPAN):
        yield part[0][0], part[-1][1]


def _within(ids: IdRanges) -> Q:
    """Return a condition for most of the ids: the longest ranges."""
    condition = Q(pk__in=[])
    for start, end in sorted(ids, key=lambda one: one[0] - one[1])[:_EXCLUDED]:
        condition |= Q(pk__gte=start, pk__lte=end)
    return condition


def _check_vault(parts: Parts, conflicts: Conflicts, domain: Domain) -> None:
    county_id = conflicts.revision.county_id
    later: list[Any] = []
    for subjects in parts.new_subjects():
        for part in parts_of(subjects, LOOK_UP):
            rewritten = VaultField.objects.filter(
                county_id=county_id, subject__in=part, updated_at__gt=conflicts.revision.at
            )
            later += rewritten.values_list("subject", flat=True)
    for fields in parts.fields():
        keys = [(image["subject"], image["name"]) for image in fields.images]
        now = field_digests(county_id, keys)
        later += [key[0] for key, left in zip(keys, fields.digests, strict=True) if now.get(key, "") != left]
    later = list(dict.fromkeys(later))
    if later:
        erased = erased_subjects(county_id, later)
        conflicts.add(*domain.owners_of_subjects([one for one in later if one not in erased]).values())
