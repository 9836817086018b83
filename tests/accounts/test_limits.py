"""Tries are counted by who makes them: guessing costs waits, and not those of people elsewhere."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client, RequestFactory

from accounts import devices, limits
from accounts.even_timing import taking_at_least
from accounts.limits import Limit, forget, network_of, take
from accounts.messages import deliver_batch
from accounts.models import Throttle, User
from tests.factories import PASSWORD, create_user


AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
THREE = Limit("three", 3, timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1))


def sign_in(client: Client, email: str, password: str, address: str = "192.0.2.1", **headers: Any) -> Any:
    return client.post("/sign-in/", {"username": email, "password": password}, REMOTE_ADDR=address, **headers)


def test_some_tries_are_free_and_then_the_wait_doubles_up_to_a_limit(db: None) -> None:
    at, waits = AT, []
    for _try in range(9):
        wait = take(THREE, "somebody", at=at)
        waits.append(wait)
        at += timedelta(seconds=wait)
        if wait:
            assert take(THREE, "somebody", at=at) == 0

    assert waits == [0, 0, 0, 30, 60, 120, 240, 300, 300]


def test_a_refused_try_is_not_counted(db: None) -> None:
    for _try in range(20):
        take(THREE, "somebody", at=AT)

    assert Throttle.objects.get().count == 3


def test_the_count_begins_anew_after_a_while_and_after_success(db: None) -> None:
    for _try in range(4):
        take(THREE, "somebody", at=AT)
    assert take(THREE, "somebody", at=AT) > 0
    assert take(THREE, "somebody", at=AT + timedelta(hours=2)) == 0

    forget(THREE, "somebody")
    assert take(THREE, "somebody", at=AT) == 0


def test_the_table_names_nobody(db: None) -> None:
    take(THREE, "owner@bamboo.example", "192.0.2.1", at=AT)

    assert "bamboo" not in Throttle.objects.get().key


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", ""), ("unix:", "")],
)
def test_addresses_of_one_network_count_as_one(address: str, network: str) -> None:
    assert network_of(address) == network


def test_guessing_a_password_soon_has_to_wait(client: Client, staff: User) -> None:
    for _try in range(5):
        assert sign_in(client, staff.email, "wrong").status_code == 200

    refused = sign_in(client, staff.email, PASSWORD)

    assert refused.status_code == 429
    assert "Too many tries from here" in refused.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_is_limited_in_the_same_words(client: Client, staff: User) -> None:
    pages = []
    for email in (staff.email, "nobody@x.example"):
        for _try in range(5):
            sign_in(client, email, "wrong")
        refused = sign_in(client, email, "wrong")
        pages.append((refused.status_code, "Too many tries from here" in refused.content.decode(), email in refused.content.decode()))

    # What was typed stays in the field, whoever it is.
    assert pages[0] == pages[1] == (429, True, True)


def test_a_stranger_does_not_lock_the_owner_out(client: Client, staff: User) -> None:
    for _try in range(12):
        sign_in(Client(), staff.email, "wrong", address="203.0.113.9")

    assert sign_in(client, staff.email, PASSWORD, address="192.0.2.1").status_code == 302
    assert client.session["_auth_user_id"] == str(staff.pk)


def test_a_stranger_in_the_same_network_does_not_lock_out_a_browser_that_was_in_before(client: Client, staff: User) -> None:
    assert sign_in(client, staff.email, PASSWORD).status_code == 302
    client.post("/sign-out/")
    for _try in range(12):
        sign_in(Client(), staff.email, "wrong")

    assert sign_in(client, staff.email, PASSWORD).status_code == 302


def test_people_who_share_a_browser_keep_their_counts_in_it(client: Client, staff: User, owner: User) -> None:
    for person in (staff, owner):
        sign_in(client, person.email, PASSWORD)
        client.post("/sign-out/")
    for person in (staff, owner):
        for _try in range(12):
            sign_in(Client(), person.email, "wrong")

    for person in (owner, staff):
        assert sign_in(client, person.email, PASSWORD).status_code == 302
        client.post("/sign-out/")


def test_a_browser_keeps_the_newest_accounts_only(client: Client, db: None) -> None:
    people = [create_user() for _person in range(6)]
    for person in people:
        sign_in(client, person.email, PASSWORD)
        client.post("/sign-out/")
    request = RequestFactory().get("/")
    request.COOKIES["device"] = client.cookies["device"].value

    assert [bool(devices.known(request, person.email)) for person in people] == [False, *[True] * 5]


@pytest.mark.parametrize("content", ["x", 7, None, ["a", "b"], {}])
def test_a_device_of_another_form_is_nobody(client: Client, staff: User, content: Any) -> None:
    client.cookies["device"] = signing.dumps(content, salt="accounts.devices")

    assert sign_in(client, staff.email, PASSWORD).status_code == 302


def test_reset_links_of_others_in_the_network_use_up_nobodys(client: Client, staff: User) -> None:
    for number in range(12):
        client.post("/password-reset/", {"email": f"person{number}@x.example"})
    for _try in range(8):
        client.post("/password-reset/", {"email": "person0@x.example"})

    client.post("/password-reset/", {"email": staff.email})

    assert deliver_batch() == 1


def test_reset_links_for_everybody_cannot_be_had_from_one_place(client: Client, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Limit("few", 2, timedelta(minutes=1), timedelta(minutes=1), timedelta(hours=1))
    monkeypatch.setattr(limits, "RESET_LINKS_FROM_A_PLACE", few)
    for email in (create_user().email, create_user().email, staff.email):
        client.post("/password-reset/", {"email": email})

    assert deliver_batch() == 2


def test_a_forged_device_is_nobody(client: Client, staff: User) -> None:
    client.cookies["device"] = "anything:at:all"
    for _try in range(5):
        sign_in(client, staff.email, "wrong")

    assert sign_in(client, staff.email, PASSWORD).status_code == 429


def test_one_password_cannot_be_tried_on_many_accounts(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIGN_INS_FROM_A_PLACE", Limit("few", 2, timedelta(minutes=1), timedelta(minutes=1), timedelta(hours=1)))

    answers = [sign_in(client, f"person{number}@x.example", "wrong").status_code for number in range(3)]

    assert answers == [200, 200, 429]


def test_a_whole_office_signs_in_from_one_address(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SIGN_INS_FROM_A_PLACE", Limit("few", 2, timedelta(minutes=1), timedelta(minutes=1), timedelta(hours=1)))

    assert [sign_in(Client(), create_user().email, PASSWORD).status_code for _person in range(5)] == [302] * 5


def test_a_reset_link_takes_the_same_time_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 100.1, 200.0, 200.9])
    slept: list[float] = []
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    monkeypatch.setattr("time.sleep", slept.append)

    for _work in ("quick", "slower than it should be"):
        with taking_at_least(0.3):
            pass

    assert slept == [pytest.approx(0.2), 0.0]


def test_behind_a_proxy_the_last_forwarded_address_counts(client: Client, staff: User, settings: Any) -> None:
    settings.MIDDLEWARE = ["accounts.middleware.ForwardedAddressMiddleware", *settings.MIDDLEWARE]
    for _try in range(6):
        sign_in(Client(), staff.email, "wrong", address="10.0.0.2", HTTP_X_FORWARDED_FOR="192.0.2.1, 203.0.113.9")

    owner = sign_in(client, staff.email, PASSWORD, address="10.0.0.2", HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.1")

    assert owner.status_code == 302
