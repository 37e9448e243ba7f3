"""Making users and granting roles, each with an audit entry."""

from datetime import datetime

from django.db import transaction

from xiaoyuan.accounts.choices import Role, ScopeKind
from xiaoyuan.accounts.models import Grant, User
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor


def create_user(
    *, username: str, password: str, display_name: str, actor: Actor, now: datetime, is_sample: bool = False
) -> User:
    """Make a user without any grant. The caller validated the password."""
    with transaction.atomic():
        user = User(username=username, display_name=display_name, is_sample=is_sample)
        user.set_password(password)
        user.save()
        record_audit(
            actor=actor,
            now=now,
            action="accounts.create_user",
            object_kind="accounts.user",
            object_id=user.pk,
        )
    return user


def grant_role(
    *,
    user: User,
    role: Role,
    scope_key: str,
    actor: Actor,
    now: datetime,
    scope_kind: ScopeKind = ScopeKind.DIVISION,
    valid_until: datetime | None = None,
) -> Grant:
    """Grant a role within a scope from now on. An operator may also open the back office."""
    with transaction.atomic():
        grant = Grant.objects.create(
            user=user,
            role=role,
            scope_kind=scope_kind,
            scope_key=scope_key,
            valid_from=now,
            valid_until=valid_until,
            granted_by_id=actor.user_id,
        )
        if role is Role.OPERATOR and not user.is_staff:
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        record_audit(
            actor=actor,
            now=now,
            action="accounts.grant",
            object_kind="accounts.user",
            object_id=user.pk,
            detail={"role": str(role), "scope_kind": str(scope_kind), "scope_key": scope_key},
        )
    return grant


def end_grant(*, grant: Grant, actor: Actor, now: datetime) -> None:
    """End a grant now; its row stays as history."""
    with transaction.atomic():
        grant.valid_until = now
        grant.save(update_fields=["valid_until"])
        holds_another = Grant.objects.valid_at(now).filter(user=grant.user_id, role=Role.OPERATOR).exists()
        if grant.role == Role.OPERATOR and not holds_another:
            User.objects.filter(pk=grant.user_id).update(is_staff=False)
        record_audit(
            actor=actor,
            now=now,
            action="accounts.end_grant",
            object_kind="accounts.user",
            object_id=grant.user_id,
            detail={"role": grant.role, "scope_key": grant.scope_key},
        )
