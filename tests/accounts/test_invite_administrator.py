from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.messages import deliver_batch
from accounts.models import Invitation, Role, User
from tests.factories import PASSWORD


def test_the_first_administrator_comes_in_by_the_printed_link(client: Client, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("invite_administrator", "First@buyer.example", "--name", "Fay First")

    link = capsys.readouterr().out.splitlines()[-1]
    client.post(urlsplit(link).path, {"name": "Fay First", "language": "en", "password": PASSWORD, "password_again": PASSWORD})

    assert User.objects.get().role == Role.ADMINISTRATOR
    assert client.get(reverse("accounts:user_list")).status_code == 200


def test_the_same_link_goes_out_by_mail(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("invite_administrator", "first@buyer.example")

    deliver_batch()

    assert capsys.readouterr().out.splitlines()[-1] in mail.outbox[0].body


def test_a_mistyped_address_invites_nobody(db: None) -> None:
    with pytest.raises(CommandError, match="not an e-mail address"):
        call_command("invite_administrator", "first.buyer.example")

    assert not Invitation.objects.exists()


def test_there_is_no_second_way_to_make_the_first_administrator(db: None) -> None:
    with pytest.raises(CommandError, match="invite_administrator"):
        call_command("createsuperuser")

    assert not User.objects.exists()
