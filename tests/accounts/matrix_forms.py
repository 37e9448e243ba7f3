"""Routes of forms in the permission matrix."""

from typing import Final

from django.utils import timezone

from tests.accounts.matrix_rows import EXPORT, UNKNOWN, Route
from tests.cast import Place
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.fieldwork.form_actions import About, create_form, fill_form, publish_form
from xiaoyuan.fieldwork.form_choices import FormPurpose
from xiaoyuan.fieldwork.models.forms import FormAnswer, FormDefinition, FormVersion
from xiaoyuan.fieldwork.xlsforms.editing import empty_form

PLAN: Final = Permission.PLAN_FIELDWORK
FIELD: Final = Permission.WORK_IN_FIELD
WHY: Final = "a test"
NOBODYS: Final = "00000000-0000-4000-8000-000000000000"


def form_in(place: Place) -> FormDefinition:
    """Return a form of a village that is in use."""
    key = f"trial-{place.code}"
    known: FormDefinition | None = FormDefinition.objects.unscoped(WHY).filter(key=key).first()
    if known is not None:
        return known
    now = timezone.now()
    draft = create_form(
        county_id=place.household.county_id,
        division_code=place.code,
        schema=empty_form("试用表", key, "中文 (zh)", "看到什么？"),
        purpose=FormPurpose.FREE,
        is_sample=True,
        actor=SYSTEM,
        now=now,
    )
    publish_form(form=draft.form, row_version=draft.row_version, actor=SYSTEM, now=now)
    return draft.form


def answer_in(place: Place) -> FormAnswer:
    """Return a form that was filled in about a village's household."""
    form = form_in(place)
    version = FormVersion.objects.unscoped(WHY).select_related("form").get(form=form, state="published")
    return fill_form(
        version=version,
        raw={"q1": "灶房门口堆了柴"},
        about=About(place.code, household=place.household),
        actor=SYSTEM,
        now=timezone.now(),
    )


def _desk(tail: str, *, method: str = "get", ok: int = 200, declared: Permission = PLAN) -> Route:
    return Route(
        declared,
        lambda place: f"/console/forms/{form_in(place).pk}/{tail}",
        declared,
        f"/console/forms/{UNKNOWN}/{tail}",
        method,
        ok=ok,
    )


TABLE: Final[dict[str, Route]] = {
    "console/forms/": Route(
        PLAN,
        lambda place: f"/console/forms/?division={place.code}",
        PLAN,
        "/console/forms/?division=990001009009",
    ),
    "console/forms/new/": Route(
        PLAN,
        lambda place: f"/console/forms/new/?division={place.code}",
        PLAN,
        "/console/forms/new/?division=990001009009",
    ),
    "console/forms/<int:form_id>/": _desk(""),
    # Without a file whoever may is told that one is missing.
    "console/forms/<int:form_id>/upload/": _desk("upload/", method="post", ok=400),
    "console/forms/<int:form_id>/steps/<slug:step>/": _desk("steps/draft/", method="post", ok=302),
    "console/forms/<int:form_id>/edit/": _desk("edit/"),
    "console/forms/<int:form_id>/<int:number>/": _desk("1/"),
    "console/forms/<int:form_id>/<int:number>/<slug:kind>/": _desk("1/xml/"),
    "console/forms/<int:form_id>/answers/": _desk("answers/"),
    "console/forms/<int:form_id>/answers/export/": _desk("answers/export/", declared=EXPORT),
    "console/forms/filled/<int:answer_id>/": Route(
        PLAN,
        lambda place: f"/console/forms/filled/{answer_in(place).pk}/",
        PLAN,
        f"/console/forms/filled/{UNKNOWN}/",
    ),
    # Photos are tried with the forms' own tests: here there is none.
    "console/forms/photos/<uuid:public_id>/": Route(
        PLAN, lambda place: f"/console/forms/photos/{NOBODYS}/", ok=404
    ),
    "field/forms/": Route(FIELD, lambda place: "/field/forms/"),
    "field/forms/<slug:key>/": Route(
        FIELD, lambda place: f"/field/forms/{form_in(place).key}/", FIELD, "/field/forms/no-such-form/"
    ),
}
