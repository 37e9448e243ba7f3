"""The choke point of forms: what the viewer may change, see, fill or read, or `NotFound`."""

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.fieldwork.form_queries import offered_to, touching
from xiaoyuan.fieldwork.models.forms import FormAnswer, FormDefinition, FormVersion
from xiaoyuan.register.models import SHOWN


def desk_scope(viewer: Viewer) -> Scope:
    """Return where the viewer plans field work."""
    return Scope(prefixes=viewer.scope_for(Permission.PLAN_FIELDWORK).prefixes)


def field_scope(viewer: Viewer) -> Scope:
    """Return where the viewer works in the field."""
    return Scope(prefixes=viewer.scope_for(Permission.WORK_IN_FIELD).prefixes)


def access_form(viewer: Viewer, form_id: int) -> FormDefinition:
    """Return a form that the viewer may change: one of a division that is wholly theirs."""
    found: FormDefinition | None = (
        FormDefinition.objects.within(desk_scope(viewer)).filter(SHOWN, pk=form_id).first()
    )
    if found is None:
        raise NotFound
    return found


def access_form_seen(viewer: Viewer, form_id: int) -> FormDefinition:
    """Return a form that the viewer may look at: their own and those of the divisions above."""
    found: FormDefinition | None = (
        FormDefinition.objects.unscoped("narrowed to what touches the viewer's divisions")
        .filter(SHOWN, touching(desk_scope(viewer)), pk=form_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def may_change(viewer: Viewer, form: FormDefinition) -> bool:
    """Whether the form's division is wholly the viewer's."""
    return desk_scope(viewer).contains_division(form.division_code)


def access_version(viewer: Viewer, form: FormDefinition, number: int) -> FormVersion:
    """Return a version of a form that the viewer reached."""
    found: FormVersion | None = (
        FormVersion.objects.unscoped("the form was reached through a scope")
        .filter(form=form, number=number)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def access_offered(viewer: Viewer, key: str) -> FormVersion:
    """Return the version in use of a form that the viewer fills."""
    found = offered_to(field_scope(viewer)).filter(form__key=key).first()
    if found is None:
        raise NotFound
    return found


def access_filled_version(viewer: Viewer, version_id: int) -> FormVersion:
    """Return a version under which the viewer's phone filled a form, in use or not any more."""
    found: FormVersion | None = (
        FormVersion.objects.unscoped("narrowed to what touches the viewer's divisions")
        .filter(SHOWN, touching(field_scope(viewer)), pk=version_id)
        .select_related("form")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def access_answer(viewer: Viewer, answer_id: int) -> FormAnswer:
    """Return a filled form within the viewer's planning."""
    found: FormAnswer | None = (
        FormAnswer.objects.within(desk_scope(viewer))
        .filter(SHOWN, pk=answer_id)
        .select_related("version", "form", "household", "courtyard")
        .first()
    )
    if found is None:
        raise NotFound
    return found
