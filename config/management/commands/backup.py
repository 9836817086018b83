import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config import backup


class Command(BaseCommand):
    help = (
        "Writes database and files of this moment into a new folder, while the portal runs. Keys are not in it; it says which were in use."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            contents = backup.take(options["folder"].resolve(), at=timezone.now())
        except backup.BackupError as error:
            raise CommandError(error) from error
        self.stdout.write(f"Backed up in {time.monotonic() - started:.1f} s: {contents.summary()}.")
        self.stdout.write(f"Keep apart from it, and safe: {', '.join(contents.keys)}.")
