"""Reads of users by what they may do where."""

from datetime import datetime

from django.db.models import Q

from xiaoyuan.accounts.choices import ROLE_PERMISSIONS, Permission, ScopeKind
from xiaoyuan.accounts.models import Grant, User


def holders(permission: Permission, division_code: str, now: datetime) -> list[int]:
    """Return the active users who hold a permission in a division, by a grant for it or for one above it."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if permission in held]
    keys = ["", *(division_code[:cut] for cut in range(2, len(division_code) + 1))]
    rows = Grant.objects.valid_at(now).filter(
        Q(scope_kind=ScopeKind.DIVISION), role__in=roles, scope_key__in=keys, user__is_active=True
    )
    return sorted(set(rows.values_list("user_id", flat=True)))


def labels_of(user_ids: list[int]) -> dict[int, str]:
    """Return what pages call users."""
    return {user.pk: user.label for user in User.objects.filter(pk__in=user_ids)}
