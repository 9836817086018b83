from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from suppliers.columns import by_name
from suppliers.import_rows import BY_INDUSTRY
from suppliers.importing import import_file
from suppliers.models import Import, ImportRow
from suppliers.problems import Problem


MOST_SHOWN = 50
# What a new supplier must have and a list of one country or trade often leaves out.
NEEDED = ("country", "category")


class Command(BaseCommand):
    help = "Imports a list of suppliers, sites or contacts from a CSV or XLSX file. The same file a second time changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a CSV or XLSX file")
        parser.add_argument("--kind", choices=Import.Kind.values, default=Import.Kind.SUPPLIERS.value)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument(
            "--default",
            action="append",
            default=[],
            metavar="COLUMN=VALUE",
            help=f"a value for rows without one, such as country=GB; category={BY_INDUSTRY} reads the category from the industry code",
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COLUMN=HEADING",
            help="read a column from the heading named, where it is not recognised",
        )
        parser.add_argument("--all", action="store_true", help=f"show every rejected and changed row, not only the first {MOST_SHOWN}")

    def handle(self, *_args: Any, **options: Any) -> None:
        kind = options["kind"]
        try:
            with transaction.atomic():
                done = import_file(
                    options["file"],
                    kind,
                    mapping=self.pairs(options["map"], kind),
                    defaults=self.pairs(options["default"], kind),
                    by=None,
                    at=timezone.now(),
                    is_dry_run=options["dry_run"],
                )
                self.report(done, dry_run=options["dry_run"], limit=None if options["all"] else MOST_SHOWN)
                # A dry run leaves nothing behind, not even the file.
                transaction.set_rollback(options["dry_run"])
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except Problem as problem:
            raise CommandError(f"--default: {problem.text}") from problem
        if options["dry_run"]:
            done.file.delete(save=False)

    def pairs(self, texts: Iterable[str], kind: str) -> dict[str, str]:
        pairs = dict(text.partition("=")[::2] for text in texts)
        unknown = sorted(pairs.keys() - by_name(kind).keys())
        if unknown:
            raise CommandError(f"Unknown column {', '.join(unknown)}. There are: {', '.join(by_name(kind))}.")
        return pairs

    def report(self, done: Import, *, dry_run: bool, limit: int | None) -> None:
        counts = done.counts["dry_run" if dry_run else "import"]
        self.stdout.write(f"{done.original_name}: {sum(counts.values()):,} rows{' (dry run)' if dry_run else ''}")
        for outcome in done.outcomes:
            self.stdout.write(f"  {outcome.label!s:<12}{counts[outcome]:>9,}")
        unread = ", ".join(name for name in by_name(done.kind) if name not in done.mapping)
        self.stdout.write(f"  Columns read: {', '.join(f'{name} ({heading})' for name, heading in done.mapping.items())}")
        self.stdout.write(f"  Columns not found: {unread or '-'}")
        lacking = [name for name in NEEDED if name not in done.mapping | done.defaults]
        if done.kind == Import.Kind.SUPPLIERS and counts[ImportRow.Outcome.REJECTED] and lacking:
            self.stdout.write(f"  One value for every row: {' '.join(f'--default {name}=VALUE' for name in lacking)}")
        told = done.rows.filter(is_dry_run=dry_run, outcome__in=["rejected", "updated"]).order_by("outcome", "number")
        for row in told[:limit]:
            self.stdout.write(f"  row {row.number:<7}{row.get_outcome_display():<10}{row.label[:40]:<42}{'; '.join(row.lines())}")
        hidden = told.count() - limit if limit else 0
        if hidden > 0:
            self.stdout.write(f"  … and {hidden:,} more rows; --all shows them.")
