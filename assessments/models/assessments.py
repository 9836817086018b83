from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments.models.blinds import BlindedQuerySet
from assessments.models.campaigns import Campaign
from audit.history import keep_history
from suppliers.models import Supplier, SupplierOwned


if TYPE_CHECKING:
    from accounts.models import User


# What was closed, or waits for its review, opens again by one of these alone; a reviewer's return of what is not closed needs none.
_OPENS_BY_AMENDMENT = """
    IF NOT EXISTS (
        SELECT FROM assessments_amendment amendment
        WHERE amendment.assessment_id = NEW.id AND amendment.state IN ('taken_back', 'granted')
          AND amendment.decided_at >= coalesce(OLD.submitted_at, '-infinity')
    ) THEN
        RAISE EXCEPTION 'what was handed in opens again by a return or an amendment' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
"""


# Who has declared an interest in a supplier, or a part in a second review, is not its first reviewer, whatever the code says.
_REVIEWER_IS_FREE = """
    IF EXISTS (
        SELECT FROM suppliers_interest interest
        WHERE interest.user_id = NEW.reviewer_id AND interest.supplier_id = NEW.supplier_id AND interest.withdrawn_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the reviewer has declared an interest in the supplier' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (
        SELECT FROM assessments_secondreview second
        WHERE second.assessment_id = NEW.id AND second.status IN ('open', 'differs')
          AND NEW.reviewer_id IN (second.reviewer_id, second.third_id)
    ) THEN
        RAISE EXCEPTION 'the second reviewer is not the first' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
"""


POINTS: dict[str, Any] = {"max_digits": 5, "decimal_places": 2, "null": True, "blank": True}


class AssessmentQuerySet(BlindedQuerySet["Assessment"]):
    assessment_path = "pk"

    def in_review_queue(self) -> Self:
        return self.filter(status__in=Assessment.IN_QUEUE)

    def with_coverage(self) -> Self:
        """`evidence_coverage` beside the three scores an assessment carries: it stands in the score they were copied from."""
        current = FilteredRelation("scores", condition=Q(scores__is_current=True))
        return self.annotate(current_score=current, evidence_coverage=F("current_score__evidence_coverage"))

    def open_for_answers(self) -> Self:
        return self.filter(status__in=Assessment.EDITABLE)

    def open_for(self, question: str) -> Self:
        is_opened = Q(opened_questions__isnull=True) | Q(opened_questions__contains=[question])
        return self.open_for_answers().filter(is_opened)


