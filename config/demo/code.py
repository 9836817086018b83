"""The supplier ESG code of this year, and that of last year, from which answers are carried over."""

import copy
from datetime import datetime, timedelta
from typing import Any

import yaml
from django.conf import settings

from assessments import loading
from assessments.models import QuestionnaireVersion


QUESTIONNAIRE = settings.BASE_DIR / "assessments" / "questionnaires" / "supplier-esg-code-2026.1.yaml"
EARLIER = settings.BASE_DIR / "config" / "demo" / "earlier-code.yaml"


def load_both(at: datetime) -> tuple[QuestionnaireVersion, QuestionnaireVersion]:
    """(last year's, this year's), published."""
    present = loading.read(QUESTIONNAIRE)
    return _published(_earlier(present.document), at - timedelta(days=520)), _published(present.document, at - timedelta(days=120))


def _published(document: Any, at: datetime) -> QuestionnaireVersion:
    version = loading.load_questionnaire(document, by=None, at=at)
    return loading.publish(version_id=version.pk, by=None, at=at)


def _earlier(document: Any) -> dict[str, Any]:
    differs = yaml.safe_load(EARLIER.read_text(encoding="utf-8"))
    earlier: dict[str, Any] = copy.deepcopy(dict(document)) | {"version": differs["version"]}
    earlier["questions"] = [each for each in earlier["questions"] if each["code"] not in differs["without_questions"]]
    for question in earlier["questions"]:
        question["text"] = differs["texts"].get(question["code"], question["text"])
        left_out = differs["without_options"].get(question["code"], ())
        for field in question["fields"]:
            if "options" in field:
                field["options"] = [option for option in field["options"] if option["key"] not in left_out]
    return earlier
