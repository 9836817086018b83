from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, has
from audit.history import keep_history
from suppliers.models import Document, OwnedQuerySet, Site, Supplier, SupplierOwned


if TYPE_CHECKING:
    from accounts.models import User

POINTS: dict[str, Any] = {"max_digits": 5, "decimal_places": 2, "null": True, "blank": True}


class QuestionnaireVersion(models.Model):
    """A version of the code as data. Published versions never change; the parsed form is `assessments.rulesets.for_version()`."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    key = models.CharField(_("key"), max_length=60)
    version = models.CharField(_("version"), max_length=20)
    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    content = models.JSONField(help_text="the questionnaire, as loaded from YAML")
    sha256 = models.CharField(max_length=64)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("questionnaire version")
        verbose_name_plural = _("questionnaire versions")
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="questionnaire_version_once"),
            models.CheckConstraint(
                condition=Q(status="draft", published_at__isnull=True) | Q(status__in=["published", "retired"], published_at__isnull=False),
                name="questionnaire_published_at_when_published",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="published_never_changes",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    "OLD.status <> 'draft' AND (OLD.content IS DISTINCT FROM NEW.content OR OLD.sha256 <> NEW.sha256 "
                    "OR OLD.key <> NEW.key OR OLD.version <> NEW.version OR NEW.status = 'draft')"
                ),
                func="RAISE EXCEPTION 'a published questionnaire never changes';",
            ),
            pgtrigger.Protect(
                name="published_never_deleted", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__status__in=["published", "retired"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "en").startswith("zh") else self.title_en

    def get_absolute_url(self) -> str:
        return reverse("assessments:questionnaire", args=[self.pk])


@keep_history()
class Campaign(models.Model):
    """One questionnaire version put to a population of suppliers for one cycle."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    questionnaire = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("questionnaire")
    )
    cycle = models.PositiveSmallIntegerField(_("fiscal year"))
    population = models.JSONField(_("population"), default=dict, blank=True, help_text="the filter the suppliers were chosen by")
    opens_on = models.DateField(_("opens on"))
    due_on = models.DateField(_("due on"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    launched_at = models.DateTimeField(_("launched"), null=True, blank=True)
    launched_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [
            models.CheckConstraint(condition=Q(due_on__gte=F("opens_on")), name="campaign_due_after_open"),
            models.CheckConstraint(condition=Q(status__in=["draft", "open", "closed"]), name="campaign_status_known"),
            models.CheckConstraint(
                condition=Q(launched_at__isnull=True, status="draft") | Q(launched_at__isnull=False, status__in=["open", "closed"]),
                name="campaign_launched_at_when_open",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "en").startswith("zh") else self.title_en

    def get_absolute_url(self) -> str:
        return reverse("assessments:campaign", args=[self.pk])


class AssessmentQuerySet(OwnedQuerySet["Assessment"]):
    def in_review_queue(self) -> Self:
        return self.filter(status__in=[Assessment.Status.SUBMITTED, Assessment.Status.IN_REVIEW])

    def open_for_answers(self) -> Self:
        return self.filter(status__in=Assessment.EDITABLE)


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

    def __str__(self) -> str:
        return f"{self.supplier_id} · {self.campaign_id}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:overview", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        return self.status in self.EDITABLE

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

    def hand_to(self, *, reviewer: "User") -> None:
        self._move(allowed=(self.Status.IN_REVIEW,), to=self.Status.IN_REVIEW)
        self.reviewer = reviewer
        self.save(update_fields=["reviewer"])

    def give_back_to_queue(self) -> None:
        self._move(allowed=(self.Status.IN_REVIEW,), to=self.Status.SUBMITTED)
        self.reviewer = None
        self.save(update_fields=["status", "reviewer"])

    def return_to_supplier(self, *, reason: str) -> None:
        self._move(allowed=(self.Status.SUBMITTED, self.Status.IN_REVIEW), to=self.Status.RETURNED)
        self.returned_reason = reason
        self.save(update_fields=["status", "returned_reason"])

    def close(self, *, by: "User", at: datetime) -> None:
        self._move(allowed=(self.Status.IN_REVIEW,), to=self.Status.CLOSED)
        self.closed_by, self.closed_at = by, at
        self.save(update_fields=["status", "closed_by", "closed_at"])


AssessmentPart = TypeVar("AssessmentPart", bound=models.Model)


class AssessmentOwnedQuerySet(models.QuerySet[AssessmentPart], Generic[AssessmentPart]):
    """Rows that hang on an assessment: seen by those who see the assessment."""

    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.SUPPLIER_VIEW):
            return self
        if user.supplier_id:
            return self.filter(assessment__supplier_id=user.supplier_id)
        return self.none()


class AssessmentOwned(models.Model):
    assessment: models.ForeignKey[Assessment]

    class Meta:
        abstract = True


@keep_history()
class Answer(AssessmentOwned):
    """The value of one question, as a JSON object of its fields. `version` counts the saves; each earlier value is in the history."""

    # Indexed by the unique constraint below; the largest table carries no index that nothing asks for.
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="answers", db_index=False)
    question = models.CharField(_("question"), max_length=40, help_text="code of the question in the questionnaire version")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    value = models.JSONField(default=dict)
    note = models.TextField(_("note"), blank=True)
    version = models.PositiveIntegerField(default=1)
    # Kept by a trigger on EvidenceUse, so that scoring reads one table.
    evidence_count = models.PositiveSmallIntegerField(default=0, editable=False)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField(_("saved"))

    objects = AssessmentOwnedQuerySet["Answer"].as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "question", "site"], nulls_distinct=False, name="answer_once_a_question"),
        ]
        indexes = [models.Index(fields=["site"], name="answer_of_site", condition=Q(site__isnull=False))]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.question}"


