"""What broke a page once."""

import pytest
from django.test import Client

from tests.fuzz.sending import Report, Sent, form_body, send
from tests.world import World


NO_ADDRESS = "http://[::1"


@pytest.mark.parametrize(
    ("role", "sent"),
    [
        # Addresses that Python cannot take apart.
        ("staff", Sent("GET", f"/reports/tables/?of={NO_ADDRESS}&table=factor-sets&form=csv")),
        ("reviewer", Sent("POST", "/account/confirm/passkey/", *form_body([("credential", "."), ("next", NO_ADDRESS)]))),
        # Time zones that PostgreSQL does not know, and moments that are none in UTC.
        ("signatory", Sent("GET", "/api/label-events/?since=6231-04-20T01:29:20-23:12")),
        ("signatory", Sent("GET", "/api/scores/?computed_since=0001-01-01T00:00:00%2B14:00")),
    ],
    ids=lambda each: each if isinstance(each, str) else each.address[:40],
)
def test_what_broke_a_page_once_breaks_it_no_more(world: World, clients: dict[str, Client], report: Report, role: str, sent: Sent) -> None:
    assert send(clients[role], sent, role=role, page="", world=world, report=report) == ""
