"""What the published schema of the API allows, and what it does not, sent by every role: the answers are those it promises."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from drf_spectacular.generators import SchemaGenerator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.access_table import ROLES
from tests.fuzz.canaries import leaks
from tests.fuzz.sending import Report
from tests.world import World


CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
# In each of the two ways: as the schema says, and against it.
EXAMPLES = 2


@pytest.fixture(scope="module")
def api() -> Iterator[Any]:
    schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
    schema.app = get_wsgi_application()
    # A server looks after its connections around each request; here it would end the transaction that takes everything back.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schema
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def cookies_of(client: Client) -> dict[str, str]:
    return {name: morsel.value for name, morsel in client.cookies.items()}


def csrf() -> tuple[dict[str, str], dict[str, str]]:
    request = RequestFactory().get("/")
    token = get_token(request)
    return {settings.CSRF_COOKIE_NAME: request.META["CSRF_COOKIE"]}, {"X-CSRFToken": token}


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("role", ROLES)
def test_the_api_answers_as_its_schema_says(
    world: World, clients: dict[str, Client], api: Any, report: Report, rounds: int, seed: str, role: str, mode: Any
) -> None:
    cookie, header = csrf()
    cookies = cookies_of(clients[role]) | cookie

    def try_one(case: Any) -> None:
        with transaction.atomic():
            response = case.call(cookies=cookies, headers=header)
            case.validate_response(response, checks=CHECKS)
            transaction.set_rollback(True)
        report.sent += 1
        assert not leaks(response.text, role=role, world=world, names_are_public=False)

    wrong = []
    for each in api.get_all_operations():
        operation = each.ok()
        limits = hypothesis.settings(max_examples=EXAMPLES * rounds, database=None, phases=[hypothesis.Phase.generate])
        attempt = hypothesis.given(case=operation.as_strategy(generation_mode=mode))(try_one)
        try:
            limits(hypothesis.seed(f"{seed} {operation.label} {role}")(attempt))()
        except Exception as failure:
            wrong.append(f"{operation.label}: {failure}")

    assert not wrong, "\n".join(wrong)
