"""The blind second review of a sample: two people judge the same answers without knowing of each other, and a third settles differences.

1. The second reviewer judges every answer on an own page; until both have finished nobody but that person reads it.
2. The first reviewer closes as ever, and the closing waits. What was left without a verdict counts as accepted, as it does in the score.
3. When both have finished the two are put beside each other. Where nothing differs, the review is closed.
4. What differs goes to a third person, whose verdict counts. With the last one settled, the review is closed.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.scope import system
from assessments.answering.inputs import answer_key
from assessments.models import Answer, Assessment, EvidenceUse, SecondReview, SecondVerdict, Verdict
from assessments.review import ending
from assessments.reviewers.drawing import Pool
from audit import trail


Status = SecondReview.Status
# A second reviewer judges what is there, asks the supplier nothing and corrects nothing.
OUTCOMES = (Verdict.Outcome.ACCEPT, Verdict.Outcome.REJECT_EVIDENCE, Verdict.Outcome.REJECT_ANSWER)


class ReasonMissing(Exception):
    """Whoever does not simply accept says why; whoever settles, always."""


class NotTheirs(Exception):
    """Not this person's to judge, or not any more."""


class AlreadySettled(Exception):
    """What a third person has said of a difference stands."""


class NotFinished(Exception):
    """Answers are left without a verdict."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(", ".join(keys))
        self.keys = keys


class Unsuitable(Exception):
    """The person has a part in the case already, knows it, has a conflict of interest, or is away."""


# --- the second reviewer ----------------------------------------------------------------------------------------------


def standing_verdicts(second: SecondReview) -> QuerySet[SecondVerdict]:
    """Those on answers that have not changed since, and have no new evidence."""
    newer = EvidenceUse.objects.filter(answer=OuterRef("answer"), added_at__gt=OuterRef("at"))
    return second.verdicts.filter(~Exists(newer), answer__updated_at__lte=F("at"))


@transaction.atomic
def judge(*, second_id: int, question: str, site: int | None, outcome: str, reason: str, by: User, at: datetime) -> SecondVerdict:
    """Raises `NotTheirs`, `ReasonMissing`, `Answer.DoesNotExist`."""
    second, reason = _mine(second_id, by), reason.strip()
    if outcome != Verdict.Outcome.ACCEPT and not reason:
        raise ReasonMissing
    answer = Answer.objects.get(assessment=second.assessment_id, question=question, site=site)
    said = {"outcome": outcome, "reason": reason, "at": at}
    verdict, _is_new = SecondVerdict.objects.update_or_create(second_review=second, answer=answer, defaults=said)
    return verdict


@transaction.atomic
def accept_rest(*, second_id: int, keys: Iterable[str], by: User, at: datetime) -> int:
    """Accept those of these answers (`inputs.answer_key`) that this person has not judged; says how many."""
    second, wanted = _mine(second_id, by), set(keys)
    judged = standing_verdicts(second).values("answer")
    answers = Answer.objects.filter(assessment=second.assessment_id).exclude(pk__in=judged).only("pk", "question", "site_id")
    left = [answer for answer in answers if answer_key(answer.question, answer.site_id) in wanted]
    # One that the supplier has overtaken goes, and is judged anew.
    second.verdicts.filter(answer__in=left).delete()
    rows = [SecondVerdict(second_review=second, answer=answer, outcome=Verdict.Outcome.ACCEPT, at=at) for answer in left]
    return len(SecondVerdict.objects.bulk_create(rows))


@transaction.atomic
def finish(*, second_id: int, keys: Iterable[str], by: User, at: datetime) -> SecondReview:
    """`keys`: every answer there is to judge. Raises `NotTheirs` and `NotFinished`."""
    second, wanted = _mine(second_id, by), set(keys)
    judged = {
        answer_key(verdict.answer.question, verdict.answer.site_id): verdict.pk
        for verdict in standing_verdicts(second).select_related("answer")
    }
    if left := sorted(wanted - judged.keys()):
        raise NotFinished(left)
    # What is not asked any more, or was overtaken, is not compared.
    second.verdicts.exclude(pk__in=[judged[key] for key in wanted]).delete()
    second.finished_at = at
    second.save(update_fields=["finished_at"])
    _note("second_review.finished", second, by=by, at=at)
    if _compare(second, at=at):
        assert second.first_finished_by is not None  # noqa: S101 - compared when both have finished
        ending.close_review(second.assessment, by=second.first_finished_by, at=at)
    return second


# --- the first reviewer -----------------------------------------------------------------------------------------------


def awaits_others(assessment: Assessment) -> bool:
    """The first reviewer has finished, and the case waits for the second or the third."""
    return SecondReview.objects.open().filter(assessment=assessment, first_finished_at__isnull=False).exists()


def first_finishes(assessment: Assessment, *, by: User, at: datetime) -> bool:
    """Called where a review is about to be closed, the assessment locked. Whether the closing has to wait for somebody."""
    second = _locked(SecondReview.objects.open().filter(assessment=assessment))
    if second is None:
        return False
    second.first_finished_by, second.first_finished_at = by, at
    second.save(update_fields=["first_finished_by", "first_finished_at"])
    _note("second_review.first_finished", second, by=by, at=at)
    return not (second.finished_at and _compare(second, at=at))


@system()  # what the buyer's reviewers make of answers is kept from who gave them
def begin_again(assessment: Assessment, *, at: datetime) -> None:
    """The supplier may change its answers: what was finished is open again, and once both reviews were read it is blind no more."""
    second = _locked(SecondReview.objects.open().filter(assessment=assessment))
    if second is None:
        return
    if second.status == Status.DIFFERS:
        _end(second, Status.CALLED_OFF, at=at, reason=_("The answers were opened again after both reviews had been read."))
        return
    second.first_finished_by = second.first_finished_at = second.finished_at = None
    second.save(update_fields=["first_finished_by", "first_finished_at", "finished_at"])


# --- both beside each other -------------------------------------------------------------------------------------------


def _compare(second: SecondReview, *, at: datetime) -> bool:
    """Once both have finished. Whether nothing differs."""
    if not (second.finished_at and second.first_finished_at):
        return False
    first = {verdict.answer_id: verdict for verdict in Verdict.objects.filter(assessment=second.assessment_id)}
    verdicts = list(second.verdicts.order_by("pk"))
    for verdict in verdicts:
        beside = first.get(verdict.answer_id)
        verdict.first_outcome, verdict.first_reason = (beside.outcome, beside.reason) if beside else (Verdict.Outcome.ACCEPT, "")
    SecondVerdict.objects.bulk_update(verdicts, ["first_outcome", "first_reason"], batch_size=500)
    if not any(verdict.differs for verdict in verdicts):
        _end(second, Status.SETTLED, at=at)
        return True
    second.status = Status.DIFFERS
    second.third_id = Pool([second.assessment], at=at).third_for(second.assessment, second.reviewer_id, second.first_finished_by_id)
    second.save(update_fields=["status", "third"])
    return False


def _end(second: SecondReview, status: str, *, at: datetime, reason: str = "") -> None:
    second.status, second.ended_at, second.called_off_reason = status, at, reason
    second.save(update_fields=["status", "ended_at", "called_off_reason"])


# --- the third person -------------------------------------------------------------------------------------------------


@transaction.atomic
def settle(*, second_id: int, question: str, site: int | None, outcome: str, reason: str, by: User, at: datetime) -> SecondReview:
    """What the third person says of one difference. Raises `NotTheirs`, `ReasonMissing`, `AlreadySettled`, `SecondVerdict.DoesNotExist`."""
    second, reason = _get(second_id), reason.strip()
    if second.status != Status.DIFFERS or second.third_id != by.pk:
        raise NotTheirs
    if not reason:
        raise ReasonMissing
    differing = second.verdicts.exclude(first_outcome=F("outcome")).select_related("answer")
    verdict = differing.get(answer__question=question, answer__site=site)
    if verdict.settled_outcome:
        raise AlreadySettled
    ending.overrule(verdict.answer, outcome=outcome, reason=reason, by=by, at=at)
    verdict.settled_outcome, verdict.settled_at = outcome, at
    verdict.save(update_fields=["settled_outcome", "settled_at"])
    if not differing.filter(settled_outcome="").exists():
        _end(second, Status.SETTLED, at=at)
        _note("second_review.settled", second, by=by, at=at)
        ending.close_review(second.assessment, by=by, at=at)
    return second


# --- the ESG staff ----------------------------------------------------------------------------------------------------


@transaction.atomic
def appoint(*, second_id: int, person: User, by: User, at: datetime) -> SecondReview:
    """Another second reviewer while it is under way, another third person where there are differences. Raises `Unsuitable`, `NotTheirs`."""
    second = _get(second_id)
    pool = Pool([second.assessment], at=at)
    if second.status == Status.DIFFERS:
        if not pool.may_be_third(second.assessment, person.pk, second.reviewer_id, second.first_finished_by_id):
            raise Unsuitable
        second.third = person
    elif second.status == Status.OPEN and second.finished_at is None:
        if not pool.may_be_second(second.assessment, person.pk):
            raise Unsuitable
        second.verdicts.all().delete()
        second.reviewer = person
    else:
        raise NotTheirs
    second.save(update_fields=["reviewer", "third"])
    _note("second_review.appointed", second, by=by, at=at, detail={"person": person.pk})
    return second


@transaction.atomic
def call_off(*, second_id: int, reason: str, by: User, at: datetime) -> SecondReview:
    """There is nobody for it. Where the first reviewer has finished, the review is closed. Raises `ReasonMissing`, `NotTheirs`."""
    second, reason = _get(second_id), reason.strip()
    if not reason:
        raise ReasonMissing
    if second.status not in (Status.OPEN, Status.DIFFERS):
        raise NotTheirs
    _end(second, Status.CALLED_OFF, at=at, reason=reason)
    _note("second_review.called_off", second, by=by, at=at, detail={"reason": reason})
    if second.first_finished_by:
        ending.close_review(second.assessment, by=second.first_finished_by, at=at)
    return second


def replace_conflicted(*, user_id: int, supplier_id: int, at: datetime) -> None:
    """The person has declared an interest in the supplier: somebody else takes the part, and judges from the start."""
    parts = Q(reviewer=user_id) | Q(third=user_id) | Q(first_finished_by=user_id)
    theirs = SecondReview.objects.open().filter(parts, assessment__supplier=supplier_id)
    for second in theirs.select_for_update(of=("self",)).select_related("assessment__supplier", "assessment__campaign"):
        pool = Pool([second.assessment], at=at)
        if second.third_id == user_id:
            second.third_id = pool.third_for(second.assessment, second.reviewer_id, second.first_finished_by_id)
            second.verdicts.exclude(settled_outcome="").update(settled_outcome="", settled_at=None)
        elif second.status == Status.DIFFERS:
            _end(
                second,
                Status.CALLED_OFF,
                at=at,
                reason=_("A reviewer declared a conflict of interest after both reviews had been read."),
            )
            continue
        elif second.first_finished_by_id == user_id:
            second.first_finished_by = second.first_finished_at = None
        else:
            second.verdicts.all().delete()
            second.reviewer_id, second.finished_at = pool.second_for(second.assessment), None
        second.save(update_fields=["reviewer", "finished_at", "third", "first_finished_by", "first_finished_at"])


# --- shared -----------------------------------------------------------------------------------------------------------


def _get(second_id: int) -> SecondReview:
    """The assessment first, as everybody else does, so that nobody waits for one who waits for them."""
    assessment_id = SecondReview.objects.values_list("assessment_id", flat=True).get(pk=second_id)
    Assessment.objects.select_for_update(of=("self",)).get(pk=assessment_id)
    second = _locked(SecondReview.objects.filter(pk=second_id))
    assert second is not None  # noqa: S101 - no second review is deleted but with its assessment, which is locked
    return second


def _locked(rows: QuerySet[SecondReview]) -> SecondReview | None:
    locked = rows.select_for_update(of=("self",))
    return locked.select_related("assessment__supplier", "assessment__campaign", "assessment__reviewer", "first_finished_by").first()


def _mine(second_id: int, by: User) -> SecondReview:
    second = _get(second_id)
    is_open = second.status == Status.OPEN and second.finished_at is None and second.assessment.is_in_queue
    if second.reviewer_id != by.pk or not is_open:
        raise NotTheirs
    return second


def _note(action: str, second: SecondReview, *, by: User, at: datetime, detail: dict[str, object] | None = None) -> None:
    """Without the supplier: nothing of it belongs into a list that one of the two reads before they have finished."""
    trail.record(action, actor=by, target=second, detail=detail, at=at)
