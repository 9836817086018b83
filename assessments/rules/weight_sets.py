"""Weight sets into the database: read from a file or a form, checked as a whole, kept as the draft of a version of the rules.

From there the version goes the way of any other: `assessments.publication`.
"""

from collections.abc import Callable, Mapping
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
from assessments.rules import loading, rulesets, sheets, weight_workbook, weighting
from audit import trail


Status = QuestionnaireVersion.Status
Source = Path | bytes | Mapping[str, Any]


class NoBase(Exception):
    """No published questionnaire is meant."""


def base_of(version: QuestionnaireVersion) -> QuestionnaireVersion:
    """The questionnaire whose weights a version has: itself, unless a weight set made it. Raises `NoBase` for what is not published."""
    made = WeightSet.objects.filter(version=version).select_related("base").defer("base__content").first()
    base = made.base if made else version
    if base.status in (Status.DRAFT, Status.WITHDRAWN):
        raise NoBase(str(base))
    return base


def named_base(data: Any) -> QuestionnaireVersion:
    """The questionnaire a set says it is for. Raises `NoBase`."""
    head = data.get("weight_set") if isinstance(data, Mapping) else None
    named = head if isinstance(head, Mapping) else {}
    found = QuestionnaireVersion.objects.defer("content").filter(key=str(named.get("questionnaire")), version=str(named.get("of"))).first()
    if found is None:
        raise NoBase(f"{named.get('questionnaire')} {named.get('of')}")
    return base_of(found)


def load_weight_set(
    source: Source, *, by: User | None, at: datetime, base: QuestionnaireVersion | None = None, seen: str | None = None
) -> QuestionnaireVersion:
    """Keep the weights as a draft, for the questionnaire they name unless it is given. Loading the same again changes nothing.
    `seen` is as for `loading.keep`.

    Raises QuestionnaireError with every problem, `NoBase`, `loading.PublishedVersionDiffers`, `loading.DraftChanged`, and what
    `loading.read` raises for a file that cannot be opened.
    """

    def read(data: Any) -> tuple[QuestionnaireVersion, weighting.WeightSet]:
        found = base or named_base(data)
        return found, weighting.read(data, base=rulesets.questionnaire_of(found.pk))

    found, weights = _parsed(source, read)
    return _keep(found, weights, by=by, at=at, seen=seen)


def _parsed(source: Source, read: Callable[[Any], Any]) -> Any:
    if isinstance(source, Mapping):
        return read(source)
    content = source.read_bytes() if isinstance(source, Path) else source
    if sheets.is_workbook(content):
        return weight_workbook.parse_xlsx(content, read)
    return questionnaire.parse_yaml(content.decode("utf-8-sig"), read)


@transaction.atomic
def _keep(
    base: QuestionnaireVersion, weights: weighting.WeightSet, *, by: User | None, at: datetime, seen: str | None
) -> QuestionnaireVersion:
    taken = QuestionnaireVersion.objects.filter(key=base.key, version=weights.version)
    if taken.filter(weight_set__isnull=True).exists():
        raise QuestionnaireError(
            [Problem("weight_set.version", gettext_noop("There is a questionnaire of this version: give the weights one of their own."))]
        )
    version = loading.keep(weights.made, by=by, at=at, seen=seen)
    fields = {"base": base, "content": weights.content, "sha256": weights.sha256}
    if version.status == Status.DRAFT and not WeightSet.objects.filter(version=version, **fields).exists():
        WeightSet.objects.update_or_create(version=version, defaults=fields)
        trail.record("weight_set.loaded", actor=by, target=version, detail={"sha256": weights.sha256, "base": base.pk}, at=at)
    return version


def document_of(version: QuestionnaireVersion, *, name: str = "") -> dict[str, Any]:
    """The weights of a version as a set, every number written out."""
    base, rules = rulesets.questionnaire_of(base_of(version).pk), rulesets.questionnaire_of(version.pk)
    return weighting.document(base, rules, version=name or next_name(base, version.key))


def next_name(base: Questionnaire, key: str) -> str:
    """2026.1-w1, 2026.1-w2 and so on: the first that is free."""
    taken = set(QuestionnaireVersion.objects.filter(key=key).values_list("version", flat=True))
    number = 1
    while (name := f"{base.version}-w{number}") in taken:
        number += 1
    return name
