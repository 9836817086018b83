"""./script/manage verify_document FILE…: is it still what left the house? Ends with 1 where one of them is not."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports.verifying import verify


class Command(BaseCommand):
    help = "Checks the signature of a PDF of the portal, the data in it against the printed score, and its seal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        unsound = [path for path in options["files"] if not self._is_sound(path)]
        if unsound:
            raise CommandError(f"Not in order: {', '.join(map(str, unsound))}")

    def _is_sound(self, path: Path) -> bool:
        try:
            verdict = verify(path.read_bytes())
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{path}")
        for fact in verdict.facts:
            self.stdout.write(f"  ok       {fact}")
        for problem in verdict.problems:
            self.stdout.write(f"  PROBLEM  {problem}")
        return verdict.is_sound
