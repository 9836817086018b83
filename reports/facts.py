"""Numbers of the programme, kept day by day: what the pictures over time are drawn from. Recorded twice on a day, the later one counts."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection, transaction

from reports.models import DailyFact


Subject = DailyFact.Subject
SHOWN = timedelta(days=400)

# A label whose term is over and that the night has not come to yet is in force no more.
_NUMBERS: dict[str, str] = {
    Subject.LABELS: """
        SELECT CASE WHEN state IN ('awarded', 'warned') AND valid_to < %(day)s THEN 'expired' ELSE state END, count(*)
        FROM labels_label WHERE state <> 'none' GROUP BY 1
    """,
    Subject.ASSESSMENTS: """
        SELECT assessment.status, count(*) FROM assessments_assessment assessment
        WHERE assessment.campaign_id = (
            SELECT id FROM assessments_campaign WHERE status <> 'draft' ORDER BY launched_at DESC, id DESC LIMIT 1
        ) GROUP BY 1
    """,
    Subject.FINDINGS: "SELECT severity, count(*) FROM assessments_finding WHERE closed_at IS NULL GROUP BY 1",
    Subject.SCORES: """
        SELECT area.key, round(avg((area.value ->> 'evidenced')::numeric), 4)
        FROM assessments_standing standing, jsonb_each(standing.area_scores) area
        WHERE area.value ->> 'evidenced' IS NOT NULL GROUP BY 1
        UNION ALL SELECT 'total', round(avg(evidenced), 4) FROM assessments_standing WHERE evidenced IS NOT NULL HAVING count(*) > 0
    """,
}


@transaction.atomic
def record(on: date, *, subjects: Sequence[str] = tuple(_NUMBERS)) -> int:
    """A statement for each subject; how many numbers there are."""
    found = [
        DailyFact(day=on, subject=subject, key=key, value=value) for subject in subjects for key, value in _asked(_NUMBERS[subject], on)
    ]
    DailyFact.objects.filter(day=on, subject__in=subjects).delete()
    DailyFact.objects.bulk_create(found)
    return len(found)


def _asked(statement: str, on: date) -> list[tuple[str, Decimal]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"day": on})
        found: list[tuple[str, Decimal]] = cursor.fetchall()
        return found


def over_time(subject: str, *, until: date) -> Mapping[date, Mapping[str, Decimal]]:
    """Day by day, the oldest first. One query."""
    rows = DailyFact.objects.filter(subject=subject, day__gt=until - SHOWN, day__lte=until).order_by("day", "key")
    days: dict[date, dict[str, Decimal]] = {}
    for day, key, value in rows.values_list("day", "key", "value"):
        days.setdefault(day, {})[key] = value
    return days
