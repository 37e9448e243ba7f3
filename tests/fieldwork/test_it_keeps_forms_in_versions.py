"""Forms go from draft to use and out of it; what is in use never changes, answers keep their version."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.cast import OWN, Cast
from tests.fieldwork.forms import HEATING, SMALL, read, survey
from xiaoyuan.audit.actors import SYSTEM, Actor
from xiaoyuan.audit.models import AuditEntry, ChangeEntry
from xiaoyuan.fieldwork.form_actions import (
    ANSWER,
    About,
    begin_draft,
    create_form,
    discard_draft,
    fill_form,
    publish_form,
    retire_form,
    write_draft,
)
from xiaoyuan.fieldwork.form_choices import FormPurpose, VersionState
from xiaoyuan.fieldwork.form_errors import (
    AnswersUnfit,
    DraftMissing,
    FormError,
    FormKeyDiffers,
    FormKeyTaken,
    FormNotOffered,
    VersionSettled,
)
from xiaoyuan.fieldwork.form_queries import STILL_TAKEN, draft_of, schema_of, version_in_use, versions_of
from xiaoyuan.fieldwork.form_setup import remove_sample, seed_sample
from xiaoyuan.fieldwork.models.forms import FormAnswer, FormDefinition, FormVersion
from xiaoyuan.fieldwork.xlsforms.refusals import FormRefused
from xiaoyuan.register.errors import RowChanged

WHO: dict[str, Any] = {"actor": SYSTEM, "now": datetime.fromisoformat("2026-11-24T08:00:00+00:00")}
WHY = "a test"


def created(cast: Cast, sheets: Any = SMALL) -> FormVersion:
    return create_form(
        county_id=cast.own.household.county_id,
        division_code=OWN,
        schema=read(sheets),
        purpose=FormPurpose.FREE,
        is_sample=True,
        **WHO,
    )


def published(cast: Cast, sheets: Any = SMALL) -> FormVersion:
    draft = created(cast, sheets)
    return publish_form(form=draft.form, row_version=draft.row_version, **WHO)


def filled(cast: Cast, version: FormVersion, raw: dict[str, Any]) -> FormAnswer:
    return fill_form(version=version, raw=raw, about=About(OWN, household=cast.own.household), **WHO)


def test_a_form_goes_from_draft_into_use_and_out_of_it(cast: Cast) -> None:
    draft = created(cast)
    form = draft.form
    assert (draft.number, draft.state, version_in_use(form)) == (1, VersionState.DRAFT, None)
    with pytest.raises(FormNotOffered):
        filled(cast, draft, {"what": "灯"})
    used = publish_form(form=form, row_version=draft.row_version, **WHO)
    answer = filled(cast, used, {"what": "灯"})
    changed = replace(schema_of(used), title="随手记（二）")
    second = write_draft(form=form, schema=changed, **WHO)
    # Writing a draft leaves what is in use alone.
    used.refresh_from_db()
    assert (used.state, schema_of(used).title, second.number) == (VersionState.PUBLISHED, "随手记", 2)
    publish_form(form=form, row_version=second.row_version, **WHO)
    used.refresh_from_db()
    answer.refresh_from_db()
    form.refresh_from_db()
    assert (used.state, form.title, answer.version_id) == (VersionState.RETIRED, "随手记（二）", used.pk)
    retire_form(form=form, **WHO)
    assert version_in_use(form) is None
    with pytest.raises(VersionSettled):
        retire_form(form=form, **WHO)
    assert [one.number for one in versions_of(form)] == [2, 1]


def test_the_database_keeps_one_draft_and_one_in_use(cast: Cast) -> None:
    used = published(cast)
    begin_draft(form=used.form, **WHO)
    for state in (VersionState.DRAFT, VersionState.PUBLISHED):
        copy = FormVersion.objects.unscoped(WHY).get(pk=used.pk)
        copy.pk, copy.number, copy.state = None, 9, state
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save()


def test_two_people_do_not_overwrite_each_others_draft(cast: Cast) -> None:
    draft = created(cast)
    write_draft(form=draft.form, schema=read(SMALL), row_version=draft.row_version, **WHO)
    stale_writes: tuple[Callable[[], Any], ...] = (
        lambda: write_draft(form=draft.form, schema=read(SMALL), row_version=draft.row_version, **WHO),
        lambda: publish_form(form=draft.form, row_version=draft.row_version, **WHO),
    )
    for stale in stale_writes:
        with pytest.raises(RowChanged):
            stale()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda cast, form: created(cast), FormKeyTaken),
        (lambda cast, form: write_draft(form=form, schema=read(HEATING), **WHO), FormKeyDiffers),
        (
            lambda cast, form: write_draft(form=form, schema=replace(read(SMALL), title=" "), **WHO),
            FormRefused,
        ),
        (lambda cast, form: (discard_draft(form=form, **WHO), discard_draft(form=form, **WHO)), DraftMissing),
    ],
)
def test_what_cannot_be_written_is_refused(
    cast: Cast, wrong: Callable[[Cast, FormDefinition], Any], error: type[Exception]
) -> None:
    draft = created(cast)
    with pytest.raises(error):
        wrong(cast, draft.form)
    assert draft_of(draft.form) is not None or error is DraftMissing


def test_answers_are_settled_and_what_does_not_fit_is_told(cast: Cast) -> None:
    version = published(cast, HEATING)
    with pytest.raises(AnswersUnfit) as refused:
        filled(cast, version, {"way": "coal", "elders": "30"})
    assert set(refused.value.problems) == {"vent", "elders"}
    assert refused.value.problems["elders"] == "请填 0 到 20。"
    assert not FormAnswer.objects.unscoped(WHY).exists()
    # What is not asked is not kept, whatever a phone may send.
    answer = filled(
        cast, version, {"way": "electric", "vent": "yes", "elders": "２", "nothing": "x", "room": "?"}
    )
    assert answer.answers == {"way": "electric", "elders": 2, "room": [], "all_beds": 0}
    assert answer.household_id == cast.own.household.pk


def test_a_phone_that_knew_no_better_may_still_hand_in(cast: Cast) -> None:
    version = published(cast)
    retire_form(form=version.form, **WHO)
    version.refresh_from_db()
    assert filled(cast, version, {"what": "灯"}).version_id == version.pk
    version.retired_at = WHO["now"] - STILL_TAKEN - timedelta(hours=1)
    version.save()
    with pytest.raises(FormNotOffered):
        filled(cast, version, {"what": "灯"})
    with pytest.raises(FormError):
        fill_form(version=published_elsewhere(cast), raw={"what": "灯"}, about=About(OWN), **WHO)


def published_elsewhere(cast: Cast) -> FormVersion:
    place = cast.places["other town"]
    draft = create_form(
        county_id=place.household.county_id,
        division_code=place.code,
        schema=replace(read(SMALL), key="elsewhere"),
        purpose=FormPurpose.FREE,
        is_sample=True,
        **WHO,
    )
    return publish_form(form=draft.form, row_version=draft.row_version, **WHO)


def test_the_log_says_that_there_are_answers_and_not_which(cast: Cast) -> None:
    version = published(cast)
    fill_form(
        version=version,
        raw={"what": "张伟家的灯不亮"},
        about=About(OWN),
        actor=Actor(cast.users["li"].pk, "李强"),
        now=timezone.now(),
    )
    entry = ChangeEntry.objects.filter(object_kind=ANSWER).get()
    assert "张伟" not in str(entry.after)
    assert AuditEntry.objects.filter(action="fieldwork.fill_form", actor_label="李强").count() == 1


def test_required_follows_a_condition(cast: Cast) -> None:
    sheets = survey(
        ["select_one yesno", "ill", "有人生病吗？", "", "", "yes"],
        ["text", "who", "谁？", "", "", "${ill} = 'yes'"],
    )
    version = published(cast, sheets)
    with pytest.raises(AnswersUnfit):
        filled(cast, version, {"ill": "yes"})
    assert filled(cast, version, {"ill": "no"}).answers == {"ill": "no"}


def test_the_sample_comes_and_goes(cast: Cast) -> None:
    for _twice in range(2):
        seed_sample(division_code=OWN, actor=SYSTEM, now=timezone.now())
    assert FormDefinition.objects.unscoped(WHY).count() == 1
    assert FormAnswer.objects.unscoped(WHY).count() == 2
    remove_sample(actor=SYSTEM, now=timezone.now())
    assert not FormVersion.objects.unscoped(WHY).exists()
