"""Reviewing a submitted assessment: taken by one reviewer, judged answer by answer, returned to the supplier or closed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from assessments import standing
from assessments.answering.inputs import answer_key
from assessments.models import Amendment, Answer, Assessment, Verdict
from assessments.questionnaires.questions import NOTE
from assessments.review import amending, ending, queries, second_review
from assessments.reviewers import assigning
from assessments.submission import returning
from assessments.submission.notices import write_to_supplier
from audit import trail


class TakenByAnother(Exception):
    """Somebody else reviews it. `reviewer` is who, or None when nobody has taken it yet."""

    def __init__(self, reviewer: User | None) -> None:
        super().__init__(str(reviewer))
        self.reviewer = reviewer


class ReasonMissing(Exception):
    """Whoever does not simply accept says why."""


class NothingCorrected(Exception):
    """A correction says something else than the answer."""


class Overtaken(Exception):
    """This very verdict had arrived before, and has been replaced since. `stored` is the one that stands."""

    def __init__(self, stored: Verdict) -> None:
        super().__init__(stored.pk)
        self.stored = stored


class NothingAsked(Exception):
    """A return opens what was queried: without a query there is nothing for the supplier to do."""


class AwaitsOthers(Exception):
    """This reviewer has finished: the case waits for the second review, or for a third person."""


class QueriesOpen(Exception):
    """A query is a question to the supplier: the review cannot be closed over it."""

    def __init__(self, questions: list[str]) -> None:
        super().__init__(", ".join(questions))
        self.questions = questions


# --- who reviews ------------------------------------------------------------------------------------------------------


@transaction.atomic
def take(*, assessment_id: int, by: User, at: datetime) -> Assessment:
    """Whoever it was given to begins; what was given to nobody, the first to take it has. Raises `TakenByAnother`.

    Taking what one has already is no error.
    """
    assessment = _locked(assessment_id)
    if assessment.reviewer_id not in (None, by.pk):
        raise TakenByAnother(assessment.reviewer)
    if assessment.status == Assessment.Status.IN_REVIEW:
        return assessment
    assessment.take_into_review(by=by)
    _drop_overtaken_verdicts(assessment)
    _note("assessment.taken", assessment, by=by, at=at)
    return assessment


@transaction.atomic
def give_back(*, assessment_id: int, by: User, at: datetime) -> Assessment:
    """Back into the queue; the verdicts given so far stay."""
    assessment = _mine(assessment_id, by)
    assigning.put_back(assessment, by=by, at=at)
    standing.refresh([assessment.supplier_id])
    return assessment


def _drop_overtaken_verdicts(assessment: Assessment) -> None:
    """After a return, a verdict on an answer that has changed since, or that has new evidence, is a verdict on something else."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM assessments_verdict verdict USING assessments_answer answer
            WHERE answer.id = verdict.answer_id AND answer.assessment_id = %s AND (
                answer.updated_at > verdict.at
                OR EXISTS (SELECT FROM assessments_evidenceuse used WHERE used.answer_id = answer.id AND used.added_at > verdict.at)
            )
            """,
            [assessment.pk],
        )


# --- verdicts ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def decide(
    *,
    assessment_id: int,
    question: str,
    outcome: str,
    reason: str,
    by: User,
    at: datetime,
    site: int | None = None,
    corrected: Mapping[str, Any] | None = None,
    base_version: int | None = None,
) -> Verdict:
    """One verdict on one answer, for all sites or for one; a later verdict replaces it. The same one given again changes nothing.

    `corrected` is the cleaned value of a correction. `base_version` is the version of the verdict the reviewer saw, 0 for none: it
    tells a request that comes late from a change of mind. Raises `TakenByAnother`, `ReasonMissing`, `NothingCorrected`, `Overtaken`,
    `Answer.DoesNotExist`.
    """
    reason = reason.strip()
    if outcome != Verdict.Outcome.ACCEPT and not reason:
        raise ReasonMissing
    _mine(assessment_id, by)
    answer = Answer.objects.get(assessment_id=assessment_id, question=question, site=site)
    value = _correction(answer, corrected or {}) if outcome == Verdict.Outcome.CORRECT else None
    given: dict[str, Any] = {"outcome": outcome, "reason": reason, "corrected": value, "by": by}
    verdict = Verdict.objects.filter(answer=answer).first() or Verdict(answer=answer, version=0)
    if verdict.version and all(getattr(verdict, name) == said for name, said in given.items()):
        return verdict
    if base_version is not None and _was_given(verdict, given, base_version):
        raise Overtaken(verdict)
    for name, said in given.items():
        setattr(verdict, name, said)
    verdict.at, verdict.version = at, verdict.version + 1
    verdict.save()
    return verdict


def _correction(answer: Answer, corrected: Mapping[str, Any]) -> dict[str, Any]:
    # The supplier's note explains figures, and goes on doing so.
    value = {**({NOTE: answer.value[NOTE]} if NOTE in answer.value else {}), **corrected}
    if not corrected or value == answer.value:
        raise NothingCorrected
    return value


def _was_given(verdict: Verdict, given: Mapping[str, Any], base_version: int) -> bool:
    """What was given over version n is version n + 1 of the history, whatever came after."""
    if not verdict.version or base_version >= verdict.version:
        return False
    history = apps.get_model("assessments", "VerdictEvent")._default_manager
    earlier = history.filter(pgh_obj=verdict, version=base_version + 1).first()
    return earlier is not None and all(getattr(earlier, name) == said for name, said in given.items())


@transaction.atomic
def withdraw(*, assessment_id: int, question: str, by: User, at: datetime, site: int | None = None) -> bool:
    """Takes a verdict back: the answer waits for one again. Says whether there was one. Raises `TakenByAnother`."""
    _mine(assessment_id, by)
    deleted, _rows = Verdict.objects.filter(answer__assessment=assessment_id, answer__question=question, answer__site=site).delete()
    return bool(deleted)


@transaction.atomic
def accept_rest(*, assessment_id: int, keys: Iterable[str], by: User, at: datetime) -> int:
    """Accept those of these answers (`inputs.answer_key`) that have no verdict yet; says how many."""
    _mine(assessment_id, by)
    wanted = set(keys)
    answers = Answer.objects.filter(assessment_id=assessment_id, verdict=None).only("pk", "question", "site_id")
    accepted = Verdict.objects.bulk_create(
        [
            Verdict(answer=answer, outcome=Verdict.Outcome.ACCEPT, by=by, at=at)
            for answer in answers
            if answer_key(answer.question, answer.site_id) in wanted
        ]
    )
    return len(accepted)


# --- the end of a review ----------------------------------------------------------------------------------------------


@transaction.atomic
def return_to_supplier(*, assessment_id: int, reason: str, by: User, at: datetime, due_on: date | None = None) -> Assessment:
    """The supplier may answer again what was queried, until the deadline, and is told why.

    Where the supplier itself had asked to change something, everything opens. Raises `TakenByAnother`, `ReasonMissing`, `NothingAsked`.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    assessment = _mine(assessment_id, by)
    asked = returning.queried(assessment)
    codes = sorted({*(verdict.answer.question for verdict in asked), *returning.asked_in_talk(assessment)})
    is_wished = assessment.amendments.filter(state=Amendment.State.ASKED).exists()
    if not codes and not is_wished:
        raise NothingAsked
    opened = None if is_wished else returning.opened_by(assessment, codes)
    due_on = due_on or timezone.localdate(at) + returning.TIME_TO_ANSWER
    assessment.return_to_supplier(reason=reason, opened=opened, due_on=due_on)
    kept = returning.keep_return(assessment, codes=codes, opened=opened, reason=reason, due_on=due_on, by=by, at=at)
    for verdict in asked:
        queries.ask(verdict, by=by, at=at)
    _note("assessment.returned", assessment, by=by, at=at, detail={"reason": reason, "questions": kept.queried, "due_on": str(due_on)})
    amending.settle_by_return(assessment, reason=reason, by=by, at=at)
    second_review.begin_again(assessment, at=at)
    write_to_supplier("review_returned", assessment, at=at, page="assessments:overview", reason=reason, **returning.said_of(kept))
    return assessment


