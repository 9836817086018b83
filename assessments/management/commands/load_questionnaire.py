from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from assessments.models import QuestionnaireVersion
from assessments.publication import publishing
from assessments.questionnaires.questionnaire import QuestionnaireError
from assessments.rules import loading
from runs.calendar import buyers_day
from suppliers.workbook_opening import WorkbookRefused


class Command(BaseCommand):
    help = "Loads a questionnaire from a YAML, JSON or XLSX file, as a draft; --publish puts a first version in force."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--publish", action="store_true", help="put it in force at once, where it is the first version of its questionnaire"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            version = loading.load_questionnaire(path, by=None, at=timezone.now())
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is neither a spreadsheet nor text in UTF-8.") from error
        except WorkbookRefused as error:
            raise CommandError(f"{path}: {' '.join(error.messages)}") from error
        except QuestionnaireError as error:
            raise CommandError(report(path, error)) from error
        except loading.PublishedVersionDiffers as error:
            raise CommandError(str(error)) from error
        if options["publish"]:
            self._publish(version)
            version.refresh_from_db()
        self.stdout.write(f"{version.key} {version.version}: {version.status}, SHA-256 {version.sha256}")

    def _publish(self, version: QuestionnaireVersion) -> None:
        if version.status != QuestionnaireVersion.Status.DRAFT:
            return
        now = timezone.now()
        earlier = publishing.in_force(version.key)
        if earlier is not None and earlier.pk != version.pk:
            raise CommandError(
                f"{earlier} is in force: a version that follows it is tried and announced in the browser. It is kept as a draft."
            )
        try:
            publishing.announce(version_id=version.pk, in_force_from=buyers_day(now), by=None, at=now)
        except publishing.NotReady as refusal:
            raise CommandError(f"{refusal} It is kept as a draft.") from refusal


def report(path: Path, error: QuestionnaireError) -> str:
    lines = [f"{path}:{problem.cell or problem.line or 1}: {problem.path or 'the file'}: {problem.reason}" for problem in error.problems]
    return "\n".join([f"{path} was not loaded; {len(lines)} problem(s):", *lines])
