from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from accounts.invitations import accept_url, invite
from accounts.models import LANGUAGE_CHOICES, Role


class Command(BaseCommand):
    help = "Invites an administrator, who can then invite everybody else. For the first one of a new portal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument("--language", choices=[code for code, _name in LANGUAGE_CHOICES], default="en", help="of the mail")

    def handle(self, *, email: str, name: str, language: str, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not an e-mail address.") from error
        invitation = invite(email=email, role=Role.ADMINISTRATOR, name=name, by=None, at=timezone.now(), language=language)
        # Mail may not work yet on a new server, and whoever runs this could read the key behind the link anyway.
        self.stdout.write(f"A link is on its way to {email}. It is valid until {invitation.expires_at:%Y-%m-%d}:\n{accept_url(invitation)}")
