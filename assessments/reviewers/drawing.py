"""Drawing cases for a second review, and finding the person for it.

The share is drawn as cases come in, the minimum of each category and each reviewer at night. Who reviews a second time has had no part in
the case: has no conflict of interest, was never its reviewer, and has not looked at it since the first verdict.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction

from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, Q

from accounts.looks import LOOK
from accounts.models import Membership, Role
from assessments.models import Assessment, ReviewAssignment, ReviewPlan, SecondReview, Verdict
from assessments.models.assessments import AssessmentQuerySet
from assessments.reviewers import assigning, sampling
from assessments.reviewers.sampling import Candidate
from assessments.reviewers.spreading import least_loaded
from audit import trail
from audit.models import Event


Drawn = SecondReview.Drawn


# --- drawing ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def draw_by_share(ids: Sequence[int], *, at: datetime) -> int:
    """Of these cases those whose lot falls; drawing again draws the same. How many are new."""
    assigning.lock()
    drawn = 0
    for plan in ReviewPlan.objects.filter(second_share__gt=0, campaign__assessments__in=ids).distinct().order_by("pk"):
        cases = list(_drawable(plan.campaign_id).filter(pk__in=ids))
        chosen = sampling.by_share(map(_candidate, cases), seed=plan.seed, share=Fraction(plan.second_share, 100))
        drawn += _create(cases, chosen, Drawn.SHARE, at=at)
    return drawn


@transaction.atomic
def draw_minimum(campaign_id: int, *, at: datetime) -> int:
    """Fill up categories and reviewers of whom too few cases were drawn, as far as there are open ones."""
    assigning.lock()
    plan = ReviewPlan.objects.filter(campaign=campaign_id, second_minimum__gt=0).first()
    if plan is None:
        return 0
    cases = list(_drawable(campaign_id))
    before = Assessment.objects.filter(campaign=campaign_id, second_review__isnull=False).select_related("supplier")
    chosen = sampling.by_minimum(list(map(_candidate, cases)), map(_candidate, before), seed=plan.seed, minimum=plan.second_minimum)
    return _create(cases, chosen, Drawn.MINIMUM, at=at)


@transaction.atomic
def draw_all(campaign_id: int, *, at: datetime) -> int:
    """Of one campaign: what the share draws of the open cases, and then what the minimum lacks."""
    by_share = draw_by_share(list(_drawable(campaign_id).values_list("pk", flat=True)), at=at)
    return by_share + draw_minimum(campaign_id, at=at)


def campaigns_with_sample() -> Iterable[int]:
    plans = ReviewPlan.objects.filter(
        Q(second_share__gt=0) | Q(second_minimum__gt=0), campaign__assessments__status__in=Assessment.IN_QUEUE
    )
    return plans.order_by("pk").values_list("pk", flat=True).distinct()


def _drawable(campaign_id: int) -> AssessmentQuerySet:
    return Assessment.objects.in_review_queue().filter(campaign=campaign_id, second_review=None).select_related("supplier").order_by("pk")


def _candidate(case: Assessment) -> Candidate:
    reviewer = (f"reviewer:{case.reviewer_id}",) if case.reviewer_id else ()
    return Candidate(case.pk, (f"category:{case.supplier.category}", *reviewer))


def _create(cases: Sequence[Assessment], chosen: Iterable[int], drawn: str, *, at: datetime) -> int:
    by_id = {case.pk: case for case in cases}
    taking = [by_id[pk] for pk in chosen]
    if not taking:
        return 0
    pool = Pool(taking, at=at)
    seconds = [SecondReview(assessment=case, drawn=drawn, drawn_at=at, reviewer_id=pool.second_for(case)) for case in taking]
    SecondReview.objects.bulk_create(seconds)
    # Without the supplier: no page about it says that it was drawn.
    steps = [trail.Step("second_review.drawn", each, None, {"drawn": drawn, "reviewer": each.reviewer_id}) for each in seconds]
    trail.record_steps(steps, at=at)
    return len(seconds)


# --- people -----------------------------------------------------------------------------------------------------------


def loads() -> Counter[int]:
    """Open reviews a person, second ones and differences to settle among them."""
    counted = assigning.loads()
    waiting = SecondReview.objects.filter(status=SecondReview.Status.OPEN, finished_at=None).exclude(reviewer=None)
    settling = SecondReview.objects.filter(status=SecondReview.Status.DIFFERS).exclude(third=None)
    for rows, who in ((waiting, "reviewer"), (settling, "third")):
        counted.update({row[who]: row["n"] for row in rows.values(who).order_by().annotate(n=Count("pk"))})
    return counted


class Pool:
    """Who may have a part in the second review of these cases. A fixed number of statements for any number of them."""

    def __init__(self, cases: Sequence[Assessment], *, at: datetime) -> None:
        is_reviewer = Exists(Membership.objects.filter(user=OuterRef("pk"), role=Role.REVIEWER))
        people = assigning.free_reviewers(at=at).annotate(reviews=is_reviewer).values_list("pk", "reviews")
        # Those whose daily work it is, before the ESG staff.
        self.ranks = [[pk for pk, reviews in people if reviews], [pk for pk, reviews in people if not reviews]]
        self.loads = loads()
        self.barred = assigning.barred(cases)
        self.informed = informed(cases)

    def second_for(self, case: Assessment) -> int | None:
        """None where everybody knows the case, or may not."""
        return self._least_loaded(self.barred[case.pk] | self.informed[case.pk] | {case.reviewer_id})

    def third_for(self, case: Assessment, *others: int | None) -> int | None:
        """Whoever settles differences reads both reviews anyway."""
        return self._least_loaded({*self.barred[case.pk], case.reviewer_id, *others})

    def may_be_second(self, case: Assessment, person: int) -> bool:
        return person in {*self.ranks[0], *self.ranks[1]} - self.barred[case.pk] - self.informed[case.pk] - {case.reviewer_id}

    def may_be_third(self, case: Assessment, person: int, *others: int | None) -> bool:
        return person in {*self.ranks[0], *self.ranks[1]} - self.barred[case.pk] - {case.reviewer_id, *others}

    def _least_loaded(self, excluded: set[int | None]) -> int | None:
        for rank in self.ranks:
            if able := [person for person in rank if person not in excluded]:
                chosen = least_loaded(able, self.loads)
                self.loads[chosen] += 1
                return chosen
        return None


def informed(cases: Sequence[Assessment]) -> dict[int, set[int | None]]:
    """Case -> who may know what the first reviewer says of it."""
    ids = [case.pk for case in cases]
    found: dict[int, set[int | None]] = {pk: set() for pk in ids}
    for case, reviewer, before in ReviewAssignment.objects.filter(assessment__in=ids).values_list("assessment", "reviewer", "before"):
        found[case] |= {reviewer, before}
    judged = dict(
        Verdict.objects.filter(assessment__in=ids).values("assessment").annotate(first=Min("at")).values_list("assessment", "first")
    )
    looks = Event.objects.filter(target_type="assessments.assessment", target_id__in=[str(pk) for pk in judged], action__regex=LOOK)
    for looked_at, actor, at in looks.values_list("target_id", "actor", "at"):
        if at >= judged[int(looked_at)]:
            found[int(looked_at)].add(actor)
    return found