# The scores are left out of the history: each of them is a `Score` row already.
@keep_history(exclude=["declared", "evidenced", "verified", "area_scores", "scored_at"])
class Assessment(SupplierOwned):
    """One supplier in one campaign. Carries its current scores; each computation also leaves a `Score` row with its hashes."""

    class Status(models.TextChoices):
        NOT_STARTED = "not_started", _("Not started")
        IN_PROGRESS = "in_progress", _("In progress")
        SUBMITTED = "submitted", _("Submitted")
        IN_REVIEW = "in_review", _("In review")
        RETURNED = "returned", _("Returned")
        CLOSED = "closed", _("Closed")
        LAPSED = "lapsed", _("Lapsed")

    EDITABLE = ("not_started", "in_progress", "returned")
    IN_QUEUE = ("submitted", "in_review")

    class IllegalTransition(Exception):
        """The assessment is not in a state from which this step can be taken."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="assessments", verbose_name=_("campaign"))
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="assessments", verbose_name=_("supplier"))
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.NOT_STARTED)
    due_on = models.DateField(_("due on"))
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reviewer")
    )
    returned_reason = models.TextField(_("reason for the return"), blank=True)
    # Codes of the questions the newest return opened. Empty (null): all that are asked. The triggers of answers and evidence look here.
    opened_questions = models.JSONField(null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # The current score (the newest row of `scores`), for lists that filter and sort. `verified` is empty until the review is closed.
    # area_scores: area code -> {"declared": "71.43", "evidenced": "60.00", "verified": null}
    declared = models.DecimalField(_("declared score"), **POINTS)
    evidenced = models.DecimalField(_("evidenced score"), **POINTS)
    verified = models.DecimalField(_("verified score"), **POINTS)
    area_scores = models.JSONField(_("scores by area"), default=dict, blank=True)
    scored_at = models.DateTimeField(_("scored"), null=True, blank=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "supplier"], name="assessment_once_a_campaign"),
            models.CheckConstraint(
                condition=Q(status__in=["not_started", "in_progress", "submitted", "in_review", "returned", "closed", "lapsed"]),
                name="assessment_status_known",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, submitted_by__isnull=True)
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="assessment_submitted_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["not_started", "in_progress", "lapsed", "returned"]) | Q(submitted_at__isnull=False),
                name="assessment_submitted_at_when_submitted",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False, closed_by__isnull=False)
                | (~Q(status="closed") & Q(closed_at__isnull=True, closed_by__isnull=True)),
                name="assessment_closed_at_and_by_when_closed",
            ),
            *[
                models.CheckConstraint(
                    condition=Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__range": (0, 100)}), name=f"assessment_{name}_0_to_100"
                )
                for name in ("declared", "evidenced", "verified")
            ],
        ]
        indexes = [
            models.Index(fields=["supplier", "-created_at"], name="assessment_of_supplier"),
            models.Index(fields=["campaign", "status"], name="assessment_by_status"),
            models.Index(fields=["submitted_at", "id"], name="assessment_review_queue", condition=Q(status__in=["submitted", "in_review"])),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="opens_by_amendment",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    "((OLD.status = 'closed' AND NEW.status <> 'closed') "
                    "OR (OLD.status IN ('submitted', 'in_review') AND NEW.status IN ('not_started', 'in_progress')))"
                ),
                func=_OPENS_BY_AMENDMENT,
            ),
            pgtrigger.Trigger(
                name="reviewer_is_free",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("NEW.reviewer_id IS NOT NULL AND NEW.reviewer_id IS DISTINCT FROM OLD.reviewer_id"),
                func=_REVIEWER_IS_FREE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} · {self.campaign_id}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:overview", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        return self.status in self.EDITABLE

    def may_answer(self, question: str) -> bool:
        return self.is_editable and (self.opened_questions is None or question in self.opened_questions)

    @property
    def is_in_queue(self) -> bool:
        return self.status in self.IN_QUEUE

    def _move(self, *, allowed: tuple[str, ...], to: str) -> None:
        if self.status not in allowed:
            raise self.IllegalTransition(self.status)
        self.status = to

    def submit(self, *, by: "User", at: datetime) -> None:
        self._move(allowed=self.EDITABLE, to=self.Status.SUBMITTED)
        self.submitted_by, self.submitted_at = by, at
        self.save(update_fields=["status", "submitted_by", "submitted_at"])

    def take_into_review(self, *, by: "User") -> None:
        self._move(allowed=(self.Status.SUBMITTED,), to=self.Status.IN_REVIEW)
        self.reviewer = by
        self.save(update_fields=["status", "reviewer"])

    def give_back_to_queue(self) -> None:
        self._move(allowed=(self.Status.IN_REVIEW,), to=self.Status.SUBMITTED)
        self.reviewer = None
        self.save(update_fields=["status", "reviewer"])

    def return_to_supplier(self, *, reason: str, opened: list[str] | None, due_on: date) -> None:
        """Only these questions open; they stay the only ones when the supplier takes back what it then hands in."""
        self._move(allowed=(self.Status.SUBMITTED, self.Status.IN_REVIEW), to=self.Status.RETURNED)
        self.returned_reason, self.opened_questions, self.due_on = reason, opened, due_on
        self.save(update_fields=["status", "returned_reason", "opened_questions", "due_on"])

    def take_back(self) -> None:
        """Before a reviewer has begun. It was not handed in, then: the signature and the amendment say when it had been."""
        self._move(allowed=(self.Status.SUBMITTED,), to=self.Status.IN_PROGRESS)
        self.submitted_by = self.submitted_at = None
        self.save(update_fields=["status", "submitted_by", "submitted_at"])

    def reopen(self, *, reason: str) -> None:
        """An amendment was granted. What was closed keeps its score and its signature as history, and is reviewed again."""
        self._move(allowed=(self.Status.SUBMITTED, self.Status.IN_REVIEW, self.Status.CLOSED), to=self.Status.RETURNED)
        self.returned_reason, self.closed_by, self.closed_at = reason, None, None
        # What the supplier asked to change is not known question by question.
        self.opened_questions = None
        self.save(update_fields=["status", "returned_reason", "closed_by", "closed_at", "opened_questions"])

    def close(self, *, by: "User", at: datetime) -> None:
        self._move(allowed=(self.Status.IN_REVIEW,), to=self.Status.CLOSED)
        self.closed_by, self.closed_at = by, at
        self.save(update_fields=["status", "closed_by", "closed_at"])


AssessmentPart = TypeVar("AssessmentPart", bound=models.Model)


class AssessmentOwnedQuerySet(BlindedQuerySet[AssessmentPart], Generic[AssessmentPart]):
    """Rows that hang on an assessment: seen by those who see the assessment."""

    supplier_path = "assessment__supplier"


class AssessmentOwned(models.Model):
    assessment: models.ForeignKey[Assessment]

    class Meta:
        abstract = True


class Sha256(models.Func):
    """Of a text in UTF-8, as sixty-four hexadecimal digits. (Django's own asks for an extension.)"""

    template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    output_field = models.CharField()


class Signature(models.Model):
    """A signatory's statement over the answers as they stood: over their canonical form, which is kept, and its hash."""

    append_only = True

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="signatures")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=150)
    job_title = models.CharField(_("role in the company"), max_length=150)
    statement = models.TextField()
    content_sha256 = models.CharField(max_length=64)
    # The very text that was hashed; empty under a signature from before it was kept.
    content = models.TextField(blank=True)
    signed_at = models.DateTimeField(_("signed"))

    objects = AssessmentOwnedQuerySet["Signature"].as_manager()

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints = [
            models.CheckConstraint(
                condition=Q(content="") | Q(content_sha256=Sha256("content")), name="signature_hash_is_that_of_its_content"
            )
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.name} {self.signed_at:%Y-%m-%d}"
