"""Questionnaires into the database: loaded from a file or from parsed data, checked as a whole. Publishing: `assessments.publication`."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import User
from assessments.models import QuestionnaireVersion, WeightSet
from assessments.questionnaires import questionnaire
from assessments.questionnaires.expressions import gettext_noop
from assessments.questionnaires.questionnaire import Problem, QuestionnaireError
from assessments.questionnaires.questions import Questionnaire
from assessments.rules import questionnaire_workbook, sheets
from audit import trail


class DraftChanged(Exception):
    """What stands in the draft now is not what this person saw; or there is one, where the person saw none."""


class PublishedVersionDiffers(Exception):
    """A version that was published never changes: what is different needs a version number of its own."""

    def __init__(self, version: QuestionnaireVersion) -> None:
        super().__init__(f"{version.key} {version.version} is published and says something else; give the new text a new version.")
        self.version = version


Source = Path | bytes | str | Mapping[str, Any]


def read(source: Source) -> Questionnaire:
    """From a file or its bytes (YAML, JSON or XLSX, by what is inside), from YAML text, or from data.

    Raises `questionnaire.QuestionnaireError` with every problem, `WorkbookRefused` for a spreadsheet that cannot be opened, and
    `UnicodeDecodeError` for what is neither a spreadsheet nor text.
    """
    if isinstance(source, Mapping):
        return questionnaire.load(source)
    content = source.read_bytes() if isinstance(source, Path) else source
    if isinstance(content, str):
        return questionnaire.read_yaml(content)
    if sheets.is_workbook(content):
        return questionnaire_workbook.read_xlsx(content)
    return questionnaire.read_yaml(content.decode("utf-8-sig"))


def load_questionnaire(source: Source, *, by: User | None, at: datetime) -> QuestionnaireVersion:
    """Keep the questionnaire as a draft. Loading the same again changes nothing; a draft may be loaded over.

    Raises `PublishedVersionDiffers` when this version was published with another content.
    """
    loaded = read(source)
    if loaded.weight_set:
        raise QuestionnaireError([Problem("weight_set", gettext_noop("Weights are loaded as a weight set, not within a questionnaire."))])
    if WeightSet.objects.filter(version__key=loaded.key, version__version=loaded.version).exists():
        raise QuestionnaireError([Problem("version", gettext_noop("This version is that of a weight set: choose another."))])
    return keep(loaded, by=by, at=at)


@transaction.atomic
def keep(loaded: Questionnaire, *, by: User | None, at: datetime, seen: str | None = None) -> QuestionnaireVersion:
    """`seen`: the hash of the draft it was made from, empty where there was none; left out, any draft is loaded over.

    Raises `PublishedVersionDiffers` and `DraftChanged`.
    """
    fields: dict[str, Any] = {
        "title_en": loaded.title.en or loaded.title.zh,
        "title_zh": loaded.title.zh or loaded.title.en,
        "content": dict(loaded.document),
        "sha256": loaded.sha256,
        "changed_at": at,
        "changed_by": by,
    }
    same_version = QuestionnaireVersion.objects.select_for_update()
    version, is_new = same_version.get_or_create(key=loaded.key, version=loaded.version, defaults=fields)
    if not is_new:
        if version.sha256 == loaded.sha256:
            return version
        if version.status != QuestionnaireVersion.Status.DRAFT:
            raise PublishedVersionDiffers(version)
        if seen is not None and seen != version.sha256:
            raise DraftChanged
        for name, value in fields.items():
            setattr(version, name, value)
        version.save(update_fields=list(fields))
    trail.record("questionnaire.loaded", actor=by, target=version, detail={"sha256": loaded.sha256}, at=at)
    return version
