"""Stored questionnaire versions as rule sets that can score, compiled once a process."""

from collections.abc import Mapping
from functools import lru_cache

from assessments import canonical
from assessments.models import QuestionnaireVersion
from assessments.questionnaires import questionnaire
from assessments.questionnaires.questions import Field, Question, Questionnaire, Text
from assessments.scoring import receipts, scorer


# A published version never changes, so its hash need not be asked for twice.
_published: dict[int, str] = {}


def for_version(version_id: int) -> scorer.RuleSet:
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


def rules_sha256(version_id: int) -> str:
    """Of the rules without their wording, as every receipt of the version states it."""
    return _rules_sha256(for_version(version_id).sha256, version_id)


@lru_cache(maxsize=32)
def changed_questions(version_id: int, rules: scorer.RuleSet) -> frozenset[str]:
    """Questions of a version that other rules do not ask, or whose fields are others there: its answers say nothing to those."""
    other = rules.questionnaire.by_code
    return frozenset(
        question.code
        for question in questionnaire_of(version_id).questions
        if question.code not in other or _shape(question) != _shape(other[question.code])
    )


def _shape(question: Question) -> object:
    """What an answer has to fit: not the wording, and not what it is worth."""
    return question.per_site, [_field_shape(field) for field in question.fields]


def _field_shape(field: Field) -> tuple[object, ...]:
    columns = [_field_shape(column) for column in field.columns]
    return field.key, field.type, field.unit, set(field.units), {option.key for option in field.options}, columns


def trigger_text(version_id: int, key: str) -> Text:
    """What a rule says about itself; the key where the version does not know it."""
    return _trigger_texts(for_version(version_id).sha256, version_id).get(key) or Text(key, "")


@lru_cache(maxsize=32)
def _compiled(sha256: str, version_id: int) -> scorer.RuleSet:
    content = QuestionnaireVersion.objects.values_list("content", flat=True).get(pk=version_id)
    return scorer.compile(questionnaire.load(content))


@lru_cache(maxsize=32)
def _rules_sha256(sha256: str, version_id: int) -> str:
    return canonical.sha256(receipts.rules_of(questionnaire_of(version_id)))


@lru_cache(maxsize=32)
def _trigger_texts(sha256: str, version_id: int) -> Mapping[str, Text]:
    return {trigger.key: trigger.text for question in questionnaire_of(version_id).questions for trigger in question.triggers}
