from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from assessments import loading
from assessments.questionnaire import QuestionnaireError
from suppliers.workbook_opening import WorkbookRefused


class Command(BaseCommand):
    help = "Loads a questionnaire from a YAML, JSON or XLSX file, as a draft; --publish puts it in force."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--publish", action="store_true", help="publish it as well: it can never change afterwards")

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
            raise CommandError(_report(path, error)) from error
        except loading.PublishedVersionDiffers as error:
            raise CommandError(str(error)) from error
        if options["publish"]:
            version = loading.publish(version_id=version.pk, by=None, at=timezone.now())
        self.stdout.write(f"{version.key} {version.version}: {version.status}, SHA-256 {version.sha256}")


def _report(path: Path, error: QuestionnaireError) -> str:
    lines = [f"{path}:{problem.cell or problem.line or 1}: {problem.path or 'the file'}: {problem.reason}" for problem in error.problems]
    return "\n".join([f"{path} was not loaded; {len(lines)} problem(s):", *lines])