_COUNT_EVIDENCE = """
    UPDATE assessments_answer SET evidence_count = (
        SELECT count(*) FROM assessments_evidenceuse use WHERE use.answer_id = assessments_answer.id
    ) WHERE id = {answer};
    RETURN NULL;
"""


@keep_history()
class EvidenceUse(models.Model):
    """A document that stands behind an answer."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="evidence")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="uses")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [models.UniqueConstraint(fields=["answer", "document"], name="evidence_once_an_answer")]
        triggers = [
            pgtrigger.Trigger(
                name="count_added", operation=pgtrigger.Insert, when=pgtrigger.After, func=_COUNT_EVIDENCE.format(answer="NEW.answer_id")
            ),
            pgtrigger.Trigger(
                name="count_removed", operation=pgtrigger.Delete, when=pgtrigger.After, func=_COUNT_EVIDENCE.format(answer="OLD.answer_id")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} ← {self.document_id}"


@keep_history()
class Verdict(models.Model):
    """A reviewer's word on one answer: the newest; earlier ones are in the history."""

    class Outcome(models.TextChoices):
        ACCEPT = "accept", _("Accepted")
        QUERY = "query", _("Queried")
        REJECT_EVIDENCE = "reject_evidence", _("Evidence rejected")
        REJECT_ANSWER = "reject_answer", _("Answer rejected")

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="verdict")
    outcome = models.CharField(_("verdict"), max_length=16, choices=Outcome.choices)
    reason = models.TextField(_("reason"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=["accept", "query", "reject_evidence", "reject_answer"]), name="verdict_known"),
            models.CheckConstraint(condition=Q(outcome="accept") | ~Q(reason=""), name="verdict_reason_unless_accepted"),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.outcome}"


class Signature(models.Model):
    """A signatory's statement over the answers as they stood, by the hash of their canonical form."""

    append_only = True

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="signatures")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=150)
    job_title = models.CharField(_("role in the company"), max_length=150)
    statement = models.TextField()
    content_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField(_("signed"))

    objects = AssessmentOwnedQuerySet["Signature"].as_manager()

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.name} {self.signed_at:%Y-%m-%d}"