@transaction.atomic
def close(*, assessment_id: int, by: User, at: datetime) -> Assessment:
    """The verified score stands from here, unless a second review is still to come. Raises `TakenByAnother` and `QueriesOpen`."""
    assessment = _mine(assessment_id, by)
    queried = Verdict.objects.filter(answer__assessment=assessment, outcome=Verdict.Outcome.QUERY)
    rows = queried.order_by("answer__question", "answer__site").values_list("answer__question", "answer__site")
    if keys := [answer_key(question, site) for question, site in rows]:
        raise QueriesOpen(keys)
    if not second_review.first_finishes(assessment, by=by, at=at):
        ending.close_review(assessment, by=by, at=at)
    return assessment


# --- shared -----------------------------------------------------------------------------------------------------------


def _locked(assessment_id: int) -> Assessment:
    locked = Assessment.objects.select_for_update(of=("self",)).select_related("supplier", "campaign", "reviewer")
    return locked.get(pk=assessment_id)


def _mine(assessment_id: int, by: User) -> Assessment:
    """Locked, so that of two people who decide at once one waits for the other."""
    assessment = _locked(assessment_id)
    if assessment.status == Assessment.Status.SUBMITTED:
        raise TakenByAnother(assessment.reviewer if assessment.reviewer_id != by.pk else None)
    if assessment.status != Assessment.Status.IN_REVIEW:
        raise Assessment.IllegalTransition(assessment.status)
    if assessment.reviewer_id != by.pk:
        raise TakenByAnother(assessment.reviewer)
    if second_review.awaits_others(assessment):
        raise AwaitsOthers
    return assessment


def _note(action: str, assessment: Assessment, *, by: User, at: datetime, detail: dict[str, object] | None = None) -> None:
    trail.record(action, actor=by, target=assessment, supplier_id=assessment.supplier_id, detail=detail, at=at)
    standing.refresh([assessment.supplier_id])
