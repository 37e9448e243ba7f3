"""Keeping households findable: the index follows every write in its transaction."""

from collections.abc import Iterable, Mapping, Sequence

from xiaoyuan.register.models import Household
from xiaoyuan.register.queries.household_documents import KIND, documents_of, household_documents
from xiaoyuan.search.actions import forget, index

_CHUNK = 500


def index_households(county_id: int, household_ids: Iterable[int]) -> None:
    """Write the entries of households afresh; those that are closed or gone are forgotten."""
    ids = sorted(set(household_ids))
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        documents = list(household_documents(part))
        index(documents)
        open_ids = {document.object_id for document in documents}
        gone = [one for one in part if one not in open_ids]
        if gone:
            forget(county_id=county_id, kind=KIND, object_ids=gone)


def index_new_households(households: Sequence[Household], names: Mapping[int, Sequence[str]]) -> None:
    """Write the entries of households just made, whose members' names are at hand."""
    if households:
        index(documents_of(households, names), are_new=True)
