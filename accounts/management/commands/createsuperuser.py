from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """In place of Django's own, which people who know Django try first."""

    help = "Refuses: there are no superusers. The first administrator comes in by invite_administrator."

    def handle(self, **options: Any) -> None:
        raise CommandError("There are no superusers. Invite the first administrator: invite_administrator EMAIL")
