"""Is the process up, and can it do its work? For load balancers and humans: no sign-in, no secrets, no host names."""

import logging
from collections.abc import Callable

from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse


logger = logging.getLogger(__name__)


class HealthMiddleware:
    """Answers before sessions, languages and host names are looked at: a probe comes with none of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz/":
            return _answer({"status": "up"})
        if request.path_info == "/readyz/":
            return _readiness()
        return self.get_response(request)


def _readiness() -> HttpResponse:
    checks = {name: _passes(name, check) for name, check in CHECKS.items()}
    ready = all(checks.values())
    body = {"status": "ready" if ready else "not ready", **{name: "ok" if good else "failed" for name, good in checks.items()}}
    return _answer(body, status=200 if ready else 503)


def _answer(body: dict[str, str], status: int = 200) -> HttpResponse:
    response = JsonResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:
        # Whatever goes wrong means "not ready"; the reason may name hosts, so it goes to the log only.
        logger.warning("Readiness check %s failed: %s", name, error)
        return False


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def migrations_are_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def broker_answers() -> bool:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
        return True


def a_worker_answers() -> bool:
    # A ping takes up to a second, and probes come often: a worker heard of lately counts.
    if cache.get("health.worker"):
        return True
    answered = bool(current_app.control.ping(timeout=1.5, limit=1))
    if answered:
        cache.set("health.worker", True, timeout=10)
    return answered


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "migrations": migrations_are_applied,
    "broker": broker_answers,
    "workers": a_worker_answers,
}
