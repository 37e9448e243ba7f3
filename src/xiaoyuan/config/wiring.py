"""Which domain offers what to which engine, in plain tables. No registry, no discovery."""

from collections.abc import Callable
from typing import Final

from xiaoyuan.doorplates import setup as doorplates_setup
from xiaoyuan.doorplates.figures import FIGURES as DOORPLATE_FIGURES
from xiaoyuan.doorplates.overlays import OVERLAYS as DOORPLATE_OVERLAYS
from xiaoyuan.doorplates.queries import plate_on
from xiaoyuan.exports.sources import ExportSource
from xiaoyuan.fieldwork import form_setup
from xiaoyuan.incidents import setup as incidents_setup
from xiaoyuan.incidents.figures import FIGURES as INCIDENT_FIGURES
from xiaoyuan.incidents.overlays import OVERLAYS as INCIDENT_OVERLAYS
from xiaoyuan.intake.columns import LedgerKind
from xiaoyuan.notices import setup as notices_setup
from xiaoyuan.notices.figures import FIGURES as NOTICE_FIGURES
from xiaoyuan.points import setup as points_setup
from xiaoyuan.points.figures import FIGURES as POINT_FIGURES
from xiaoyuan.register import setup as register_setup
from xiaoyuan.register.exports import SOURCES as REGISTER_EXPORTS
from xiaoyuan.register.figures import FIGURES as REGISTER_FIGURES
from xiaoyuan.register.imports.ledgers.business_entities import BUSINESS_ENTITIES
from xiaoyuan.register.imports.ledgers.courtyards import COURTYARDS
from xiaoyuan.register.imports.ledgers.divisions import DIVISIONS
from xiaoyuan.register.imports.ledgers.dwellings import DWELLINGS
from xiaoyuan.register.imports.ledgers.employments import EMPLOYMENTS
from xiaoyuan.register.imports.ledgers.farming import CROPS, LIVESTOCK
from xiaoyuan.register.imports.ledgers.households import HOUSEHOLDS
from xiaoyuan.register.imports.ledgers.incomes import INCOMES
from xiaoyuan.register.imports.ledgers.observations import OBSERVATIONS
from xiaoyuan.register.imports.ledgers.parcels import PARCELS
from xiaoyuan.register.imports.ledgers.policy_tags import POLICY_TAGS
from xiaoyuan.register.models import Courtyard
from xiaoyuan.register.overlays import OVERLAYS as REGISTER_OVERLAYS
from xiaoyuan.register.search import SEARCH as REGISTER_SEARCH
from xiaoyuan.twin import setup as twin_setup

THIRD_PARTY_ROUTES: Final = ("accounts/", "admin/", "static/")
"""Prefixes whose views come from libraries with a guard of their own (sign-in pages; staff check of the admin)."""

SAMPLE_REMOVERS: Final[tuple[Callable[..., dict[str, int]], ...]] = (
    doorplates_setup.remove_sample,
    points_setup.remove_sample,
    incidents_setup.remove_sample,
    form_setup.remove_sample,
    notices_setup.remove_sample,
    register_setup.remove_sample,
    twin_setup.remove_sample,
)
"""Who takes sample rows out, in this order: plates refer to courtyards, scenes are made of places."""

LEDGER_KINDS: Final[tuple[LedgerKind, ...]] = (
    HOUSEHOLDS,
    COURTYARDS,
    DWELLINGS,
    PARCELS,
    CROPS,
    LIVESTOCK,
    EMPLOYMENTS,
    INCOMES,
    POLICY_TAGS,
    BUSINESS_ENTITIES,
    OBSERVATIONS,
    DIVISIONS,
)
"""The kinds of workbook that `import-ledger` recognises."""

EXPORT_SOURCES: Final[tuple[ExportSource, ...]] = REGISTER_EXPORTS
"""What can be handed back as a file."""

SCREEN_OVERLAYS: Final = (*REGISTER_OVERLAYS, *DOORPLATE_OVERLAYS, *INCIDENT_OVERLAYS)
"""What can be laid over the scene: places in some state, live."""

COURTYARD_HOLDERS: Final[tuple[Callable[[Courtyard], str], ...]] = (plate_on,)
"""Who keeps a courtyard from being removed: each answers with a sentence that says why, or with nothing."""

SEARCH: Final = (*REGISTER_SEARCH,)
"""What is found by words: kind of row, and who yields all its documents."""

FIGURES: Final = (*REGISTER_FIGURES, *DOORPLATE_FIGURES, *POINT_FIGURES, *INCIDENT_FIGURES, *NOTICE_FIGURES)
"""Every counter, with how it is counted afresh."""
