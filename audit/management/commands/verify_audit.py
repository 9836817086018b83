from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.verifying import Difference, Kind, Verified, verify_trail


SHOWN = 1000

SAYINGS = {
    Kind.ALTERED: "{table}: row {row} was ALTERED",
    Kind.REMOVED: "{table}: row {row} was REMOVED",
    Kind.INSERTED: "{table}: row {row} was INSERTED afterwards",
    Kind.BLOCK_CHANGED: "{table}: the hashes kept in block {row} were changed",
    Kind.BLOCK_MISSING: "{table}: there is no block where block {row} begins",
    Kind.SEAL_BROKEN: "seal {row} does not match what it was made over, or what was printed",
    Kind.SEAL_MISSING: "seal {row} is not there, and it was made: the trail says so, or a document it is printed in",
    Kind.NO_SEAL: "there is no seal: the nightly sealing does not work, or every seal was taken away",
    Kind.SEAL_OLD: "seal {row} is the newest and more than two days old: the nightly sealing does not work, or newer ones were taken away",
    Kind.BLOCK_UNSEALED: "{table}: block {row} is under no seal: the sealing was broken off, or its seal was taken away",
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
        found = verify_trail(printed=dict(_printed(text) for text in options["seal"]), at=timezone.now())
        for difference in found.differences[:SHOWN]:
            self.stdout.write(_said(difference))
        self.stdout.write(_newest(found))
        self.stdout.write(f"{found.seals} seals over {found.rows} rows checked, {len(found.differences)} differences")
        if found.differences:
            raise CommandError("The audit trail is not what was sealed, or is not sealed.")


def _newest(found: Verified) -> str:
    seal = found.newest
    said = f"number {seal.number} of {seal.sealed_at:%Y-%m-%d %H:%M} UTC, hash {seal.hash}" if seal else "none"
    return f"newest seal: {said}; rows since, under no seal yet: {found.rows_since}"


def _printed(text: str) -> tuple[int, str]:
    number, colon, digest = text.partition(":")
    if not colon or not number.isdecimal() or len(digest) != 64:
        raise CommandError(f"{text!r} is no NUMBER:HASH.")
    return int(number), digest.lower()


def _said(difference: Difference) -> str:
    return SAYINGS[difference.kind].format(table=difference.table, row=difference.row)
