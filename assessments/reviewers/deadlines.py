"""When a review is due: so many days after the submission, by the campaign's plan. Derived, so that it follows when the plan changes."""

from datetime import datetime
from typing import Any

from django.db.models import Case, DateField, ExpressionWrapper, F, QuerySet, TextChoices, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _

from assessments.models import Assessment, ReviewPlan
from assessments.models.assessments import AssessmentQuerySet
from runs.calendar import NIGHT_ZONE, buyers_day


class Pace(TextChoices):
    OVERDUE = "overdue", _("Overdue")
    SOON = "due_soon", _("Due soon")
    LATER = "on_time", _("Due later")


def with_deadlines(rows: AssessmentQuerySet, *, at: datetime) -> QuerySet[Any]:
    """Adds `review_due_on`, `escalated_on` and `pace` to what was handed in."""
    today = buyers_day(at)
    handed_in = TruncDate("submitted_at", tzinfo=NIGHT_ZONE)
    dated = rows.annotate(
        review_due_on=_day(handed_in + _planned("days", ReviewPlan.DAYS)),
        escalated_on=_day(handed_in + _planned("days", ReviewPlan.DAYS) + _planned("escalate_days", ReviewPlan.ESCALATE_DAYS)),
        _soon_from=_day(handed_in + _planned("days", ReviewPlan.DAYS) - _planned("soon_days", ReviewPlan.SOON_DAYS)),
    )
    return dated.annotate(
        pace=Case(
            When(review_due_on__lt=today, then=Value(Pace.OVERDUE)),
            When(_soon_from__lte=today, then=Value(Pace.SOON)),
            default=Value(Pace.LATER),
        )
    )


def _planned(column: str, default: int) -> Any:
    return Coalesce(F(f"campaign__review_plan__{column}"), Value(default))


def _day(expression: Any) -> Any:
    return ExpressionWrapper(expression, output_field=DateField())


def queue_with_deadlines(*, at: datetime) -> QuerySet[Any]:
    """Everybody's: what is counted must not depend on who counts."""
    return with_deadlines(Assessment.objects.in_review_queue(), at=at)
