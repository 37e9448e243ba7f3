"""Whether the service lives, whether it may be trusted with work, and its counters."""

import secrets
from functools import wraps
from typing import Any, cast

import orjson
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import View, requires
from xiaoyuan.portal.queries.operations import alarms


def open_to_all(view: View) -> View:
    """Declare a route public without `requires`, whose scope is set in the database: these answer without one."""
    cast(Any, view).permission = Permission.PUBLIC
    return transaction.non_atomic_requests(view)


@open_to_all
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@open_to_all
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when work can be done, else 503 with reasons (ids, no secrets, no addresses)."""
    reasons = problems()
    body = orjson.dumps({"ready": not reasons, "problems": reasons})
    return HttpResponse(body, status=503 if reasons else 200, content_type="application/json")


def problems() -> list[str]:
    """Return what keeps this process from working, as ids: database, migrations, key_file, unsealed."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return ["migrations"]
    except DatabaseError:
        return ["database"]
    return [alarm.id for alarm in alarms(timezone.now()) if alarm.is_fault]


@requires(Permission.OPERATE)
def _metrics_for_operators(request: HttpRequest) -> HttpResponse:
    return _metrics()


def _metrics() -> HttpResponse:
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@wraps(_metrics_for_operators)
def metrics(request: HttpRequest) -> HttpResponseBase:
    """Counters for Prometheus: to operators, and to programs that hold the token of the settings."""
    given = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and secrets.compare_digest(
        given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()
    ):
        return _metrics()
    return _metrics_for_operators(request)
