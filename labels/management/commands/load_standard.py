from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from labels import standards
from labels.rules import InvalidStandard


class Command(BaseCommand):
    help = "Loads a version of the green procurement standard from a YAML file as a draft; --publish puts it into force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=standards.OURS, metavar="FILE.yaml")
        parser.add_argument("--publish", action="store_true", help="a published version never changes again")
        parser.add_argument("--in-force-from", type=date.fromisoformat, metavar="YYYY-MM-DD", help="default: as soon as notice allows")

    def handle(self, *, file: Path, publish: bool, in_force_from: date | None, **options: Any) -> None:
        at = timezone.now()
        try:
            standard = standards.load_standard(file, by=None, at=at)
            if publish:
                standard = standards.publish(standard, by=None, at=at, in_force_from=in_force_from)
        except InvalidStandard as error:
            raise CommandError("\n".join(error.problems)) from error
        except standards.StandardChanged as error:
            raise CommandError(f"{error} is published and says something else. A changed standard needs a new version.") from error
        except OSError as error:
            raise CommandError(str(error)) from error
        state = f"in force from {standard.in_force_from}" if standard.in_force_from else "a draft"
        self.stdout.write(f"{standard.key} {standard.version} ({standard.sha256[:12]}): {state}.")