class Score(models.Model):
    """One computation. With the rule set's and the inputs' hashes; the receipt is recomputed from them, not stored."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="scores")
    is_current = models.BooleanField(default=True)
    ruleset_sha256 = models.CharField(max_length=64)
    inputs_sha256 = models.CharField(max_length=64)
    declared = models.DecimalField(_("declared score"), max_digits=5, decimal_places=2)
    evidenced = models.DecimalField(_("evidenced score"), max_digits=5, decimal_places=2)
    verified = models.DecimalField(_("verified score"), **POINTS)
    evidence_coverage = models.DecimalField(_("evidence coverage"), max_digits=5, decimal_places=2)
    # What was true of the company: sites have no history of their beginnings, so it is kept here. As in a receipt.
    facts = models.JSONField(default=dict)
    # As in Assessment.area_scores, and [{"kind", "question", "key"}].
    areas = models.JSONField(default=dict)
    triggers_hit = models.JSONField(default=list, blank=True)
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    computed_at = models.DateTimeField(_("computed"))

    objects = AssessmentOwnedQuerySet["Score"].as_manager()

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [
            models.UniqueConstraint(fields=["assessment"], condition=Q(is_current=True), name="score_one_current"),
            models.CheckConstraint(condition=Q(declared__range=(0, 100), evidenced__range=(0, 100)), name="score_0_to_100"),
        ]
        indexes = [models.Index(fields=["assessment", "-computed_at"], name="score_newest")]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.declared}"


class StandingQuerySet(models.QuerySet["Standing"]):
    def visible_to(self, user: "User") -> Self:
        if has(user, Permission.SUPPLIER_VIEW):
            return self
        if user.supplier_id:
            return self.filter(supplier_id=user.supplier_id)
        return self.none()


class Standing(models.Model):
    """Where a supplier stands: its newest assessment, and the newest one that has a score. The row the portfolio reads.

    Always derived, by `assessments.standing.refresh()`, in the transaction that changes what it is derived from. Every supplier has
    one: a database trigger on the supplier table writes the first, empty row (migration 0002).
    """

    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, primary_key=True, related_name="standing")
    newest = models.ForeignKey(Assessment, on_delete=models.CASCADE, null=True, related_name="+")
    status = models.CharField(_("status"), max_length=12, choices=Assessment.Status.choices, blank=True)
    due_on = models.DateField(_("due on"), null=True)
    scored = models.ForeignKey(Assessment, on_delete=models.SET_NULL, null=True, related_name="+")
    declared = models.DecimalField(_("declared score"), **POINTS)
    evidenced = models.DecimalField(_("evidenced score"), **POINTS)
    verified = models.DecimalField(_("verified score"), **POINTS)
    area_scores = models.JSONField(_("scores by area"), default=dict)
    has_critical_finding = models.BooleanField(_("open critical finding"), default=False)

    objects = StandingQuerySet.as_manager()

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [models.CheckConstraint(condition=Q(status__in=["", *Assessment.Status.values]), name="standing_status_known")]
        indexes = [
            models.Index(F("declared").desc(nulls_last=True), F("supplier").desc(), name="standing_by_declared"),
            models.Index(F("evidenced").desc(nulls_last=True), F("supplier").desc(), name="standing_by_evidenced"),
            models.Index(F("verified").desc(nulls_last=True), F("supplier").desc(), name="standing_by_verified"),
            models.Index(fields=["status"], name="standing_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.status}"


class FindingQuerySet(OwnedQuerySet["Finding"]):
    def open(self) -> Self:
        return self.filter(status__in=[Finding.Status.OPEN, Finding.Status.ACTION_PLANNED, Finding.Status.ACTION_DONE])


@keep_history()
class Finding(SupplierOwned):
    """Something that must be put right: from a rule's trigger or from a reviewer."""

    class Severity(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        MAJOR = "major", _("Major")
        MINOR = "minor", _("Minor")

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("finding", "Open")
        ACTION_PLANNED = "action_planned", _("Action planned")
        ACTION_DONE = "action_done", _("Action done, to be verified")
        CLOSED = "closed", _("Closed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="findings")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="findings")
    question = models.CharField(_("question"), max_length=40)
    rule = models.CharField(_("rule"), max_length=80, blank=True, help_text="key of the trigger, empty when a reviewer raised it")
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.OPEN)
    text = models.TextField(_("finding"))
    text_zh = models.TextField(_("finding in Chinese"), blank=True, help_text="where the text comes from a rule, which has both languages")
    action_plan = models.TextField(_("corrective action"), blank=True)
    action_taken = models.TextField(_("what was done"), blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closing_reason = models.TextField(_("reason for closing"), blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "rule"], condition=~Q(rule=""), name="finding_once_a_rule"),
            models.CheckConstraint(condition=Q(severity__in=["critical", "major", "minor"]), name="finding_severity_known"),
            models.CheckConstraint(
                condition=Q(status__in=["closed", "withdrawn"], closed_at__isnull=False)
                | Q(status__in=["open", "action_planned", "action_done"], closed_at__isnull=True),
                name="finding_closed_at_when_closed",
            ),
        ]
        indexes = [models.Index(fields=["supplier", "severity"], name="finding_open", condition=Q(closed_at__isnull=True))]

    class IllegalTransition(Exception):
        """The finding is not in a state from which this step can be taken."""

    def __str__(self) -> str:
        return f"{self.get_severity_display()} {self.question}"

    @property
    def local_text(self) -> str:
        """The text in the language in use."""
        return (self.text_zh if (get_language() or "en").startswith("zh") else "") or self.text

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def get_absolute_url(self) -> str:
        return reverse("assessments:finding", args=[self.pk])

    def move(self, *, allowed: tuple[str, ...], to: str) -> None:
        if self.status not in allowed:
            raise self.IllegalTransition(self.status)
        self.status = to
