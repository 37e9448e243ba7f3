"""A merged record's id leads to the record that is kept, within the viewer's right."""

import pytest

from tests.cast import NOW, OWN, Cast
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import viewer_of
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.access import access_person, access_person_to_edit
from xiaoyuan.register.actions.duplicates import merge_persons
from xiaoyuan.register.models import Membership, Person


def test_a_merged_id_leads_to_the_kept_record(cast: Cast) -> None:
    clerk, outsider = viewer_of(cast.users["wang"], NOW), viewer_of(cast.users["zhao"], NOW)
    rows = Membership.objects.unscoped("a test").filter(household=cast.own.household, relation_to_head="20")
    son: Person = rows.get().person
    head = Person.objects.unscoped("a test").get(pk=cast.own.person.pk)
    merge_persons(
        kept=head,
        merged=son,
        secrets=dict.fromkeys(("id_number", "phone"), head.pk),
        actor=SYSTEM,
        now=NOW,
    )
    assert access_person(clerk, son.pk) == head
    assert access_person_to_edit(clerk, son.pk) == head
    assert access_person(clerk, head.pk) == head
    assert head.division_code == OWN
    with pytest.raises(NotFound):
        access_person(outsider, son.pk)


def test_a_record_kept_elsewhere_is_not_shown(cast: Cast) -> None:
    clerk = viewer_of(cast.users["wang"], NOW)
    merged = Person.objects.unscoped("a test").get(pk=cast.own.person.pk)
    kept = cast.places["sibling"].person
    Person.objects.unscoped("a test").filter(pk=merged.pk).update(merged_into=kept)
    with pytest.raises(NotFound):
        access_person(clerk, merged.pk)
