"""Quantities that are far from last year's: the page asks for a note. It never blocks, and takes no part in the score.

Last year's answers are those that are carried over (`carrying.before`).
"""

import json
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.prepared import run_prepared
from assessments.answering import carrying
from assessments.models import Assessment
from assessments.questionnaires import units, values
from assessments.questionnaires.questions import Field, Question
from assessments.questionnaires.wording import grouped, local, unit_name
from assessments.scoring.scorer import RuleSet


LIMIT = Decimal("0.3")
_QUANTITIES = frozenset({"mass", "volume", "energy", "emissions"})
# A question that asks for the past itself compares by a check of its own.
_ASKS_FOR_THE_PAST = "previous_"


_BEFORE = """
    SELECT answer.question, campaign.cycle, answer.value
    FROM assessments_answer answer
    JOIN assessments_assessment assessment ON assessment.id = answer.assessment_id
    JOIN assessments_campaign campaign ON campaign.id = assessment.campaign_id
    WHERE answer.assessment_id = %(assessment)s::bigint AND answer.question = ANY(%(codes)s::text[]) AND answer.site_id IS NULL
"""


class Before(NamedTuple):
    cycle: int
    value: Mapping[str, Any]


def quantities(question: Question) -> tuple[Field, ...]:
    if question.per_site or any(field.key.startswith(_ASKS_FOR_THE_PAST) for field in question.fields):
        return ()
    return tuple(field for field in question.fields if field.type == "number" and is_quantity(field.unit))


def is_quantity(unit: str | None) -> bool:
    return units.dimension(unit) in _QUANTITIES


@lru_cache(maxsize=32)
def questions_about_quantities(rules: RuleSet) -> frozenset[str]:
    return frozenset(question.code for question in rules.questionnaire.questions if quantities(question))


def before(assessment_id: int, codes: Collection[str]) -> dict[str, Before]:
    """What was answered to these questions. One query, and none where there is no earlier assessment."""
    earlier = _earlier(assessment_id, timezone.localdate()) if codes else None
    if earlier is None:
        return {}
    rows = run_prepared(_BEFORE, {"assessment": earlier, "codes": list(codes)})
    return {code: Before(cycle, json.loads(value)) for code, cycle, value in rows}


@lru_cache(maxsize=20_000)
def _earlier(assessment_id: int, _day: date) -> int | None:
    """Remembered for the day: it is asked with every save of a quantity, and hardly ever changes."""
    earlier = carrying.before(Assessment.objects.select_related("campaign").get(pk=assessment_id))
    return earlier.pk if earlier else None


def changes(question: Question, value: Mapping[str, Any], earlier: Before | None) -> tuple[str, ...]:
    """A sentence for each quantity that is more than 30 % above or below last year's."""
    if earlier is None:
        return ()
    fields = quantities(question)
    found = []
    for field in fields:
        read = values.reader(field)
        now, then = read(value.get(field.key)), read(earlier.value.get(field.key))
        if now is not None and then is not None and abs(now - then) > LIMIT * abs(then):
            label = _("%(label)s: ") % {"label": local(field.label)} if len(fields) > 1 else ""
            found.append(label + _sentence(field, now, then, earlier.cycle))
    return tuple(found)


def _sentence(field: Field, now: Decimal, then: Decimal, cycle: int) -> str:
    if then == 0:
        return _("In FY%(cycle)s this was 0. Please check the figure, or say in the note what changed.") % {"cycle": cycle}
    share = round(abs(now - then) / abs(then) * 100)
    # Long figures come from conversions; two decimals are enough to see what is meant.
    said = then.quantize(Decimal("0.01"), context=units.EXACT).normalize(units.EXACT)
    words = {"share": share, "cycle": cycle, "figure": f"{grouped(f'{said:f}')} {unit_name(field.unit)}"}
    if now > then:
        return _("%(share)s%% more than in FY%(cycle)s (%(figure)s). Please check the figure, or say in the note what changed.") % words
    return _("%(share)s%% less than in FY%(cycle)s (%(figure)s). Please check the figure, or say in the note what changed.") % words
