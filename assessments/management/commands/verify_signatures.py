from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.models import Assessment, Signature
from assessments.submission import signatures


class Command(BaseCommand):
    help = "Recomputes the SHA-256 of what is stored and compares it with each assessment's newest signature."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("assessment", nargs="*", type=int, help="numbers of assessments; all that were signed, if none is given")

    def handle(self, *args: Any, **options: Any) -> None:
        signed = Signature.objects.order_by("assessment", "-signed_at", "-pk").distinct("assessment")
        if options["assessment"]:
            signed = signed.filter(assessment__in=options["assessment"])
        unsound = count = 0
        for signature in signed.iterator(chunk_size=200):
            assessment = Assessment.objects.select_related("campaign__questionnaire").get(pk=signature.assessment_id)
            found = signatures.check(signature, assessment)
            count += 1
            unsound += not found.is_sound
            self.stdout.write(f"assessment {assessment.pk}: {signature.content_sha256} {_verdict(found)}")
        self.stdout.write(f"{count} signatures checked, {unsound} do not hold")
        if unsound:
            raise CommandError(f"{unsound} signatures do not match what is stored")


def _verdict(found: signatures.Check) -> str:
    if not found.is_whole:
        return "BROKEN: the kept text has another hash"
    if found.matches:
        return "matches"
    where = ", ".join(found.changed) or "somewhere"
    return f"open again, changed since: {where}" if found.may_differ else f"DOES NOT MATCH: {where}"
