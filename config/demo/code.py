"""The supplier ESG code of this year, and that of last year, from which answers are carried over."""

import copy
from datetime import datetime, timedelta
from typing import Any

import yaml
from django.conf import settings

from accounts.models import User
from assessments.models import QuestionnaireVersion
from assessments.publication import back_testing, publishing
from assessments.rules import loading, weight_sets
from runs.calendar import buyers_day


QUESTIONNAIRE = settings.BASE_DIR / "assessments" / "questionnaires" / "supplier-esg-code-2026.1.yaml"
CHANGE_EN = "The yearly revision of the code: some questions are new, some are worded more clearly."
CHANGE_ZH = "准则的年度修订：新增部分问题，部分问题的表述更加清楚。"
EARLIER = settings.BASE_DIR / "config" / "demo" / "earlier-code.yaml"


def load_both(at: datetime) -> tuple[QuestionnaireVersion, QuestionnaireVersion]:
    """(last year's, this year's): superseded, and in force."""
    present = loading.read(QUESTIONNAIRE)
    return _published(_earlier(present.document), at - timedelta(days=520)), _published(present.document, at - timedelta(days=120))


def draft_weights(present: QuestionnaireVersion, *, by: User, at: datetime) -> None:
    """Written by one of the staff, so that another may announce it; workers try it once they are up."""
    profile = {"E1": "9", "E2": "12", "E3": "8", "E4": "28", "E5": "4", "E6": "15", "ethics": "10", "labor": "14"}
    head = {"questionnaire": present.key, "of": present.version, "version": f"{present.version}-w1"}
    document = {"weight_set": head, "profiles": {"logistics": profile}, "weights": {"E4-05": "5"}}
    draft = weight_sets.load_weight_set(document, by=by, at=at)
    back_testing.start(version=draft, by=by, at=at)


def _published(document: Any, at: datetime) -> QuestionnaireVersion:
    """In force at the time, after thirty days of notice."""
    announced = at - publishing.NOTICE
    version = loading.load_questionnaire(document, by=None, at=announced)
    day = buyers_day(at)
    publishing.announce(version_id=version.pk, in_force_from=day, by=None, at=announced, change_en=CHANGE_EN, change_zh=CHANGE_ZH)
    publishing.put_due_into_force(at=at)
    return QuestionnaireVersion.objects.get(pk=version.pk)


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
