"""System checks: every route declares a permission, and production refuses an unsafe configuration."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import connections
from django.urls import URLPattern, URLResolver, get_resolver

from xiaoyuan.accounts.routes import declared_permission
from xiaoyuan.config.wiring import THIRD_PARTY_ROUTES
from xiaoyuan.register import spatial
from xiaoyuan.search import index as search_index

PLATE_URL_LENGTH: Final = 30


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield `(route, view)` of every URL pattern."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def check_routes(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Every route of ours declares exactly one permission (config.E001)."""
    return [
        Error(
            f"The route “{route}” declares no permission.",
            hint="Decorate its view with @requires(Permission.…).",
            id="config.E001",
        )
        for route, view in routes()
        if not route.startswith(THIRD_PARTY_ROUTES) and declared_permission(view) is None
    ]


def check_spatial_indexes(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """Spatial indexes are whole (register.E001)."""
    return [message for using in databases or [] for message in spatial.check_indexes(using)]


def check_search_index(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """The index of words is there (search.E001)."""
    return [message for using in databases or [] for message in search_index.check_index(using)]


def check_row_security(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """On PostgreSQL in production the serving role owns no table, else row security is off (config.W002)."""
    found: list[CheckMessage] = []
    for using in databases or []:
        if settings.IS_DEMO or connections[using].vendor != "postgresql":
            continue
        with connections[using].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_tables WHERE tablename = 'register_person' "
                # Whoever migrates as the owner for another role that serves does it right.
                "AND pg_has_role(tableowner, 'USAGE') AND %s IN ('', current_user)",
                [settings.SERVING_ROLE],
            )
            if cursor.fetchone()[0]:
                found.append(
                    Warning(
                        "The server's database role owns the tables: row-level security does not bind it.",
                        hint="Migrate as the owner with XIAOYUAN_SERVING_ROLE set, serve as that other role.",
                        id="config.W002",
                    )
                )
    return found


def check_production(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """A production deployment has its own keys, hosts and addresses (config.E010-E016)."""
    if settings.IS_DEMO:
        return []
    found: list[CheckMessage] = []

    def refuse(number: int, text: str, hint: str) -> None:
        found.append(Error(text, hint=hint, id=f"config.E{number:03d}"))

    if len(settings.SECRET_KEY) < 50 or "demo-only" in settings.SECRET_KEY:
        refuse(10, "XIAOYUAN_SECRET_KEY is missing or too short.", "Run “xiaoyuan init”: it makes one.")
    if settings.DEBUG:
        refuse(11, "XIAOYUAN_DEBUG is on: error pages would show personal data.", "Remove it.")
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        refuse(12, "XIAOYUAN_ALLOWED_HOSTS must name the hosts served.", "For example: village.example.cn")
    if not settings.IS_HTTPS:
        refuse(13, "XIAOYUAN_HTTPS is off: passwords would cross the network in the open.", "Use TLS.")
    key_file = Path(settings.VAULT_KEY_FILE)
    if not key_file.exists():
        refuse(
            14, "The vault's key file is missing.", "Run “xiaoyuan init” or restore it from its own backup."
        )
    elif key_file.stat().st_mode & 0o077:
        refuse(15, "The vault's key file is readable by others.", "chmod 600 it.")
    base = urlsplit(settings.PLATE_BASE_URL)
    if settings.PLATE_BASE_URL and (
        base.scheme != "https" or len(settings.PLATE_BASE_URL) > PLATE_URL_LENGTH
    ):
        refuse(
            16,
            "XIAOYUAN_PLATE_BASE_URL must be https and at most 30 characters.",
            "QR modules get too small.",
        )
    return found


def check_plate_address(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """The address for plates is decided (config.W001): asked at set-up only, not at every command."""
    if settings.PLATE_BASE_URL:
        return []
    return [
        Warning(
            "XIAOYUAN_PLATE_BASE_URL is not set: plates cannot be printed yet.",
            hint="It stands on metal for decades: choose a short https address that stays.",
            id="config.W001",
        )
    ]
