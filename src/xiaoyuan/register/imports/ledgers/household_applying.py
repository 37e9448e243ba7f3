"""Applying a judged household ledger: the plans that judging made, in chunks of whole households."""

from collections.abc import Iterator, Sequence
from typing import Final

from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.columns import DecidedAbsence, ImportContext, JudgedRow
from xiaoyuan.intake.models import Verdict
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.people_writing import PERSON, HouseholdWrite, PersonWrite, write_people
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD

CHUNK: Final = 5000
"""Persons written at once; memory stays bounded however long the ledger is."""


def apply_rows(
    judged: Sequence[JudgedRow], absences: Sequence[DecidedAbsence], context: ImportContext
) -> list[RowLink]:
    """Write what is new or changed; returns which person each staged row became."""
    writing = Writing(context.county_id, context.is_sample, context.actor, context.now)
    links: list[RowLink] = []
    for chunk in _chunks([one for one in judged if one.verdict.verdict != Verdict.SAME]):
        persons: list[PersonWrite] = []
        households: dict[int, HouseholdWrite] = {}
        for one in chunk:
            write: PersonWrite = one.verdict.plan
            write.source_row_id = one.staged_id
            if write.household.source_row_id is None or write.relation_to_head == HEAD_OF_HOUSEHOLD:
                write.household.source_row_id = one.staged_id
            households[id(write.household)] = write.household
            persons.append(write)
        ids = write_people(writing=writing, households=list(households.values()), persons=persons)
        links += [
            RowLink(one.staged_id, PERSON, person_id)
            for one, person_id in zip(chunk, ids, strict=True)
            if one.staged_id is not None
        ]
    return links


def _chunks(judged: Sequence[JudgedRow]) -> Iterator[list[JudgedRow]]:
    """Yield rows in chunks that keep the rows of a household together."""
    by_household: dict[int, list[JudgedRow]] = {}
    for one in judged:
        by_household.setdefault(id(one.verdict.plan.household), []).append(one)
    chunk: list[JudgedRow] = []
    for rows in by_household.values():
        if chunk and len(chunk) + len(rows) > CHUNK:
            yield chunk
            chunk = []
        chunk += rows
    if chunk:
        yield chunk
