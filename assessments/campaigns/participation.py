"""How far a campaign is: who has begun, handed in, been reviewed; in all, by category and by area."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from django.db import connection
from django.db.models import Avg, Count
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from assessments.models import Assessment, Campaign
from assessments.rules import rulesets
from charts import AreaScore, Part, area_scores, stacked_rows
from suppliers.models import Category


# The parts of a bar from left to right, and their paint.
PAINTS = {
    "closed": "good",
    "in_review": "chart-2",
    "submitted": "info",
    "returned": "warning",
    "in_progress": "chart-4",
    "not_started": "neutral",
    "lapsed": "bad",
}
HANDED_IN = ("submitted", "in_review", "returned", "closed")


@dataclass(frozen=True)
class Row:
    """Counts of one category, or of all."""

    label: str
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def handed_in(self) -> int:
        return sum(self.counts.get(status, 0) for status in HANDED_IN)

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.handed_in) / self.total if self.total else None

    @property
    def cells(self) -> list[int]:
        return [self.counts.get(status, 0) for status in PAINTS]


@dataclass(frozen=True)
class Participation:
    whole: Row
    by_category: list[Row]
    headings: list[str]

    @property
    def chart(self) -> SafeString:
        labels = dict(Assessment.Status.choices)
        rows = {
            row.label: [Part(str(labels[status]), row.counts.get(status, 0), paint) for status, paint in PAINTS.items()]
            for row in [self.whole, *self.by_category]
        }
        return stacked_rows(rows, title=_("Participation"), description=_("Assessments by state, in per cent of each category."))


def participation_of(campaign: Campaign) -> Participation:
    """One query."""
    counted = Assessment.objects.filter(campaign=campaign).values("supplier__category", "status").annotate(count=Count("pk")).order_by()
    by_category: dict[str, dict[str, int]] = {}
    whole: dict[str, int] = {}
    for row in counted:
        category, status, count = row["supplier__category"], row["status"], row["count"]
        by_category.setdefault(category, {})[status] = count
        whole[status] = whole.get(status, 0) + count
    labels = dict(Assessment.Status.choices)
    return Participation(
        whole=Row(pgettext("suppliers", "All"), whole),
        by_category=[Row(str(label), by_category[key]) for key, label in Category.choices if key in by_category],
        headings=[str(labels[status]) for status in PAINTS],
    )


@dataclass(frozen=True)
class AreaAverage:
    title: str
    declared: Decimal | None
    evidenced: Decimal | None
    verified: Decimal | None


# The averages are for reading: rounded by the database, computed from the stated scores of what was handed in.
_AVERAGES = """
    SELECT area.key, avg((area.value ->> 'declared')::numeric), avg((area.value ->> 'evidenced')::numeric),
           avg((area.value ->> 'verified')::numeric)
    FROM assessments_assessment assessment, jsonb_each(assessment.area_scores) area
    WHERE assessment.campaign_id = %s AND assessment.submitted_at IS NOT NULL
    GROUP BY area.key
"""


@dataclass(frozen=True)
class Averages:
    """Over all areas, of the assessments handed in."""

    declared: Decimal | None
    evidenced: Decimal | None
    verified: Decimal | None
    evidence_coverage: Decimal | None


def averages_of(campaign: Campaign) -> Averages:
    """One query."""
    handed_in = Assessment.objects.filter(campaign=campaign, submitted_at__isnull=False).with_coverage()
    return Averages(**handed_in.aggregate(**{field.name: Avg(field.name) for field in fields(Averages)}))


def area_averages(campaign: Campaign) -> list[AreaAverage]:
    with connection.cursor() as cursor:
        cursor.execute(_AVERAGES, [campaign.pk])
        averages = {key: numbers for key, *numbers in cursor.fetchall()}
    if not averages:
        return []
    language = get_language() or "en"
    return [
        AreaAverage(area.title.in_language(language), *averages[area.code])
        for area in rulesets.questionnaire_of(campaign.questionnaire_id).areas
        if area.code in averages
    ]


def averages_chart(averages: Iterable[AreaAverage]) -> SafeString:
    bars = [AreaScore(row.title, row.declared, row.evidenced, row.verified) for row in averages]
    return area_scores(bars, title=_("Average scores by area"), description=_("Of the assessments handed in, 0 to 100."))
