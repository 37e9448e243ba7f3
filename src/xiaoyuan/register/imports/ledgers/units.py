"""Columns of one quantity whose heading may name different units: one column for each unit."""

from typing import Final

from xiaoyuan.intake.columns import Column
from xiaoyuan.register.imports.ledgers.readers import area_mu, area_mu_from, money

WAN: Final = ":wan"
M2: Final = ":m2"


def money_columns(
    key: str, label: str, aliases: tuple[str, ...] = (), *, is_required: bool = False
) -> tuple[Column, ...]:
    """Return the column in 元 (also without a unit in its heading) and the one in 万元, `key` and `key:wan`."""
    names = (label, *aliases)
    yuan = (*names[1:], *(f"{name}(元)" for name in names))
    wan = tuple(f"{name}(万元)" for name in aliases)
    return (
        Column(key, label, money(), yuan, is_required=is_required),
        Column(key + WAN, f"{label}(万元)", money("万元"), wan),
    )


def either_money(key: str, label: str) -> tuple[tuple[str, str], ...]:
    """Return keys and labels of `money_columns`."""
    return ((key, label), (key + WAN, f"{label}(万元)"))


def area_columns(key: str, label: str, aliases: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """Return the column in 亩 and the one in 平方米, `key` and `key:m2`."""
    names = (label, *aliases)
    mu = (*names[1:], *(f"{name}(亩)" for name in names))
    metres = tuple(f"{name}(平方米)" for name in aliases)
    return (
        Column(key, label, area_mu, mu),
        Column(key + M2, f"{label}(平方米)", area_mu_from("平方米"), metres),
    )


def either_area(key: str, label: str) -> tuple[tuple[str, str], ...]:
    """Return keys and labels of `area_columns`."""
    return ((key, label), (key + M2, f"{label}(平方米)"))
