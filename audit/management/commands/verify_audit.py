from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.verifying import Difference, Kind, verify_trail


SHOWN = 1000

SAYINGS = {
    Kind.ALTERED: "{table}: row {row} was ALTERED",
    Kind.REMOVED: "{table}: row {row} was REMOVED",
    Kind.INSERTED: "{table}: row {row} was INSERTED afterwards",
    Kind.BLOCK_CHANGED: "{table}: the hashes kept in block {row} were changed",
    Kind.BLOCK_MISSING: "{table}: there is no block where block {row} begins",
    Kind.SEAL_BROKEN: "seal {row} does not match what it was made over, or what was printed",
    Kind.TABLE_MISSING: "{table}: sealed, and no table any more",
    Kind.COLUMN_MISSING: "{table}: a column that was sealed is no column any more",
}


class Command(BaseCommand):
    help = "Reads every sealed row of the audit trail and of the history again, and says which was altered, removed or inserted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--seal",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="as printed in a document: whoever changed rows and made all seals anew is found out by it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = verify_trail(printed=dict(_printed(text) for text in options["seal"]))
        for difference in found.differences[:SHOWN]:
            self.stdout.write(_said(difference))
        self.stdout.write(f"{found.seals} seals over {found.rows} rows checked, {len(found.differences)} differences")
        if found.differences:
            raise CommandError("The audit trail is not what was sealed.")


def _printed(text: str) -> tuple[int, str]:
    number, colon, digest = text.partition(":")
    if not colon or not number.isdecimal() or len(digest) != 64:
        raise CommandError(f"{text!r} is no NUMBER:HASH.")
    return int(number), digest.lower()


def _said(difference: Difference) -> str:
    return SAYINGS[difference.kind].format(table=difference.table, row=difference.row)
