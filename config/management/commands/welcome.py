from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Prints where the portal is and, in demo mode, who can sign in."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address")

    def handle(self, *, address: str, **options: Any) -> None:
        self.stdout.write(f"\n  The portal is ready:  {address}/\n")
        if settings.DEMO:
            self._sign_ins()
        self.stdout.write(f"\n  Data and logs are in {settings.VAR}. Ctrl-C stops everything.\n")

    def _sign_ins(self) -> None:
        from accounts.demo import SIGN_INS

        self.stdout.write("\n  Demo sign-ins, on this machine only:\n")
        widths = [max(len(row[column]) for row in SIGN_INS) for column in range(2)]
        for role, email, password in SIGN_INS:
            self.stdout.write(f"    {role:<{widths[0]}}  {email:<{widths[1]}}  {password}")
