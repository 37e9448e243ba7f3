"""What forms do when a sample is set up or taken out."""

from datetime import datetime, timedelta
from typing import Final

from xiaoyuan.audit.actors import Actor
from xiaoyuan.fieldwork.form_actions import SOURCE, About, create_form, fill_form, publish_form
from xiaoyuan.fieldwork.form_choices import FormPurpose
from xiaoyuan.fieldwork.form_samples import FILLED, HEATING
from xiaoyuan.fieldwork.models.forms import FormAnswer, FormDefinition, FormVersion
from xiaoyuan.register.models import County, Household
from xiaoyuan.register.setup import forget_subjects
from xiaoyuan.vault.files import forget_file

_WHY: Final = "the sample is made and removed as a whole"


def seed_sample(*, division_code: str, actor: Actor, now: datetime) -> int:
    """Give the sample county its form for the winter and a village some filled ones; done again, nothing changes."""
    county = County.objects.get(code=division_code[:6])
    forms = FormDefinition.objects.unscoped(_WHY).filter(county=county, is_sample=True, key=HEATING.key)
    began = now - timedelta(days=12)
    if not forms.exists():
        draft = create_form(
            county_id=county.pk,
            division_code=county.code,
            schema=HEATING,
            purpose=FormPurpose.VISIT,
            is_sample=True,
            actor=actor,
            now=began,
        )
        publish_form(form=draft.form, row_version=draft.row_version, actor=actor, now=began)
    form = forms.get()
    if FormAnswer.objects.unscoped(_WHY).filter(form=form, division_code=division_code).exists():
        return 0
    version = FormVersion.objects.unscoped(_WHY).select_related("form").get(form=form, state="published")
    households = (
        Household.objects.unscoped(_WHY)
        .filter(is_sample=True, division_code=division_code, closed_on__isnull=True)
        .select_related("courtyard")
        .order_by("pk")[: 2 * len(FILLED)]
    )
    count = 0
    for number, household in enumerate(households):
        fill_form(
            version=version,
            raw=FILLED[number % len(FILLED)],
            about=About(division_code, courtyard=household.courtyard, household=household),
            actor=actor,
            now=began + timedelta(days=1 + number),
        )
        count += 1
    return count


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Delete the forms of the sample with their answers."""
    answers = FormAnswer.objects.unscoped(_WHY).filter(is_sample=True)
    versions = FormVersion.objects.unscoped(_WHY).filter(is_sample=True)
    counts = {"filled forms": answers.count(), "forms": versions.count()}
    answers.delete()
    for subject in versions.exclude(file_name="").values_list("subject", flat=True):
        forget_file(subject=subject, name=SOURCE)
    forget_subjects(versions.values_list("subject", flat=True))
    versions.delete()
    FormDefinition.objects.unscoped(_WHY).filter(is_sample=True).delete()
    return counts
