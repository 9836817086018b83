from datetime import timedelta

from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone


def test_a_session_opens_the_portal_until_it_expires(client, staff):
    client.force_login(staff)
    assert client.get(reverse("accounts:profile")).status_code == 200

    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert client.get(reverse("accounts:profile")).status_code == 302


def test_a_session_nobody_started_opens_nothing(client, staff, settings):
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32

    assert client.get(reverse("accounts:profile")).status_code == 302
