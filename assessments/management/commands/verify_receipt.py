import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from assessments.scoring import receipt_checking


class Command(BaseCommand):
    """`./script/manage verify_receipt` does not even come here: it needs no settings. On a server, this is the same check."""

    help = "Computes the score of a receipt again, without a database, and says what does not follow and on which line."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the receipt, as downloaded (JSON)")
        parser.add_argument("--rules-sha256", default="", help="the published hash of the rules, to be sure of them too")

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(receipt_checking.main([options["file"], "--rules-sha256", options["rules_sha256"]]))
