from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.messages import deliver_batch
from accounts.models import Membership, Role, User
from audit.models import Event
from tests.factories import PASSWORD, create_supplier, create_user


SIGN_IN = "/sign-in/"


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(SIGN_IN, {"username": email, "password": password})


def test_a_person_signs_in_with_e_mail_address_and_password(client: Client, staff: User) -> None:
    response = sign_in(client, "STAFF@buyer.example")

    assert response.status_code == 302
    event = Event.objects.get(action="user.signed_in")
    assert (event.actor_id, event.actor_role, event.address) == (staff.pk, Role.ESG_STAFF, "127.0.0.1")


def test_a_failed_sign_in_tells_a_stranger_nothing(client: Client, staff: User) -> None:
    closed = create_user(email="closed@x.example", is_active=False)

    answers = {
        sign_in(client, email, password).content.decode().count("do not open an account")
        for email, password in [(staff.email, "wrong"), ("nobody@x.example", "wrong"), (closed.email, PASSWORD)]
    }

    assert answers == {1} or answers == {2}, "the same words for each"


def test_failed_sign_ins_are_recorded_without_what_was_typed(client: Client, staff: User) -> None:
    sign_in(client, staff.email, "wrong")
    sign_in(client, "my-password-by-mistake@x.example", "wrong")

    known, unknown = Event.objects.filter(action="user.sign_in_failed").order_by("pk")
    assert (known.target_id, known.detail) == (str(staff.pk), {"known_address": True})
    assert (unknown.target_id, unknown.detail) == ("", {"known_address": False})


def test_signing_out_needs_a_post_and_is_recorded(client: Client, staff: User) -> None:
    client.force_login(staff)

    assert client.get("/sign-out/").status_code == 405
    client.post("/sign-out/")

    assert "_auth_user_id" not in client.session
    assert Event.objects.filter(action="user.signed_out", actor=staff).count() == 1


def test_pages_send_strangers_to_the_sign_in_and_back(client: Client, staff: User) -> None:
    response = client.get("/account/")

    assert response.headers["Location"] == "/sign-in/?next=/account/"
    assert sign_in(client, staff.email).status_code == 302


def test_the_sign_in_leads_nowhere_outside(client: Client, staff: User) -> None:
    response = client.post(SIGN_IN, {"username": staff.email, "password": PASSWORD, "next": "https://evil.example/"})

    assert response.headers["Location"] == reverse("accounts:home")


@pytest.mark.parametrize("role", list(Role))
def test_each_role_has_a_page_to_begin_with(client: Client, db: None, role: Role) -> None:
    client.force_login(create_user(role=role))

    response = client.get("/")

    assert response.status_code == 302
    assert response.headers["Location"] != "/"


def test_somebody_without_a_role_lands_on_the_account_page(client: Client, db: None) -> None:
    user = User.objects.create_user(email="bare@x.example", password=PASSWORD, name="Bare", language="en")
    client.force_login(user)

    response = client.get("/", follow=True)

    assert "You have no role at present" in response.content.decode()


def test_somebody_whose_role_in_use_was_removed_gets_another_at_sign_in(client: Client, db: None) -> None:
    user = create_user(role=Role.SUPPLIER_CONTRIBUTOR)
    other = Membership.objects.create(user=user, role=Role.SUPPLIER_SIGNATORY, supplier=create_supplier())
    user.memberships.exclude(pk=other.pk).delete()

    sign_in(client, user.email)

    user.refresh_from_db()
    assert user.active_membership == other


def test_a_closed_account_is_out_with_its_next_request(client: Client, staff: User) -> None:
    client.force_login(staff)
    assert client.get("/account/").status_code == 200

    User.objects.filter(pk=staff.pk).update(is_active=False)

    assert client.get("/account/").status_code == 302


def test_a_forgotten_password_is_replaced_by_a_link(client: Client, staff: User) -> None:
    client.post("/password-reset/", {"email": staff.email})
    deliver_batch()
    link = next(line for line in mail.outbox[0].body.splitlines() if "/password-reset/" in line).removeprefix(settings.PUBLIC_URL)

    page = client.get(link, follow=True)
    new = "a completely new sentence"
    client.post(page.redirect_chain[-1][0], {"new_password1": new, "new_password2": new})

    assert sign_in(client, staff.email, new).status_code == 302
    assert Event.objects.filter(action="user.password_reset", actor=staff).exists()
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_asking_for_a_link_tells_nothing_and_sends_one_mail_a_minute(client: Client, staff: User) -> None:
    for email in (staff.email, staff.email, "nobody@x.example"):
        assert client.post("/password-reset/", {"email": email}).headers["Location"] == "/password-reset/sent/"

    assert deliver_batch() == 1


def test_changing_the_password_keeps_the_session(client: Client, staff: User) -> None:
    client.force_login(staff)
    new = "a completely new sentence"

    client.post("/account/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert client.get("/account/").status_code == 200
    staff.refresh_from_db()
    assert staff.check_password(new)


@pytest.mark.parametrize("path", ["/sign-in/", "/password-reset/", "/password-reset/sent/", "/password-reset/x/y/"])
def test_public_pages_need_no_account(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 200
