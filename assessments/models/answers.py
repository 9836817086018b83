import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment, AssessmentOwned, AssessmentOwnedQuerySet
from audit.history import keep_history
from suppliers.models import Document, Site


# Locks the assessment as a save does: a submission under way is waited for, and what it decided is what counts.
_HANDED_IN_STAYS = """
    SELECT assessment.status, assessment.opened_questions IS NULL OR assessment.opened_questions ? {question}
    INTO stands, is_opened FROM {source} FOR KEY SHARE OF assessment;
    IF stands NOT IN ('not_started', 'in_progress', 'returned') THEN
        RAISE EXCEPTION 'this assessment is not open for answers' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT is_opened THEN
        RAISE EXCEPTION 'this question was not opened by the return' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


def _handed_in_stays(source: str, question: str, update: pgtrigger.Operation = pgtrigger.Update) -> pgtrigger.Trigger:
    """What was handed in changes for nobody: not by a bulk statement, not by a program that forgets to ask. Neither does, after a
    return, what the reviewer did not ask about."""
    return pgtrigger.Trigger(
        name="handed_in_stays",
        operation=pgtrigger.Insert | update | pgtrigger.Delete,
        when=pgtrigger.Before,
        declare=[("stands", "text"), ("is_opened", "boolean")],
        func=_HANDED_IN_STAYS.format(source=source, question=question),
    )


@keep_history()
class Answer(AssessmentOwned):
    """The value of one question, as a JSON object of its fields. `version` counts the saves; each earlier value is in the history.

    Without a site it is the answer for all sites. With one, and with a value, it is that site's own and stands there instead.
    """

    # Indexed by the unique constraint below; the largest table carries no index that nothing asks for.
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="answers", db_index=False)
    question = models.CharField(_("question"), max_length=40, help_text="code of the question in the questionnaire version")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    value = models.JSONField(default=dict)
    note = models.TextField(_("note"), blank=True)
    version = models.PositiveIntegerField(default=1)
    # How many documents stand behind it that have not ended. Kept by triggers, so that scoring reads one table.
    evidence_count = models.PositiveSmallIntegerField(default=0, editable=False)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField(_("saved"))
    # The assessment whose answer was taken over as it stands; by whom and when is `updated_by` and `updated_at`.
    carried_from = models.ForeignKey(Assessment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)

    objects = AssessmentOwnedQuerySet["Answer"].as_manager()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "question", "site"], nulls_distinct=False, name="answer_once_a_question"),
        ]
        indexes = [
            models.Index(fields=["site"], name="answer_of_site", condition=Q(site__isnull=False)),
            # Scoring asks each assessment for them, and most have none.
            models.Index(fields=["assessment"], name="answer_of_sites_of_one", condition=Q(site__isnull=False)),
        ]
        triggers = [
            _handed_in_stays(
                "assessments_assessment assessment WHERE assessment.id = coalesce(OLD.assessment_id, NEW.assessment_id)",
                "coalesce(OLD.question, NEW.question)",
                # All but the evidence's count: documents end also after they were handed in.
                update=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]  # the library leaves it without types
                    "assessment_id", "question", "site_id", "value", "note", "version", "updated_by_id", "updated_at", "carried_from_id"
                ),
            ),
            pgtrigger.Trigger(
                name="stays_with_its_assessment",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__assessment__df=pgtrigger.F("new__assessment")),
                func="RAISE EXCEPTION 'an answer stays with its assessment';",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.question}"


# The row first, and in a statement of its own: of two that are attached at once, the second then counts the first as well.
_COUNT_EVIDENCE = """
    PERFORM FROM assessments_answer WHERE id = {answer} FOR NO KEY UPDATE;
    UPDATE assessments_answer SET evidence_count = (
        SELECT count(*) FROM assessments_evidenceuse use JOIN suppliers_document document ON document.id = use.document_id
        WHERE use.answer_id = assessments_answer.id AND NOT document.has_ended
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
            _handed_in_stays(
                "assessments_assessment assessment JOIN assessments_answer answer ON answer.assessment_id = assessment.id "
                "WHERE answer.id = coalesce(OLD.answer_id, NEW.answer_id)",
                "answer.question",
            ),
            pgtrigger.Trigger(
                name="count_added", operation=pgtrigger.Insert, when=pgtrigger.After, func=_COUNT_EVIDENCE.format(answer="NEW.answer_id")
            ),
            pgtrigger.Trigger(
                name="count_removed", operation=pgtrigger.Delete, when=pgtrigger.After, func=_COUNT_EVIDENCE.format(answer="OLD.answer_id")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} ← {self.document_id}"


@keep_history(exclude=["assessment"])
class Verdict(models.Model):
    """A reviewer's word on one answer: the newest; earlier ones are in the history."""

    class Outcome(models.TextChoices):
        ACCEPT = "accept", _("Accepted")
        QUERY = "query", _("Queried")
        REJECT_EVIDENCE = "reject_evidence", _("Evidence rejected")
        REJECT_ANSWER = "reject_answer", _("Answer rejected")
        CORRECT = "correct", _("Corrected")

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="verdict")
    # Set by a trigger: whoever scores asks for the verdicts of some assessments, by its index, and not for those of all answers.
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="verdicts", editable=False)
    outcome = models.CharField(_("verdict"), max_length=16, choices=Outcome.choices)
    reason = models.TextField(_("reason"), blank=True)
    # The value that counts in the verified score, beside the supplier's answer and never over it.
    corrected = models.JSONField(_("corrected value"), null=True, blank=True)
    # Counts the saves, so that one that comes late does not undo a later one.
    version = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["accept", "query", "reject_evidence", "reject_answer", "correct"]), name="verdict_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome="correct", corrected__isnull=False) | (~Q(outcome="correct") & Q(corrected__isnull=True)),
                name="verdict_value_when_corrected",
            ),
            models.CheckConstraint(condition=Q(outcome="accept") | ~Q(reason=""), name="verdict_reason_unless_accepted"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="knows_its_assessment",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="NEW.assessment_id = (SELECT assessment_id FROM assessments_answer WHERE id = NEW.answer_id); RETURN NEW;",
            )
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.outcome}"
