"""`xiaoyuan add-user NAME --role ROLE --division CODE`: a sign-in with a role, or one more role for a sign-in.

It lives in config because only config sees both accounts and the register whose divisions and households they name.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.actions import create_user, grant_role
from xiaoyuan.accounts.choices import Role, ScopeKind
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.models import Grant, User
from xiaoyuan.audit.actors import command_actor
from xiaoyuan.config.database import require_people
from xiaoyuan.config.passwords import ask_password
from xiaoyuan.register.access import access_division
from xiaoyuan.register.models import Household


class Command(BaseCommand):
    help = "Make a sign-in with a role, or give one more role to a sign-in that is there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument("--division", metavar="CODE", help="where the role holds, all below included")
        parser.add_argument(
            "--household", metavar="ID", type=int, help="of a resident: number in its address"
        )
        parser.add_argument("--name", default="", help="name that pages and the log show")

    def handle(self, *args: Any, **options: Any) -> None:
        require_people()
        username, role = options["username"], Role(options["role"])
        scope_kind, scope_key = _scope(role, options["division"], options["household"])
        actor, now = command_actor("add-user"), timezone.now()
        user = User.objects.filter(username=username).first()
        if user is not None and options["name"]:
            raise CommandError(
                _("%(name)s is there already; --name is for a new sign-in.") % {"name": username}
            )
        password = "" if user is not None else _password(username)
        with transaction.atomic():
            if user is None:
                user = create_user(
                    username=username,
                    password=password,
                    display_name=options["name"],
                    actor=actor,
                    now=now,
                )
            held = Grant.objects.valid_at(now).filter(user=user)
            if held.filter(role=role, scope_kind=scope_kind, scope_key=scope_key).exists():
                raise CommandError(_("%(name)s holds this role there already.") % {"name": username})
            grant_role(user=user, role=role, scope_kind=scope_kind, scope_key=scope_key, actor=actor, now=now)
        self.stdout.write(
            _("%(name)s: %(role)s %(scope)s")
            % {"name": username, "role": role.label, "scope": scope_key or _("everywhere")}
        )


def _password(username: str) -> str:
    try:
        User.username_validator(username)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    return ask_password(username)


def _scope(role: Role, division: str | None, household: int | None) -> tuple[ScopeKind, str]:
    """Return where the role holds; each role needs exactly the scope that fits it."""
    if (division is not None) != (role not in (Role.OPERATOR, Role.RESIDENT)):
        raise CommandError(_("Give --division with every role but operator and resident."))
    if (household is not None) != (role is Role.RESIDENT):
        raise CommandError(_("Give --household with the role resident, and only there."))
    if household is not None:
        if not Household.objects.unscoped("the operator names it").filter(pk=household).exists():
            raise CommandError(_("There is no household %(number)d.") % {"number": household})
        return ScopeKind.HOUSEHOLD, str(household)
    if division is None:
        return ScopeKind.DIVISION, ""
    try:
        return ScopeKind.DIVISION, access_division(division).code
    except NotFound:
        raise CommandError(_("There is no division %(code)s.") % {"code": division}) from None
