from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from assessments.scoring import offline_checker


class Command(BaseCommand):
    help = "Writes the check of receipts as one Python file that needs nothing else: what the results page hands out."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=Path(offline_checker.FILE_NAME))

    def handle(self, *args: Any, **options: Any) -> None:
        options["file"].write_text(offline_checker.source(), encoding="utf-8")
        self.stdout.write(str(options["file"]))
