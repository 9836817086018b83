"""Whether the scores treat suppliers alike: how they lie by size, category, region and language, and which questions small suppliers fail
for lack of paperwork rather than practice. No group of fewer than five is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from assessments.models import Campaign
from assessments.questionnaires.wording import local
from assessments.rules import rulesets
from assessments.scoring.scorer import NOTHING_ELSE
from suppliers import places
from suppliers.models import Category, HeadcountBand


SMALLEST_GROUP = 5
# Handed-in assessments of each size that the table of questions looks at: enough to tell, and quick enough for a page.
SAMPLE = 200
QUESTIONS_SHOWN = 15
SMALL = ("micro", "small")

_GROUPS = """
    SELECT {group} AS name, count(*), percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY assessment.evidenced),
           avg(assessment.declared - assessment.evidenced)
    FROM assessments_assessment assessment
    JOIN suppliers_supplier supplier ON supplier.id = assessment.supplier_id
    LEFT JOIN accounts_user signatory ON signatory.id = assessment.submitted_by_id
    WHERE assessment.campaign_id = %(campaign)s AND assessment.submitted_at IS NOT NULL AND assessment.evidenced IS NOT NULL
    GROUP BY 1 HAVING count(*) >= %(least)s ORDER BY 1
"""
_BY = {
    "headcount": "supplier.headcount_band",
    "category": "supplier.category",
    "region": "CASE WHEN supplier.country = 'CN' THEN 'CN ' || supplier.region ELSE supplier.country END",
    "language": "signatory.language",
}

# The same ones each time: by a hash of their numbers.
_ANSWERS = """
    SELECT sample.is_small, answer.question, answer.value::text, answer.evidence_count > 0, count(*)
    FROM (
        SELECT id, is_small FROM (
            SELECT assessment.id, supplier.headcount_band = ANY(%(small)s) AS is_small,
                   row_number() OVER (PARTITION BY supplier.headcount_band = ANY(%(small)s) ORDER BY md5(assessment.id::text)) AS place
            FROM assessments_assessment assessment JOIN suppliers_supplier supplier ON supplier.id = assessment.supplier_id
            WHERE assessment.campaign_id = %(campaign)s AND assessment.submitted_at IS NOT NULL
        ) numbered WHERE place <= %(sample)s
    ) sample
    JOIN assessments_answer answer ON answer.assessment_id = sample.id
    WHERE answer.site_id IS NULL AND answer.question = ANY(%(questions)s)
    GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Group:
    name: str
    count: int
    quarter: Decimal
    median: Decimal
    three_quarters: Decimal
    # Points lost for want of evidence, on average.
    without_paper: Decimal


@dataclass(frozen=True)
class Dimension:
    title: str
    groups: list[Group]


@dataclass(frozen=True)
class QuestionGap:
    """Shares of the answers, 0 to 1: the practice is there and its paper is not; the practice is not there."""

    code: str
    text: str
    small_paper: Decimal
    small_practice: Decimal
    other_paper: Decimal
    other_practice: Decimal

    @property
    def gap(self) -> Decimal:
        return self.small_paper - self.other_paper


@dataclass
class _Tally:
    answers: int = 0
    paper: int = 0
    practice: int = 0

    def share(self, count: int) -> Decimal:
        return Decimal(count) / self.answers


def newest_campaign() -> Campaign | None:
    return Campaign.objects.exclude(status=Campaign.Status.DRAFT).order_by("-launched_at", "-pk").first()


def dimensions(campaign: Campaign) -> list[Dimension]:
    """Four statements."""
    titles = {
        "headcount": _("By size"),
        "category": _("By category"),
        "region": _("By region"),
        "language": _("By language of the answers"),
    }
    return [Dimension(titles[key], list(_groups(campaign, key))) for key in _BY]


def _groups(campaign: Campaign, key: str) -> Iterable[Group]:
    with connection.cursor() as cursor:
        # One of the four expressions above, nothing from outside.
        cursor.execute(_GROUPS.format(group=_BY[key]), {"campaign": campaign.pk, "least": SMALLEST_GROUP})
        rows = cursor.fetchall()
    if key == "headcount":
        rows.sort(key=lambda row: HeadcountBand.values.index(row[0]) if row[0] in HeadcountBand.values else -1)
    if key == "region":
        rows.sort(key=lambda row: _name(key, row[0]))
    for name, count, quartiles, lost in rows:
        low, median, high = (Decimal(str(number)).quantize(Decimal("0.1")) for number in quartiles)
        yield Group(_name(key, name), count, low, median, high, Decimal(lost or 0).quantize(Decimal("0.1")))


def _name(key: str, name: str | None) -> str:
    if not name:
        return _("Not known")
    if key == "region":
        country, _space, region = name.partition(" ")
        return (region and places.region_name(region)) or places.country_name(country)
    words: dict[str, Mapping[str, object]] = {
        "headcount": dict(HeadcountBand.choices),
        "category": dict(Category.choices),
        "language": {"en": "English", "zh-hans": "简体中文"},
    }
    return str(words[key].get(name, name))


def question_gaps(campaign: Campaign) -> list[QuestionGap]:
    """Questions that small suppliers fail for want of paper: more often than others do, and more often than for want of practice.

    The widest gap first. One statement.
    """
    rules = rulesets.for_version(campaign.questionnaire_id)
    asking = [question.code for question in rules.questionnaire.questions if question.evidence.rule == "required"]
    parameters: dict[str, Any] = {"campaign": campaign.pk, "small": list(SMALL), "sample": SAMPLE, "questions": asking}
    tallies: dict[tuple[str, bool], _Tally] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, parameters)
        for is_small, code, value, has_evidence, count in cursor.fetchall():
            outcome = rules.rules[code].outcome(orjson.loads(value), has_evidence, NOTHING_ELSE)
            if not outcome.answered or outcome.drops_out:
                continue
            whole = rules.rules[code].scale * rules.rules[code].weight
            tally = tallies.setdefault((code, is_small), _Tally())
            tally.answers += count
            if 2 * outcome.full < whole:
                tally.practice += count
            elif outcome.evidence_asked and not has_evidence:
                tally.paper += count
    found = []
    for code in asking:
        small, other = tallies.get((code, True)), tallies.get((code, False))
        if small and other and min(small.answers, other.answers) >= SMALLEST_GROUP:
            shares = (small.share(small.paper), small.share(small.practice), other.share(other.paper), other.share(other.practice))
            found.append(QuestionGap(code, local(rules.questionnaire.question(code).text), *shares))
    for_want_of_paper = (each for each in found if each.gap > 0 and each.small_paper > each.small_practice)
    widest = sorted(for_want_of_paper, key=lambda each: (-each.gap, each.code))
    return widest[:QUESTIONS_SHOWN]
