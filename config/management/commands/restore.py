from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import backup


class Command(BaseCommand):
    help = "Puts a backup into an empty database and an empty storage, and proves it: rows of every table, hash of every file, seals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restored = backup.restore(options["folder"].resolve())
        except backup.BackupError as error:
            raise CommandError(error) from error
        self.stdout.write(f"Restored and verified in {restored.seconds:.1f} s: {restored.contents.summary()}.")
        for name in restored.missing_keys:
            self.stdout.write(self.style.WARNING(f"{name} is not the one of the backup: set it before the start."))
