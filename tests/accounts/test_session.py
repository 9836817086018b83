from django.test import Client
from django.urls import reverse


def test_page_that_was_open_all_the_time_learns_who_is_signed_in_now(owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)

    response = client.get(reverse("accounts:session"))

    assert response.json()["person"] == owner.pk
    assert "no-store" in response["Cache-Control"]
    token = response.json()["token"]
    assert client.post(reverse("set_language"), {"language": "en"}, headers={"X-CSRFToken": token}).status_code == 302


def test_nobody_signed_in_is_sent_to_the_sign_in_page(client):
    assert client.get(reverse("accounts:session")).status_code == 302
