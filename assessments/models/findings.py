"""Findings, what the supplier does about them, and every step they took."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from assessments.findings import states
from assessments.models.assessments import Assessment
from assessments.models.blinds import BlindedQuerySet
from audit.history import keep_history
from suppliers.models import Document, PublicRecord, Supplier, SupplierOwned


if TYPE_CHECKING:
    from accounts.models import User

_MOVES = ", ".join(f"('{before}', '{after}')" for before, after in states.moves())
# The steps themselves are in `assessments.findings.states`; what each must leave behind is asked for here, whoever writes the column.
_GOES_ITS_WAY = f"""
    IF (OLD.status, NEW.status) NOT IN ({_MOVES}) THEN
        RAISE EXCEPTION 'no step leads a finding from % to %', OLD.status, NEW.status USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.status = 'action_planned' AND NOT EXISTS (SELECT FROM assessments_findingaction WHERE finding_id = NEW.id) THEN
        RAISE EXCEPTION 'a plan has an action' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.status = 'action_done' AND NOT EXISTS (SELECT FROM assessments_findingevidence WHERE finding_id = NEW.id) THEN
        RAISE EXCEPTION 'what was done is shown by a document' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
"""  # noqa: S608 - made of our own constants
_OF_THE_SAME_SUPPLIER = """
    IF NOT EXISTS (
        SELECT FROM assessments_finding finding JOIN suppliers_document document ON document.supplier_id = finding.supplier_id
        WHERE finding.id = NEW.finding_id AND document.id = NEW.document_id
    ) THEN
        RAISE EXCEPTION 'the document is of another supplier' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
"""


class FindingQuerySet(BlindedQuerySet["Finding"]):
    def open(self) -> Self:
        return self.filter(status__in=states.UNFINISHED)

    def overdue(self, on: Any) -> Self:
        """The next step should have been taken before this day."""
        return self.open().filter(next_due_on__lt=on)


@keep_history(personal=["cause", "action_taken"])
class Finding(SupplierOwned):
    """Something that must be put right: from a rule's trigger, from a verdict or a public record, or from a reviewer by hand."""

    class Severity(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        MAJOR = "major", _("Major")
        MINOR = "minor", _("Minor")

    class Origin(models.TextChoices):
        ZERO_TOLERANCE = "zero_tolerance", _("A zero-tolerance rule")
        RULE = "rule", _("A rule of the questionnaire")
        GATE = "gate", _("A gate of the label")
        VERDICT = "verdict", _("A verdict of the review")
        RECORD = "record", _("A public record")
        HAND = "hand", _("A reviewer")

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("finding", "Open")
        ACTION_PLANNED = "action_planned", _("Plan to be agreed")
        PLAN_AGREED = "plan_agreed", _("Plan agreed")
        ACTION_DONE = "action_done", _("Action done, to be verified")
        CLOSED = "closed", _("Closed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="findings")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="findings")
    question = models.CharField(_("question"), max_length=40)
    origin = models.CharField(_("origin"), max_length=14, choices=Origin.choices, default=Origin.HAND)
    rule = models.CharField(_("rule"), max_length=80, blank=True, help_text="key of the trigger, empty when a reviewer raised it")
    record = models.ForeignKey(PublicRecord, on_delete=models.PROTECT, null=True, blank=True, related_name="findings")
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.OPEN)
    text = models.TextField(_("finding"))
    text_zh = models.TextField(_("finding in Chinese"), blank=True, help_text="where the text comes from a rule, which has both languages")
    cause = models.TextField(_("cause"), blank=True)
    action_taken = models.TextField(_("what was done"), blank=True)
    # The day by which it is put right: a reviewer's when it is raised, the last one of the plan once that is agreed.
    due_on = models.DateField(_("due on"), null=True, blank=True)
    # Of the state it is in: since when, the last day for the next step, and how far that was escalated.
    moved_at = models.DateTimeField(default=timezone.now)
    next_due_on = models.DateField(_("next step due on"), null=True, blank=True)
    escalation = models.PositiveSmallIntegerField(_("escalation"), default=0)
    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    agreed_at = models.DateTimeField(_("plan agreed"), null=True, blank=True)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
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
                condition=Q(origin__in=["zero_tolerance", "rule", "gate"]) & ~Q(rule="")
                | Q(origin__in=["verdict", "record", "hand"], rule=""),
                name="finding_rule_when_from_a_rule",
            ),
            models.CheckConstraint(
                condition=Q(origin="record", record__isnull=False) | ~Q(origin="record") & Q(record__isnull=True),
                name="finding_record_when_from_a_record",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["closed", "withdrawn"], closed_at__isnull=False, next_due_on__isnull=True)
                | Q(status__in=["open", "action_planned", "plan_agreed", "action_done"], closed_at__isnull=True),
                name="finding_closed_at_when_closed",
            ),
            # A rule may withdraw; to close is a person's word.
            models.CheckConstraint(condition=~Q(status="closed") | Q(closed_by__isnull=False), name="finding_closed_by_a_person"),
            models.CheckConstraint(
                condition=Q(agreed_at__isnull=True, agreed_by__isnull=True) | Q(agreed_at__isnull=False, agreed_by__isnull=False),
                name="finding_agreed_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["plan_agreed", "action_done"]) | Q(agreed_at__isnull=False, due_on__isnull=False),
                name="finding_agreed_before_it_is_done",
            ),
            # Verified by another pair of eyes than those that agreed the plan.
            models.CheckConstraint(
                condition=~Q(severity="critical", status="closed", agreed_by__isnull=False, closed_by=F("agreed_by")),
                name="finding_critical_verified_by_another",
            ),
            models.CheckConstraint(condition=Q(escalation__lte=3), name="finding_escalation_known"),
        ]
        indexes = [
            models.Index(fields=["supplier", "severity"], name="finding_open", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["next_due_on"], name="finding_next_due", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["opened_at", "id"], name="finding_newest"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="goes_its_way",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("status"),  # type: ignore[no-untyped-call]  # pgtrigger has few types
                condition=pgtrigger.Q(old__status__df=pgtrigger.F("new__status")),
                func=_GOES_ITS_WAY,
            )
        ]

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

    @property
    def waits_for(self) -> str:
        return states.waits_for(self.status)

    def is_overdue(self, on: Any) -> bool:
        return self.next_due_on is not None and self.next_due_on < on

    def may(self, step: str) -> bool:
        return states.may(step, self.status)

    def get_absolute_url(self) -> str:
        return reverse("assessments:finding", args=[self.pk])

    def move(self, step: str, *, at: datetime) -> None:
        """Takes the finding to where the step leads; the clock of that state begins to run."""
        if not self.may(step):
            raise self.IllegalTransition(self.status)
        self.status = states.STEPS[step].to
        self.moved_at, self.escalation = at, 0
        self.next_due_on = states.next_due(self.status, self.severity, timezone.localdate(at), self.due_on)


