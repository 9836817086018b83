"""Stored questionnaire versions as rule sets that can score, compiled once a process."""

from collections.abc import Mapping
from functools import lru_cache

from assessments import questionnaire, scoring
from assessments.models import QuestionnaireVersion
from assessments.questions import Questionnaire, Text


# A published version never changes, so its hash need not be asked for twice.
_published: dict[int, str] = {}


def for_version(version_id: int) -> scoring.RuleSet:
    """The rule set of a questionnaire version. No query for a published version this process has seen before."""
    sha256 = _published.get(version_id)
    if sha256 is None:
        version = QuestionnaireVersion.objects.only("sha256", "status").get(pk=version_id)
        sha256 = version.sha256
        if version.status != QuestionnaireVersion.Status.DRAFT:
            _published[version_id] = sha256
    return _compiled(sha256, version_id)


def questionnaire_of(version_id: int) -> Questionnaire:
    return for_version(version_id).questionnaire


def trigger_text(version_id: int, key: str) -> Text:
    """What a rule says about itself; the key where the version does not know it."""
    return _trigger_texts(for_version(version_id).sha256, version_id).get(key) or Text(key, "")


@lru_cache(maxsize=32)
def _compiled(sha256: str, version_id: int) -> scoring.RuleSet:
    content = QuestionnaireVersion.objects.values_list("content", flat=True).get(pk=version_id)
    return scoring.compile(questionnaire.load(content))


@lru_cache(maxsize=32)
def _trigger_texts(sha256: str, version_id: int) -> Mapping[str, Text]:
    return {trigger.key: trigger.text for question in questionnaire_of(version_id).questions for trigger in question.triggers}
