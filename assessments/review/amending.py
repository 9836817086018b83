"""What was handed in, opened again by the supplier's wish.

Before a reviewer has begun, a signatory takes it back and it is in progress again. From then on the supplier asks, with a reason,
and one of the buyer's people grants or refuses. Every step is a row of `Amendment` and an event of the trail; signatures and scores
stay as they were. The database lets nothing be opened without such a row (the triggers of Assessment, Answer and EvidenceUse).
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from assessments import standing
from assessments.models import Amendment, Assessment
from assessments.review import second_review
from assessments.reviewers.in_charge import in_charge_of
from assessments.submission.notices import write_to_buyer, write_to_supplier
from audit import trail


class ReasonMissing(Exception):
    """Whoever asks, and whoever refuses, says why."""


class AlreadyAsked(Exception):
    """A request of this supplier is waiting for an answer."""

    def __init__(self, amendment: Amendment) -> None:
        super().__init__(amendment.pk)
        self.amendment = amendment


# --- the supplier -----------------------------------------------------------------------------------------------------


@transaction.atomic
def take_back(*, assessment_id: int, reason: str, by: User, at: datetime) -> Amendment:
    """In progress again, without asking. Raises `ReasonMissing`, and `Assessment.IllegalTransition` once a review has begun."""
    reason = _said(reason)
    assessment = _locked(assessment_id)
    if assessment.status != Assessment.Status.SUBMITTED:
        raise Assessment.IllegalTransition(assessment.status)
    # A request from the time of a review that was given back is answered by this.
    waiting = assessment.amendments.filter(state=Amendment.State.ASKED).first()
    amendment = waiting or Amendment(assessment=assessment, asked_by=by, asked_at=at, verified=assessment.verified)
    amendment.opened_from, amendment.reason = Assessment.Status.SUBMITTED, reason
    _decide(amendment, Amendment.State.TAKEN_BACK, "", by=by, at=at)
    second_review.begin_again(assessment, at=at)
    assessment.take_back()
    _note("assessment.taken_back", amendment, by=by, at=at, detail={"reason": reason})
    write_to_supplier("assessment_taken_back", assessment, at=at, page="assessments:overview", reason=reason, by_name=by.name)
    return amendment


@transaction.atomic
def ask(*, assessment_id: int, reason: str, by: User, at: datetime) -> Amendment:
    """Raises `ReasonMissing`, `AlreadyAsked`, and `Assessment.IllegalTransition` where there is nothing to ask for."""
    reason = _said(reason)
    assessment = _locked(assessment_id)
    if assessment.status not in (Assessment.Status.IN_REVIEW, Assessment.Status.CLOSED):
        raise Assessment.IllegalTransition(assessment.status)
    if waiting := assessment.amendments.filter(state=Amendment.State.ASKED).first():
        raise AlreadyAsked(waiting)
    amendment = Amendment.objects.create(
        assessment=assessment, opened_from=assessment.status, verified=assessment.verified, reason=reason, asked_by=by, asked_at=at
    )
    _note("amendment.asked", amendment, by=by, at=at, detail={"reason": reason})
    write_to_buyer(
        "amendment_asked", assessment, in_charge_of(assessment), at=at, url=amendment.get_absolute_url(), reason=reason, by_name=by.name
    )
    return amendment


def _said(reason: str) -> str:
    if not (reason := reason.strip()):
        raise ReasonMissing
    return reason


# --- the buyer --------------------------------------------------------------------------------------------------------


@transaction.atomic
def grant(*, amendment_id: int, message: str, by: User, at: datetime) -> Amendment:
    """Returned to the supplier, to be signed anew. Raises `Amendment.IllegalTransition` when it was decided already."""
    amendment = _waiting(amendment_id)
    assessment = amendment.assessment
    _decide(amendment, Amendment.State.GRANTED, message.strip(), by=by, at=at)
    second_review.begin_again(assessment, at=at)
    assessment.reopen(reason=amendment.decision or amendment.reason)
    _note("amendment.granted", amendment, by=by, at=at, detail={"from": amendment.opened_from, "message": amendment.decision})
    write_to_supplier("amendment_granted", assessment, at=at, page="assessments:overview", reason=amendment.decision)
    # A verified score is that of a closed review: the score is stated anew, and the one that stood stays among the earlier ones.
    transaction.on_commit(lambda: _start_scoring(assessment.pk), robust=True)
    return amendment


@transaction.atomic
def refuse(*, amendment_id: int, message: str, by: User, at: datetime) -> Amendment:
    """Raises `ReasonMissing` and `Amendment.IllegalTransition`."""
    message = _said(message)
    amendment = _waiting(amendment_id)
    _decide(amendment, Amendment.State.REFUSED, message, by=by, at=at)
    _note("amendment.refused", amendment, by=by, at=at, detail={"message": message})
    write_to_supplier("amendment_refused", amendment.assessment, at=at, page="assessments:overview", reason=message)
    return amendment


def settle_by_return(assessment: Assessment, *, reason: str, by: User, at: datetime) -> None:
    """The reviewer returned it while a request was waiting: what was asked for has come to pass."""
    for amendment in assessment.amendments.filter(state=Amendment.State.ASKED):
        _decide(amendment, Amendment.State.GRANTED, reason, by=by, at=at)
        _note("amendment.granted", amendment, by=by, at=at, detail={"from": amendment.opened_from, "message": reason})


# --- shared -----------------------------------------------------------------------------------------------------------


def _locked(assessment_id: int) -> Assessment:
    locked = Assessment.objects.select_for_update(of=("self",)).select_related("supplier", "campaign", "reviewer")
    return locked.get(pk=assessment_id)


def _waiting(amendment_id: int) -> Amendment:
    """The assessment first, as everybody else does: of two people who decide, one waits for the other."""
    assessment = _locked(Amendment.objects.values_list("assessment_id", flat=True).get(pk=amendment_id))
    amendment = Amendment.objects.get(pk=amendment_id)
    if amendment.state != Amendment.State.ASKED:
        raise Amendment.IllegalTransition(amendment.state)
    amendment.assessment = assessment
    return amendment


def _decide(amendment: Amendment, state: str, decision: str, *, by: User, at: datetime) -> None:
    amendment.state, amendment.decision, amendment.decided_by, amendment.decided_at = state, decision, by, at
    amendment.save()


def _note(action: str, amendment: Amendment, *, by: User, at: datetime, detail: dict[str, Any]) -> None:
    assessment = amendment.assessment
    trail.record(action, actor=by, target=assessment, supplier_id=assessment.supplier_id, detail=detail, at=at)
    standing.refresh([assessment.supplier_id])


def _start_scoring(assessment_id: int) -> None:
    from assessments.tasks import score_assessment

    score_assessment.delay(assessment_id=assessment_id)
