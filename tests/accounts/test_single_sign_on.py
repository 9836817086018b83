"""The buyer's own sign-in (OpenID Connect), played by a server of the test: whom it lets in, and whom not."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from accounts.messages import deliver_batch
from accounts.models import Role, User
from audit.models import Event
from tests.factories import create_user


class Provider(BaseHTTPRequestHandler):
    claims: dict[str, Any] = {}

    def _json(self, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @property
    def _base(self) -> str:
        return f"http://{self.headers['Host']}"

    def do_GET(self) -> None:
        if self.path.endswith("/userinfo"):
            self._json(self.claims)
        else:
            names = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
            self._json({"issuer": self._base, **{name: f"{self._base}/{name.partition('_')[0]}" for name in names}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        token = jwt.encode({**self.claims, "iss": self._base, "aud": "portal"}, "k" * 32, algorithm="HS256")
        self._json({"access_token": "opaque", "token_type": "Bearer", "id_token": token})

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def provider(settings: Any) -> Iterator[type[Provider]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    settings.OIDC_SERVER_URL, settings.OIDC_NAME = address, "Buyer account"
    app = {"provider_id": "staff", "name": "Buyer account", "client_id": "portal", "secret": "s", "settings": {"server_url": address}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield Provider
    server.shutdown()
    server.server_close()
    thread.join()


def come_back(client: Client, provider: type[Provider], **claims: Any) -> Any:
    provider.claims = {"sub": "7", "email_verified": True, **claims}
    there = client.get("/sign-in/with/staff/").headers["Location"]
    asked = parse_qs(urlsplit(there).query)
    assert asked["client_id"] == ["portal"]
    assert asked["code_challenge_method"] == ["S256"]
    return client.get("/sign-in/with/staff/return/", {"code": "x", "state": asked["state"][0]})


def test_the_sign_in_offers_it_where_it_is_set_up(client: Client, db: None, provider: type[Provider]) -> None:
    assert "Buyer account" in client.get("/sign-in/").content.decode()


def test_one_of_the_buyers_people_comes_in(client: Client, staff: User, provider: type[Provider], settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True

    response = come_back(client, provider, email="Staff@Buyer.example", amr=["pwd", "mfa"])

    assert response.headers["Location"] == "/"
    assert client.session["_auth_user_id"] == str(staff.pk)
    assert SocialAccount.objects.get().user == staff
    assert client.get("/account/").status_code == 200, "the buyer's sign-in has asked for the second factor"


@pytest.mark.parametrize("claims", [{}, {"amr": ["pwd"]}, {"amr": "mfa"}, {"amr": [["mfa"]]}, {"acr": "1"}, {"acr": ["gold"]}])
def test_where_the_token_names_no_second_factor_ours_is_asked_for(
    client: Client, staff: User, provider: type[Provider], settings: Any, claims: dict[str, Any]
) -> None:
    settings.STAFF_SECOND_FACTOR, settings.OIDC_SECOND_FACTOR_ACR = True, ["gold"]

    come_back(client, provider, email=staff.email, **claims)

    assert client.get("/account/").headers["Location"] == "/account/security/"


@pytest.mark.parametrize(("claims", "always"), [({"amr": ["hwk"]}, False), ({"acr": "gold"}, False), ({"amr": ["pwd"]}, True)])
def test_a_second_factor_shown_there_counts(
    client: Client, staff: User, provider: type[Provider], settings: Any, claims: dict[str, Any], always: bool
) -> None:
    settings.STAFF_SECOND_FACTOR, settings.OIDC_SECOND_FACTOR, settings.OIDC_SECOND_FACTOR_ACR = True, always, ["gold"]

    come_back(client, provider, email=staff.email, **claims)
    assert client.get("/account/").status_code == 200

    # The first time linked the account; each later time is judged by its own token.
    settings.OIDC_SECOND_FACTOR = False
    again = Client()
    come_back(again, provider, email=staff.email, amr=["pwd"])
    assert again.get("/account/").headers["Location"] == "/account/security/"


def test_linking_is_in_the_trail_and_told_by_mail_once(client: Client, staff: User, provider: type[Provider]) -> None:
    for each in (client, Client()):
        come_back(each, provider, email=staff.email)

    deliver_batch()
    assert Event.objects.filter(action="single_sign_on.linked", actor=staff, target_id=str(staff.pk)).count() == 1
    assert [message.to for message in mail.outbox] == [[staff.email]]
    assert "can be opened by single sign-on" in mail.outbox[0].body


@pytest.mark.parametrize("claims", [{"email": "nobody@x.example"}, {"email": "staff@buyer.example", "email_verified": False}, {}])
def test_nobody_else_comes_in(client: Client, staff: User, provider: type[Provider], claims: dict[str, Any]) -> None:
    response = come_back(client, provider, **claims)

    assert response.headers["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == 1


def test_it_opens_no_account_of_a_supplier_and_no_closed_one(client: Client, owner: User, provider: type[Provider]) -> None:
    closed = create_user(role=Role.REVIEWER, email="closed@buyer.example", is_active=False)

    for email in (owner.email, closed.email):
        come_back(client, provider, email=email, sub=email)
        assert "_auth_user_id" not in client.session


def test_a_made_up_answer_is_refused(client: Client, staff: User, provider: type[Provider]) -> None:
    provider.claims = {"sub": "7", "email": staff.email, "email_verified": True}

    response = client.get("/sign-in/with/staff/return/", {"code": "x", "state": "made-up"})

    assert response.headers["Location"] == "/sign-in/"
    assert "_auth_user_id" not in client.session


def test_a_server_that_is_away_is_said(client: Client, db: None, provider: type[Provider], settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:1"

    page = client.get("/sign-in/with/staff/", follow=True).content.decode()

    assert "does not answer at present" in page
