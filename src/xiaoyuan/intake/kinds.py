"""The kinds of ledger that the domains declared, found by the name in the settings: an engine imports no domain."""

from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from xiaoyuan.intake.columns import LedgerKind
from xiaoyuan.intake.errors import UnknownKind


def ledger_kinds() -> tuple[LedgerKind, ...]:
    """Return all kinds, in the order in which they are offered."""
    return cast(tuple[LedgerKind, ...], import_string(settings.LEDGER_KINDS))


def ledger_kind(key: str) -> LedgerKind:
    """Return one kind; raises `UnknownKind`."""
    for kind in ledger_kinds():
        if kind.key == key:
            return kind
    raise UnknownKind(key, ", ".join(kind.key for kind in ledger_kinds()))
