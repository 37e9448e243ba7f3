"""What of the register is found by words, to build the index afresh; actions keep it with each change."""

from collections.abc import Callable, Iterator
from typing import Final

from xiaoyuan.register.actions.division_index import division_documents
from xiaoyuan.register.queries.divisions import SEARCHED
from xiaoyuan.register.queries.household_documents import KIND, every_household_document
from xiaoyuan.search.documents import Document

SEARCH: Final[tuple[tuple[str, Callable[[], Iterator[Document]]], ...]] = (
    (SEARCHED, division_documents),
    (KIND, every_household_document),
)
"""Kind of row, and who yields all its documents."""
