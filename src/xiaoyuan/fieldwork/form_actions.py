"""Every write of forms: drafts, publishing, retiring, and filling."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from xiaoyuan.attachments.actions import bind
from xiaoyuan.audit.actions import Change, lock_changes, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.fieldwork.form_choices import FormPurpose, VersionState
from xiaoyuan.fieldwork.form_errors import (
    AnswersUnfit,
    DraftMissing,
    FormKeyDiffers,
    FormKeyTaken,
    FormNotOffered,
    PlaceMissing,
    VersionSettled,
)
from xiaoyuan.fieldwork.form_queries import schema_of, takes_answers
from xiaoyuan.fieldwork.models.forms import FormAnswer, FormDefinition, FormVersion
from xiaoyuan.fieldwork.xlsforms.answering import fill, photos_in
from xiaoyuan.fieldwork.xlsforms.checking import check_form
from xiaoyuan.fieldwork.xlsforms.schema import FormSchema, as_json
from xiaoyuan.register.errors import RowChanged
from xiaoyuan.register.models import Courtyard, Household
from xiaoyuan.vault.files import forget_file, seal_file

FORM: Final = "fieldwork.formdefinition"
VERSION: Final = "fieldwork.formversion"
ANSWER: Final = "fieldwork.formanswer"
SOURCE: Final = "form"
"""Name of a sealed upload."""
_LOCKED: Final = "the row was read through a scope; it is read again under a lock"


@dataclass(frozen=True)
class Upload:
    """The file a version was read from, and what was left out of it."""

    file_name: str
    content: bytes
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class About:
    """What a form is filled about: a place at least."""

    division_code: str
    courtyard: Courtyard | None = None
    household: Household | None = None
    object_kind: str = ""
    object_id: int | None = None


def _note(
    row: FormDefinition | FormVersion | FormAnswer,
    kind: str,
    action: str,
    operation: Operation,
    after: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    record_changes(
        county_id=row.county_id,
        actor=actor,
        now=now,
        changes=[Change(kind, row.pk, operation, after=dict(after))],
    )
    record_audit(
        actor=actor, now=now, action=action, county_id=row.county_id, object_kind=kind, object_id=row.pk
    )


def _locked(form: FormDefinition) -> FormDefinition:
    lock_changes(form.county_id)
    current: FormDefinition = FormDefinition.objects.unscoped(_LOCKED).select_for_update().get(pk=form.pk)
    return current


def _versions(form: FormDefinition) -> Any:
    return FormVersion.objects.unscoped(_LOCKED).filter(form=form)


@transaction.atomic
def create_form(
    *,
    county_id: int,
    division_code: str,
    schema: FormSchema,
    purpose: FormPurpose,
    is_sample: bool,
    actor: Actor,
    now: datetime,
    upload: Upload | None = None,
) -> FormVersion:
    """Begin a form with its first draft. Raises `FormKeyTaken` and `FormRefused`."""
    lock_changes(county_id)
    if (
        FormDefinition.objects.unscoped("keys are unique in a county")
        .filter(county_id=county_id, key=schema.key)
        .exists()
    ):
        raise FormKeyTaken(schema.key)
    form = FormDefinition.objects.create(
        county_id=county_id,
        division_code=division_code,
        is_sample=is_sample,
        created_at=now,
        updated_at=now,
        key=schema.key,
        title=schema.title[:120],
        purpose=purpose,
    )
    after = {"key": form.key, "title": form.title, "purpose": form.purpose}
    _note(form, FORM, "fieldwork.create_form", Operation.CREATE, after, actor, now)
    return write_draft(form=form, schema=schema, actor=actor, now=now, upload=upload)


@transaction.atomic
def write_draft(
    *,
    form: FormDefinition,
    schema: FormSchema,
    actor: Actor,
    now: datetime,
    row_version: int | None = None,
    upload: Upload | None = None,
) -> FormVersion:
    """Write a form's draft, a new one or over the one there is; what is published stays as it is.

    Raises `FormRefused`, `FormKeyDiffers`, and `RowChanged` when somebody else wrote the draft after `row_version`.
    """
    check_form(schema)
    current = _locked(form)
    if schema.key != current.key:
        raise FormKeyDiffers(schema.key, current.key)
    draft: FormVersion | None = _versions(current).filter(state=VersionState.DRAFT).first()
    if row_version is not None and (draft.row_version if draft else 0) != row_version:
        raise RowChanged
    is_new = draft is None
    if draft is None:
        last = _versions(current).order_by("-number").values_list("number", flat=True).first()
        draft = FormVersion(
            county_id=current.county_id,
            division_code=current.division_code,
            is_sample=current.is_sample,
            form=current,
            number=(last or 0) + 1,
            created_at=now,
        )
    else:
        draft.row_version += 1
    draft.schema, draft.by_label, draft.updated_at = as_json(schema), actor.label, now
    if upload is not None:
        draft.file_name, draft.notes = upload.file_name[:200], list(upload.notes)
        seal_file(
            county_id=current.county_id,
            subject=draft.subject,
            name=SOURCE,
            source=io.BytesIO(upload.content),
            now=now,
        )
    draft.save()
    after = {"number": draft.number, "rows": sum(1 for _one in schema.flat())}
    operation = Operation.CREATE if is_new else Operation.UPDATE
    _note(draft, VERSION, "fieldwork.write_form", operation, after, actor, now)
    return draft


@transaction.atomic
def begin_draft(*, form: FormDefinition, actor: Actor, now: datetime) -> FormVersion:
    """Return the draft of a form; without one begin it from the newest version."""
    current = _locked(form)
    newest: FormVersion | None = _versions(current).order_by("-number").first()
    if newest is None:
        raise DraftMissing
    if newest.state == VersionState.DRAFT:
        return newest
    return write_draft(form=current, schema=schema_of(newest), actor=actor, now=now)


@transaction.atomic
def discard_draft(*, form: FormDefinition, actor: Actor, now: datetime) -> None:
    """Throw the draft away, with the file it was read from. Raises `DraftMissing`."""
    draft = _versions(_locked(form)).filter(state=VersionState.DRAFT).first()
    if draft is None:
        raise DraftMissing
    _note(draft, VERSION, "fieldwork.discard_form", Operation.DELETE, {"number": draft.number}, actor, now)
    subject, has_file = draft.subject, bool(draft.file_name)
    draft.delete()
    if has_file:
        transaction.on_commit(lambda: forget_file(subject=subject, name=SOURCE))


@transaction.atomic
def publish_form(*, form: FormDefinition, row_version: int, actor: Actor, now: datetime) -> FormVersion:
    """Put the draft to use; the version before it is retired. `row_version` is the draft's, as it was looked at.

    Raises `DraftMissing`, `RowChanged`.
    """
    current = _locked(form)
    draft: FormVersion | None = (
        _versions(current).filter(state=VersionState.DRAFT).select_for_update().first()
    )
    if draft is None:
        raise DraftMissing
    if draft.row_version != row_version:
        raise RowChanged
    check_form(schema_of(draft))
    for before in _versions(current).filter(state=VersionState.PUBLISHED).select_for_update():
        _retire(before, actor, now)
    draft.state, draft.published_at, draft.published_by_label = VersionState.PUBLISHED, now, actor.label
    draft.updated_at, draft.row_version = now, draft.row_version + 1
    draft.save()
    _note(draft, VERSION, "fieldwork.publish_form", Operation.UPDATE, {"state": draft.state}, actor, now)
    current.title, current.is_active, current.updated_at = schema_of(draft).title[:120], True, now
    current.row_version += 1
    current.save()
    return draft


@transaction.atomic
def retire_form(*, form: FormDefinition, actor: Actor, now: datetime) -> None:
    """Take the version in use out of use; its answers stay. Raises `VersionSettled`."""
    current = _locked(form)
    used = _versions(current).filter(state=VersionState.PUBLISHED).select_for_update().first()
    if used is None:
        raise VersionSettled(str(VersionState.RETIRED.label))
    _retire(used, actor, now)


def _retire(version: FormVersion, actor: Actor, now: datetime) -> None:
    version.state, version.retired_at, version.updated_at = VersionState.RETIRED, now, now
    version.row_version += 1
    version.save(update_fields=["state", "retired_at", "updated_at", "row_version"])
    _note(version, VERSION, "fieldwork.retire_form", Operation.UPDATE, {"state": version.state}, actor, now)


@transaction.atomic
def set_purpose(*, form: FormDefinition, purpose: FormPurpose, actor: Actor, now: datetime) -> FormDefinition:
    """Say where a form is offered."""
    current = _locked(form)
    current.purpose, current.updated_at = purpose, now
    current.row_version += 1
    current.save()
    _note(current, FORM, "fieldwork.set_form", Operation.UPDATE, {"purpose": purpose}, actor, now)
    return current


@transaction.atomic
def fill_form(
    *,
    version: FormVersion,
    raw: Mapping[str, Any],
    about: About,
    actor: Actor,
    now: datetime,
    language: str = "zh-hans",
) -> FormAnswer:
    """Keep a filled form under its version; photos named in it are bound to it.

    Raises `AnswersUnfit` with a sentence for each question, `FormNotOffered`, `PlaceMissing`, `NotYours` (attachments).
    """
    if not takes_answers(version, now) or not about.division_code.startswith(version.division_code):
        raise FormNotOffered
    if len(about.division_code) < 12:
        raise PlaceMissing
    today = timezone.localdate(now)
    schema = schema_of(version)
    filled = fill(schema, raw, today=today, language=language)
    if filled.problems:
        named = {path: schema.question(path.rsplit(".", 1)[-1]) for path in filled.problems}
        labels = {path: schema.words(one.label, language) for path, one in named.items() if one}
        raise AnswersUnfit(filled.problems, labels)
    lock_changes(version.county_id)
    answer = FormAnswer.objects.create(
        county_id=version.county_id,
        division_code=about.division_code,
        is_sample=version.is_sample,
        created_at=now,
        updated_at=now,
        version=version,
        form=version.form,
        answers=filled.answers,
        courtyard=about.courtyard,
        household=about.household,
        object_kind=about.object_kind,
        object_id=about.object_id,
        by_user_id=actor.user_id,
        by_label=actor.label,
        filled_on=today,
    )
    photos = [UUID(one) for one in photos_in(schema, filled.answers)]
    if photos:
        bind(public_ids=photos, object_kind=ANSWER, object_id=answer.pk, actor=actor, now=now)
    # The answers may name people: the log says that there are some, the row holds them.
    after = {"form": version.form.key, "version": version.number, "answered": len(filled.answers)}
    _note(answer, ANSWER, "fieldwork.fill_form", Operation.CREATE, after, actor, now)
    return answer
