"""The end of a review: the verified score stands from here."""

from datetime import datetime

from accounts.models import User
from assessments import standing
from assessments.models import Answer, Assessment, Verdict
from assessments.scores import keeping
from assessments.submission.notices import write_to_supplier
from audit import trail


def close_review(assessment: Assessment, *, by: User, at: datetime) -> None:
    """Inside the caller's transaction, which holds the lock: nobody sees a closed review without its verified score."""
    assessment.close(by=by, at=at)
    keeping.keep_scores([assessment.pk], at=at)
    assessment.refresh_from_db(fields=["declared", "evidenced", "verified", "area_scores", "scored_at"])
    detail = {"verified": str(assessment.verified)}
    trail.record("assessment.closed", actor=by, target=assessment, supplier_id=assessment.supplier_id, detail=detail, at=at)
    standing.refresh([assessment.supplier_id])
    write_to_supplier("review_closed", assessment, at=at, page="assessments:results", reason="")


def overrule(answer: Answer, *, outcome: str, reason: str, by: User, at: datetime) -> None:
    """A third person's verdict takes the place of the first one's. A correction that is upheld keeps its value."""
    verdict = Verdict.objects.filter(answer=answer).first() or Verdict(answer=answer, version=0)
    if outcome != verdict.outcome:
        verdict.corrected = None
    verdict.outcome, verdict.reason, verdict.by, verdict.at = outcome, reason, by, at
    verdict.version += 1
    verdict.save()
