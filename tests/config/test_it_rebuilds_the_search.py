"""A lost index is made again from the register: what was found before is found again, and nothing else."""

from io import StringIO

import pytest
from django.core.management import call_command

from tests.cast import OWN, Cast, cast
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.register.queries.divisions import search_divisions
from xiaoyuan.search.actions import forget_kind, index
from xiaoyuan.search.documents import Document
from xiaoyuan.search.models import SearchEntry
from xiaoyuan.search.queries import find

__all__ = ["cast"]
pytestmark = pytest.mark.django_db
KIND = "register.household"


def found(cast: Cast) -> list[int]:
    return find(kind=KIND, text="zw", scope=Scope.below(OWN), is_sample=cast.own.household.is_sample)


def test_the_index_is_made_again(cast: Cast) -> None:
    before = found(cast)
    assert cast.own.household.pk in before
    forget_kind(KIND)
    stray = Document(
        cast.own.batch.county_id, OWN, KIND, 424242, cast.own.household.is_sample, names=("张伟",)
    )
    index([stray])
    assert found(cast) == [424242]
    output = StringIO()
    call_command("rebuild_search", stdout=output)
    assert found(cast) == before
    assert OWN in [one.code for one in search_divisions("sysq")]
    assert str(SearchEntry.objects.count()) in output.getvalue()
