from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from assessments.management.commands.load_questionnaire import report
from assessments.questionnaires.questionnaire import QuestionnaireError
from assessments.rules import loading, weight_sets
from suppliers.workbook_opening import WorkbookRefused


class Command(BaseCommand):
    help = "Loads a weight set from a YAML, JSON or XLSX file, as the draft of a version of the rules."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            version = weight_sets.load_weight_set(path, by=None, at=timezone.now())
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is neither a spreadsheet nor text in UTF-8.") from error
        except WorkbookRefused as error:
            raise CommandError(f"{path}: {' '.join(error.messages)}") from error
        except QuestionnaireError as error:
            raise CommandError(report(path, error)) from error
        except weight_sets.NoBase as error:
            raise CommandError(f"{path}: no published questionnaire is {error}: see weight_set.questionnaire and weight_set.of.") from error
        except loading.PublishedVersionDiffers as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version.key} {version.version}: {version.status}, SHA-256 {version.sha256}")