R = TypeVar("R", bound=models.Model)


class FindingOwnedQuerySet(models.QuerySet[R], Generic[R]):
    """Rows that hang on a finding: seen by those who see it."""

    def visible_to(self, user: "User") -> Self:
        return self.filter(finding__in=Finding.objects.visible_to(user))


@keep_history(personal=["owner"])
class FindingAction(models.Model):
    """One action of the corrective action plan: what, who, by when."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="actions")
    place = models.PositiveSmallIntegerField()
    what = models.TextField(_("action"))
    owner = models.CharField(_("who is responsible"), max_length=150)
    due_on = models.DateField(_("done by"))

    objects = FindingOwnedQuerySet["FindingAction"].as_manager()

    class Meta:
        verbose_name = _("corrective action")
        verbose_name_plural = _("corrective actions")
        ordering = ["finding", "place"]
        constraints = [
            models.UniqueConstraint(fields=["finding", "place"], name="finding_action_place_once"),
            models.CheckConstraint(condition=~Q(what="") & ~Q(owner=""), name="finding_action_says_what_and_who"),
        ]

    def __str__(self) -> str:
        return f"{self.finding_id}:{self.place}"


@keep_history()
class FindingEvidence(models.Model):
    """A document of the supplier's library that shows what was done."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="evidence")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="finding_uses")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    objects = FindingOwnedQuerySet["FindingEvidence"].as_manager()

    class Meta:
        verbose_name = _("evidence of closure")
        verbose_name_plural = _("evidence of closure")
        constraints = [models.UniqueConstraint(fields=["finding", "document"], name="finding_evidence_once")]
        triggers = [
            pgtrigger.Trigger(
                name="of_the_same_supplier",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_OF_THE_SAME_SUPPLIER,
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding_id}:{self.document_id}"


class FindingStep(models.Model):
    """One step of a finding, as it was taken: written with it, never changed."""

    append_only = True

    class Kind(models.TextChoices):
        RAISED = "raised", _("Raised by a reviewer")
        OPENED_BY_RULE = "opened_by_rule", _("Opened by a rule")
        ACTION_PLANNED = "action_planned", _("Corrective action planned")
        PLAN_AGREED = "plan_agreed", _("Plan agreed")
        PLAN_SENT_BACK = "plan_sent_back", _("Plan sent back to the supplier")
        ACTION_REPORTED = "action_reported", _("Action reported as done")
        SENT_BACK = "sent_back", _("Not enough yet: sent back to the supplier")
        CLOSED = "closed", _("Verified and closed")
        WITHDRAWN = "withdrawn", pgettext_lazy("step of a finding", "Withdrawn")
        WITHDRAWN_BY_RULE = "withdrawn_by_rule", _("Withdrawn by the rule")
        REOPENED = "reopened", _("Opened again")
        ESCALATED = "escalated", _("Escalated")

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=18, choices=Kind.choices)
    status_before = models.CharField(max_length=16, blank=True)
    status = models.CharField(max_length=16)
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict, blank=True, help_text="the plan, the documents or the level, as they were")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    objects = FindingOwnedQuerySet["FindingStep"].as_manager()

    class Meta:
        verbose_name = _("step of a finding")
        verbose_name_plural = _("steps of findings")
        indexes = [models.Index(fields=["finding", "at", "id"], name="finding_steps_in_order")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(states.STEPS)), name="finding_step_known"),
            # What the clock and the rules do has nobody's name; everything else has one.
            models.CheckConstraint(
                condition=Q(kind__in=["opened_by_rule", "withdrawn_by_rule", "escalated"], by__isnull=True)
                | ~Q(kind__in=["opened_by_rule", "withdrawn_by_rule", "escalated"]) & Q(by__isnull=False),
                name="finding_step_by_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["plan_sent_back", "sent_back", "closed", "withdrawn", "reopened"]) | ~Q(reason=""),
                name="finding_step_says_why",
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.kind}"
