"""Authenticator app, recovery codes, passkeys: who needs them, and what they open."""

import json
import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client
from fido2.utils import websafe_decode

from accounts.adapters import SecondFactorAdapter
from accounts.messages import deliver_batch
from accounts.models import Membership, Role, User
from accounts.sealing import unseal
from audit.models import Event
from tests.accounts.passkeys import Passkey
from tests.factories import PASSWORD, create_user


@pytest.fixture(autouse=True)
def no_counts_of_before() -> None:
    """The library counts in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def strict(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True


def code_for(secret: str, *, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def with_app(user: User) -> str:
    """Sets an authenticator app up without pages; gives its key."""
    secret = generate_totp_secret()
    Authenticator.objects.create(user=user, type="totp", data={"secret": SecondFactorAdapter().encrypt(secret)})
    return secret


def sign_in(client: Client, user: User) -> Any:
    return client.post("/sign-in/", {"username": user.email, "password": PASSWORD})


@pytest.mark.usefixtures("strict")
def test_the_buyers_people_get_no_further_than_to_their_second_factor(client: Client, staff: User) -> None:
    client.force_login(staff)

    for path in ("/reports/dashboard/", "/reports/portfolio/", "/account/", "/runs/"):
        assert client.get(path).headers["Location"] == "/account/security/", path
    assert client.get("/api/suppliers/").status_code == 403
    assert "Set one up" in client.get("/account/security/").content.decode()
    assert client.post("/sign-out/").status_code == 302


@pytest.mark.usefixtures("strict")
def test_an_app_is_set_up_and_everything_opens(client: Client, transactional_db: None, staff: User) -> None:
    client.force_login(staff)
    page = client.get("/account/security/app/").content.decode()
    secret = re.search(r'<code class="mono">(\w+)</code>', page)
    assert secret

    response = client.post("/account/security/app/", {"code": code_for(secret[1])})

    assert response.headers["Location"] == "/account/security/codes/"
    assert client.get("/reports/dashboard/").status_code == 200
    assert Event.objects.filter(action="second_factor.added", actor=staff, detail={"type": "totp"}).exists()
    deliver_batch()
    assert "authenticator app was set up" in mail.outbox[0].body
    # Ten codes to print, each good once.
    assert len(re.findall(r"<li>[\w-]+</li>", client.get("/account/security/codes/").content.decode())) == 10


def test_the_key_of_an_app_is_sealed_in_the_database(staff: User) -> None:
    secret = with_app(staff)

    kept = Authenticator.objects.get(user=staff).data["secret"]

    assert secret not in kept
    assert unseal(kept, purpose="accounts.second_factor") == secret


def test_a_password_alone_does_not_open_an_account_with_a_second_factor(client: Client, staff: User) -> None:
    secret = with_app(staff)

    assert sign_in(client, staff).headers["Location"].startswith("/sign-in/code/")
    assert "_auth_user_id" not in client.session
    assert client.get("/account/").headers["Location"].startswith("/sign-in/")
    refused = client.post("/sign-in/code/", {"code": "000000" if code_for(secret) != "000000" else "111111"})
    assert "not the right one" in refused.content.decode()
    assert Event.objects.filter(action="second_factor.failed", target_id=str(staff.pk)).exists()

    assert client.post("/sign-in/code/", {"code": code_for(secret)}).headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(staff.pk)


def test_a_code_works_once(client: Client, staff: User) -> None:
    secret = with_app(staff)
    code = code_for(secret)
    sign_in(client, staff)
    client.post("/sign-in/code/", {"code": code})

    second = Client()
    sign_in(second, staff)

    assert "used already" in second.post("/sign-in/code/", {"code": code}).content.decode()


def test_codes_cannot_be_guessed(client: Client, staff: User) -> None:
    secret = with_app(staff)
    sign_in(client, staff)
    for guess in range(5):
        client.post("/sign-in/code/", {"code": f"00000{guess}"})

    assert "Too many tries" in client.post("/sign-in/code/", {"code": code_for(secret)}).content.decode()


@pytest.mark.usefixtures("strict")
def test_an_old_session_without_the_factor_is_asked_for_it(client: Client, staff: User) -> None:
    secret = with_app(staff)
    client.force_login(staff)

    asked = client.get("/reports/dashboard/")
    assert asked.headers["Location"] == "/account/confirm/code/?next=%2Freports%2Fdashboard%2F"

    client.post("/account/confirm/code/", {"code": code_for(secret), "next": "/reports/dashboard/"})
    assert client.get("/reports/dashboard/").status_code == 200


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("kind", ["app", "passkey"])
def test_a_session_without_the_factor_makes_itself_none(client: Client, staff: User, kind: str) -> None:
    """It may be a thief's, who knows the password and signed in before there was a factor."""
    client.force_login(staff)
    if kind == "app":
        with_app(staff)
    else:
        data = {"name": "Key", "credential": Passkey().registration(b"", host="testserver")}
        Authenticator.objects.create(user=staff, type="webauthn", data=data)
    asked = {"app": "/account/confirm/code/?next=", "passkey": "/account/confirm/passkey/?next="}[kind]

    for path in ("", "app/", "passkeys/", "passkeys/new/", "codes/", "codes/file/"):
        assert client.get(f"/account/security/{path}").headers["Location"].startswith(asked), path
    for path in ("/account/password/", "/account/confirm/"):
        assert client.post(path, {"password": PASSWORD}).headers["Location"].startswith(asked), path
    page = client.get(asked.partition("?")[0]).content.decode()
    assert "Is it you?" in page
    assert "Use your password" not in page
    assert client.get("/account/session/").status_code == 200
    assert client.post("/sign-out/").status_code == 302


