"""Structured logs and counters that name routes, never paths: a path may hold a plate's token."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Counter, Histogram

REQUESTS: Final = Counter("xiaoyuan_requests_total", "Requests answered", ["route", "method", "status"])
SECONDS: Final = Histogram("xiaoyuan_request_seconds", "Seconds a request took", ["route"])

logger = structlog.get_logger("xiaoyuan.requests")


class RequestLogMiddleware:
    """Logs and counts each request by its route."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, then write one line."""
        start = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - start
        match = request.resolver_match
        route = match.route if match else ("static" if response.status_code == 200 else "unmatched")
        REQUESTS.labels(route, request.method or "", str(response.status_code)).inc()
        SECONDS.labels(route).observe(seconds)
        if route != "static":
            logger.info("request", route=route, method=request.method, status=response.status_code,
                        ms=round(seconds * 1000, 1))  # fmt: skip
        return response


def configure_logging(settings: Mapping[str, Any]) -> None:
    """Send all logs through structlog as JSON lines on standard error (Django's LOGGING_CONFIG hook)."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings["level"])
    # It tells of every layer that is written.
    logging.getLogger("pyogrio").setLevel(logging.WARNING)
    # Django's own 4xx warnings quote the path.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    logging.getLogger("django.security").setLevel(logging.ERROR)
