"""Reads of forms: which a desk sees, which are filled where, and what was answered."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, Q, QuerySet

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.fieldwork.form_choices import FormPurpose, VersionState
from xiaoyuan.fieldwork.models.forms import FormAnswer, FormDefinition, FormVersion
from xiaoyuan.fieldwork.xlsforms.schema import FormSchema, from_json
from xiaoyuan.lib import divisions
from xiaoyuan.register.models import SHOWN

STILL_TAKEN: Final = timedelta(days=30)
"""So long answers are taken that a phone without signal collected under a version that has been replaced since."""
_ABOVE: Final = "forms of the divisions above are read by everybody below"


def schema_of(version: FormVersion) -> FormSchema:
    """Return a version's form."""
    return from_json(version.schema)


def touching(scope: Scope) -> Q:
    """Return the filter for forms of a scope and of the divisions above it."""
    above = {code for prefix in scope.prefixes for code in (*divisions.ancestors(prefix), prefix) if code}
    return scope.condition() | Q(division_code__in=above)


def forms_within(scope: Scope) -> "QuerySet[FormDefinition]":
    """Return the forms of a scope and those from above that are filled there."""
    forms: QuerySet[FormDefinition] = (
        FormDefinition.objects.unscoped(_ABOVE)
        .filter(SHOWN, touching(scope))
        .order_by("-is_active", "division_code", "title")
    )
    return forms


def offered_to(scope: Scope, purpose: str = "") -> "QuerySet[FormVersion]":
    """Return the versions in use that somebody with a scope fills."""
    versions = FormVersion.objects.unscoped(_ABOVE).filter(
        SHOWN, touching(scope), state=VersionState.PUBLISHED, form__is_active=True
    )
    if purpose:
        versions = versions.filter(form__purpose__in=(purpose, FormPurpose.FREE))
    found: QuerySet[FormVersion] = versions.select_related("form").order_by("division_code", "form__title")
    return found


def takes_answers(version: FormVersion, now: datetime) -> bool:
    """Whether answers under a version are taken: in use, or replaced so recently that a phone may not know."""
    if version.state == VersionState.PUBLISHED:
        return bool(version.form.is_active)
    return (
        version.state == VersionState.RETIRED
        and version.retired_at is not None
        and now - version.retired_at <= STILL_TAKEN
    )


def draft_of(form: FormDefinition) -> FormVersion | None:
    """Return the draft of a form, if there is one."""
    return _state(form, VersionState.DRAFT)


def version_in_use(form: FormDefinition) -> FormVersion | None:
    """Return the published version of a form, if there is one."""
    return _state(form, VersionState.PUBLISHED)


def _state(form: FormDefinition, state: VersionState) -> FormVersion | None:
    found: FormVersion | None = (
        FormVersion.objects.unscoped("the form was reached through a scope")
        .filter(form=form, state=state)
        .first()
    )
    return found


def states_of(forms: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return for each form the numbers of its draft and of its version in use, by state."""
    rows = FormVersion.objects.unscoped("the forms were reached through a scope").filter(
        form_id__in=list(forms), state__in=(VersionState.DRAFT, VersionState.PUBLISHED)
    )
    found: dict[int, dict[str, int]] = {}
    for form_id, state, number in rows.values_list("form_id", "state", "number"):
        found.setdefault(form_id, {})[state] = number
    return found


def versions_of(form: FormDefinition) -> "QuerySet[FormVersion]":
    """Return all versions of a form, the newest first, each with the number of its answers."""
    rows: QuerySet[FormVersion] = (
        FormVersion.objects.unscoped("the form was reached through a scope")
        .filter(form=form)
        .order_by("-number")
    )
    return rows


def answers_within(scope: Scope, form: FormDefinition) -> "QuerySet[FormAnswer]":
    """Return what was filled in within a scope, the newest first."""
    rows: QuerySet[FormAnswer] = (
        FormAnswer.objects.within(scope)
        .filter(SHOWN, form=form)
        .select_related("version", "household", "courtyard")
        .order_by("-created_at", "-pk")
    )
    return rows


def counts_within(scope: Scope, forms: Iterable[int]) -> dict[int, tuple[int, datetime]]:
    """Return how many answers each form has within a scope, and when the last one came."""
    rows = (
        FormAnswer.objects.within(scope)
        .filter(SHOWN, form_id__in=list(forms))
        .order_by()
        .values_list("form_id")
        .annotate(count=Count("pk"), last=Max("created_at"))
    )
    return {form_id: (count, last) for form_id, count, last in rows}


def counts_by_version(scope: Scope, form: FormDefinition) -> dict[int, int]:
    """Return how many answers each version of a form has within a scope."""
    rows = (
        FormAnswer.objects.within(scope)
        .filter(SHOWN, form=form)
        .order_by()
        .values_list("version_id")
        .annotate(count=Count("pk"))
    )
    return dict(rows)


def answers_of(object_kind: str, object_id: int) -> "QuerySet[FormAnswer]":
    """Return the forms filled for one record, as a visit; the caller reached the record through a scope."""
    rows: QuerySet[FormAnswer] = (
        FormAnswer.objects.unscoped("the record was reached through a scope")
        .filter(object_kind=object_kind, object_id=object_id)
        .select_related("version", "form")
        .order_by("created_at")
    )
    return rows