def test_what_was_shown_for_one_person_counts_for_no_other(client: Client, staff: User, owner: User, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    client.force_login(staff)
    session = client.session
    session["second_factor"] = owner.pk
    session.save()

    assert client.get("/account/").headers["Location"] == "/account/security/"


def test_the_first_factor_ends_the_sessions_that_are_open_elsewhere(client: Client, transactional_db: None, owner: User) -> None:
    there = Client()
    for each in (client, there):
        sign_in(each, owner)
    secret = re.search(r'<code class="mono">(\w+)</code>', client.get("/account/security/app/").content.decode())
    assert secret

    client.post("/account/security/app/", {"code": code_for(secret[1])})

    assert client.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


@pytest.mark.usefixtures("strict")
def test_suppliers_choose_for_themselves(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get("/account/").status_code == 200


@pytest.mark.usefixtures("strict")
def test_the_factor_belongs_to_the_hat_in_use(client: Client, owner: User) -> None:
    client.force_login(owner)
    hat = Membership.objects.create(user=owner, role=Role.REVIEWER)
    client.post(f"/account/acting-as/{hat.pk}/")

    assert client.get("/account/").headers["Location"] == "/account/security/"


@pytest.mark.usefixtures("strict")
def test_a_needed_factor_cannot_be_removed(client: Client, staff: User) -> None:
    with_app(staff)
    client.force_login(staff)
    session = client.session
    session["second_factor"] = staff.pk
    session.save()

    page = client.post("/account/security/app/remove/").content.decode()

    assert "Set up another one before" in page
    assert Authenticator.objects.filter(user=staff, type="totp").exists()


def test_somebody_who_needs_none_may_remove_it_and_its_codes_go_too(client: Client, owner: User) -> None:
    TOTP.activate(owner, generate_totp_secret())
    client.force_login(owner)
    client.post("/account/security/codes/new/")
    assert Authenticator.objects.filter(user=owner).count() == 2

    client.post("/account/security/app/remove/")

    assert not Authenticator.objects.filter(user=owner).exists()
    assert set(Event.objects.filter(action="second_factor.removed").values_list("detail__type", flat=True)) == {"totp", "recovery_codes"}


def test_a_recovery_code_opens_the_account_once(client: Client, owner: User) -> None:
    TOTP.activate(owner, generate_totp_secret())
    client.force_login(owner)
    client.post("/account/security/codes/new/")
    code = re.search(r"<li>([\w-]+)</li>", client.get("/account/security/codes/").content.decode())
    assert code

    first, second = Client(), Client()
    for each in (first, second):
        sign_in(each, owner)
        each.post("/sign-in/code/", {"code": code[1]})

    assert "_auth_user_id" in first.session
    assert "_auth_user_id" not in second.session


def asked_of_the_device(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="passkey-options" type="application/json">(.*?)</script>', page)
    assert found
    options: dict[str, Any] = json.loads(found[1])
    return options


def test_a_passkey_is_added_and_opens_the_account_by_itself(client: Client, transactional_db: None) -> None:
    user = create_user(role=Role.SUPPLIER_SIGNATORY)
    client.force_login(user)
    passkey = Passkey()
    options = asked_of_the_device(client.get("/account/security/passkeys/new/").content.decode())["creation_options"]["publicKey"]
    made = passkey.registration(websafe_decode(options["challenge"]), host="testserver")
    added = client.post("/account/security/passkeys/new/", {"name": "Laptop", "passwordless": "on", "credential": json.dumps(made)})
    assert added.headers["Location"] == "/account/security/codes/"
    assert "Laptop" in client.get("/account/security/").content.decode()

    other = Client()
    asked = other.get("/sign-in/passkey/", headers={"accept": "application/json"}).json()["request_options"]["publicKey"]
    handle = websafe_decode(options["user"]["id"])
    answer = passkey.answer(websafe_decode(asked["challenge"]), host="testserver", user_handle=handle)
    response = other.post("/sign-in/passkey/", {"credential": json.dumps(answer)})

    assert response.headers["Location"] == "/"
    assert other.session["_auth_user_id"] == str(user.pk)
    assert other.session["second_factor"] == user.pk
    # The same answer again is an answer to nothing.
    third = Client()
    third.post("/sign-in/passkey/", {"credential": json.dumps(answer)})
    assert "_auth_user_id" not in third.session


def test_a_foreign_passkey_opens_nothing(client: Client, owner: User) -> None:
    data = {"name": "Key", "credential": Passkey().registration(b"", host="testserver")}
    Authenticator.objects.create(user=owner, type="webauthn", data=data)
    asked = client.get("/sign-in/passkey/", headers={"accept": "application/json"}).json()["request_options"]["publicKey"]
    answer = Passkey().answer(websafe_decode(asked["challenge"]), host="testserver", user_handle=str(owner.pk).encode())

    response = client.post("/sign-in/passkey/", {"credential": json.dumps(answer)})

    assert response.headers["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


def test_nobody_touches_the_passkeys_of_others(client: Client, owner: User, colleague: User) -> None:
    data = {"name": "Key", "credential": Passkey().registration(b"", host="testserver")}
    theirs = Authenticator.objects.create(user=colleague, type="webauthn", data=data)
    client.force_login(owner)

    for path in (f"/account/security/passkeys/{theirs.pk}/", f"/account/security/passkeys/{theirs.pk}/remove/"):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404
    assert Authenticator.objects.filter(pk=theirs.pk).exists()


def test_what_is_no_passkey_opens_nothing(client: Client, db: None) -> None:
    for credential in ("", "{}", "null", '{"id": "x"}', "[" * 50):
        response = client.post("/sign-in/passkey/", {"credential": credential})
        assert response.status_code == 302
        assert response.headers["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


def test_an_administrator_helps_somebody_who_lost_everything(client: Client, administrator: User, staff: User) -> None:
    with_app(staff)
    there = Client()
    there.force_login(staff)
    client.force_login(administrator)

    assert "Remove the second factor" in client.get(f"/users/{staff.pk}/").content.decode()
    client.post(f"/users/{staff.pk}/remove-factors/")
    client.post(f"/users/{administrator.pk}/remove-factors/")

    assert sign_in(Client(), staff).headers["Location"] == "/"
    deliver_batch()
    assert [message.to for message in mail.outbox] == [[staff.email]]
    assert Event.objects.filter(action="second_factor.taken_off", actor=administrator).count() == 1


def test_a_closed_account_stays_closed_by_every_door(client: Client, db: None) -> None:
    closed = create_user(role=Role.REVIEWER, is_active=False)
    with_app(closed)

    assert sign_in(client, closed).status_code == 200
    assert "_auth_user_id" not in client.session
