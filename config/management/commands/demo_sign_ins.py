from typing import Any

from django.core.management.base import BaseCommand

from accounts.demo import SIGN_INS


class Command(BaseCommand):
    help = "Prints who can sign in to the demo, one person a role."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        widths = [max(len(row[column]) for row in SIGN_INS) for column in range(2)]
        self.stdout.write("  Demo sign-ins, on this machine only:")
        for role, email, password in SIGN_INS:
            self.stdout.write(f"    {role:<{widths[0]}}  {email:<{widths[1]}}  {password}")
