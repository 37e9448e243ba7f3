"""The viewer: one object per request that says who looks and what their grants allow."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from xiaoyuan.accounts.acting import ActingFor, current_acting
from xiaoyuan.accounts.choices import ROLE_PERMISSIONS, Permission, Role, ScopeKind
from xiaoyuan.accounts.models import Grant, User
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actors import STRANGER, Actor


@dataclass(frozen=True)
class HeldGrant:
    """A grant in force, as plain values."""

    role: str
    scope_kind: str
    scope_key: str


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks at a page: a signed-in user with grants, or a stranger without."""

    actor: Actor
    username: str = ""
    grants: tuple[HeldGrant, ...] = ()
    acting: ActingFor | None = None
    """The person for whom this resident does business just now; their own rights stay what they are."""

    @property
    def is_signed_in(self) -> bool:
        """Whether a user stands behind the request."""
        return self.actor.user_id is not None

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles held, the most powerful first."""
        held = {grant.role for grant in self.grants}
        return tuple(role for role in Role.values if role in held)

    def may(self, permission: Permission) -> bool:
        """Whether the permission is held anywhere; where it is held is `scope_for`."""
        if permission is Permission.PUBLIC:
            return True
        if permission is Permission.SIGNED_IN:
            return self.is_signed_in
        return any(permission in ROLE_PERMISSIONS[grant.role] for grant in self.grants)

    def scope_for(self, permission: Permission) -> Scope:
        """Return the part of the register in which the permission is held."""
        prefixes, households = set(), set()
        for grant in self.grants:
            if grant.scope_kind == ScopeKind.HOUSEHOLD and permission is Permission.SIGNED_IN:
                households.add(int(grant.scope_key))
            elif grant.scope_kind == ScopeKind.DIVISION and permission in ROLE_PERMISSIONS[grant.role]:
                prefixes.add(grant.scope_key)
        return Scope(prefixes=frozenset(prefixes), households=frozenset(households))


THE_STRANGER: Final = Viewer(STRANGER)


def is_usable(user: User) -> bool:
    """Whether a user may act here: an active one, and none of the sample outside a demo."""
    return user.is_active and (settings.IS_DEMO or not user.is_sample)


def viewer_of(user: User | None, now: datetime) -> Viewer:
    """Return the viewer for a signed-in, usable user, or the stranger."""
    if user is None or not is_usable(user):
        return THE_STRANGER
    rows: Iterable[tuple[str, str, str]] = (
        Grant.objects.valid_at(now).filter(user=user).values_list("role", "scope_kind", "scope_key")
    )
    grants = tuple(HeldGrant(*row) for row in rows)
    # Only residents act for others, so nobody else's request asks.
    is_resident = any(grant.scope_kind == ScopeKind.HOUSEHOLD for grant in grants)
    acting = current_acting(user.pk, now) if is_resident else None
    label = (
        user.label
        if acting is None
        else _("%(helper)s for %(elder)s")
        % {
            "helper": user.label,
            "elder": acting.label,
        }
    )
    return Viewer(Actor(user.pk, label), user.username, grants, acting)


def acting_for(viewer: Viewer, now: datetime) -> ActingFor | None:
    """Return the person for whom a viewer does business at `now`, if any: requests and reports are filed for them."""
    acting = viewer.acting
    return acting if acting is not None and now < acting.until else None
