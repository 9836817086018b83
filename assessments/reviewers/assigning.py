"""Who reviews a case: given by rule when it is handed in, by hand afterwards, and away from whoever may not have it.

A case that is handed in and has a reviewer waits for that person; without one, anybody may take it. Every step is a row of
`ReviewAssignment`, and an event of the trail.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission, holders_of
from assessments import standing
from assessments.models import Absence, Assessment, AssignmentRule, ReviewAssignment, SecondReview
from assessments.reviewers.spreading import Case, Given, Rule, spread
from audit import trail
from runs.calendar import buyers_day
from suppliers.models import Interest, Supplier


Why = ReviewAssignment.Why


class ReasonMissing(Exception):
    """Whoever gives a case to somebody by hand says why."""


class Unavailable(Exception):
    """The person does not review, or is away."""


@dataclass(frozen=True)
class Reassigned:
    """`conflicts`: left where they were, since the person has an interest in the supplier or a part in the second review."""

    moved: int
    conflicts: int = 0
    unchanged: int = 0


# --- people -----------------------------------------------------------------------------------------------------------


def reviewers() -> QuerySet[User]:
    """All who may decide reviews."""
    people = User.objects.filter(is_active=True, memberships__role__in=holders_of(Permission.REVIEW_DECIDE))
    return people.distinct().order_by("name", "pk")


def free_reviewers(*, at: datetime) -> QuerySet[User]:
    """Those of them who are not away."""
    return reviewers().exclude(absences__in=Absence.objects.on(buyers_day(at)))


def loads() -> Counter[int]:
    """Open reviews a person: what is in review, and what waits for that person."""
    counted = Assessment.objects.in_review_queue().exclude(reviewer=None).values("reviewer").order_by().annotate(n=Count("pk"))
    return Counter({row["reviewer"]: row["n"] for row in counted})


def barred(cases: Iterable[Assessment]) -> dict[int, set[int]]:
    """Case -> who may not review it: for an interest in the supplier, or a part in its second review."""
    cases = list(cases)
    interested = Interest.objects.people_by_supplier(case.supplier_id for case in cases)
    found = {case.pk: set(interested[case.supplier_id]) for case in cases}
    for case, *parts in SecondReview.objects.open().filter(assessment__in=list(found)).values_list("assessment", "reviewer", "third"):
        found[case] |= {person for person in parts if person}
    return found


def lock() -> None:
    """Whoever counts loads waits for whoever is about to add to them. Taken before any case, so that no two wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('assessments.assigning'))")


# --- by rule ----------------------------------------------------------------------------------------------------------


def unassigned() -> QuerySet[Assessment]:
    """Handed in, and nobody's."""
    return Assessment.objects.filter(status=Assessment.Status.SUBMITTED, reviewer=None).order_by("submitted_at", "pk")


@transaction.atomic
def assign_by_rules(ids: Sequence[int], *, at: datetime) -> int:
    """Give each of these cases that waits for nobody, or for somebody who is away, to whom the rules say. Says how many were given."""
    rules = stored_rules()
    if not rules:
        return 0
    lock()
    free = frozenset(free_reviewers(at=at).values_list("pk", flat=True))
    cases = _waiting(ids, free)
    given = spread(_as_cases(cases), rules, loads(), free)
    by_id = {case.pk: case for case in cases}
    _give(given, by_id)
    _write_down(
        [
            ReviewAssignment(
                assessment=by_id[one.case],
                reviewer_id=one.reviewer,
                before_id=by_id[one.case].reviewer_id,
                why=Why.RULE,
                rule=one.rule,
                at=at,
            )
            for one in given
        ],
        by=None,
    )
    return len(given)


def stored_rules() -> list[Rule]:
    rules = AssignmentRule.objects.order_by("position").prefetch_related("reviewers")
    return [
        Rule(rule.position, tuple(sorted(each.reviewer_id for each in rule.reviewers.all())), rule.category, rule.unit_id) for rule in rules
    ]


def _waiting(ids: Sequence[int], free: frozenset[int]) -> list[Assessment]:
    """Locked: a reviewer may be about to take one of them."""
    locked = Assessment.objects.select_for_update(of=("self",)).filter(pk__in=ids, status=Assessment.Status.SUBMITTED)
    nobodys = locked.filter(Q(reviewer=None) | ~Q(reviewer__in=free))
    return list(nobodys.select_related("supplier").order_by("submitted_at", "pk"))


def _as_cases(waiting: Sequence[Assessment]) -> list[Case]:
    kept_out = barred(waiting)
    units = _units(case.supplier_id for case in waiting)
    gave_back = _gave_back(case.pk for case in waiting)
    return [
        Case(
            case.pk,
            case.supplier.category,
            frozenset(units.get(case.supplier_id, ())),
            frozenset(kept_out[case.pk] | gave_back.get(case.pk, set())),
        )
        for case in waiting
    ]


def _units(supplier_ids: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    uses = Supplier.units.through.objects.filter(supplier__in=set(supplier_ids))
    for supplier, unit in uses.values_list("supplier_id", "buyingunit_id"):
        found.setdefault(supplier, []).append(unit)
    return found


def _gave_back(ids: Iterable[int]) -> dict[int, set[int]]:
    """Case -> who put it back into the queue: not to be given it again by a rule."""
    found: dict[int, set[int]] = {}
    steps = ReviewAssignment.objects.filter(assessment__in=list(ids), why=Why.GIVEN_BACK)
    for case, person in steps.values_list("assessment", "before"):
        found.setdefault(case, set()).add(person)
    return found


def _give(given: Sequence[Given], cases: Mapping[int, Assessment]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE assessments_assessment assessment SET reviewer_id = given.reviewer
            FROM unnest(%s::bigint[], %s::bigint[]) AS given (id, reviewer)
            WHERE assessment.id = given.id
            """,
            [[one.case for one in given], [one.reviewer for one in given]],
        )


# --- by hand ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def reassign(*, ids: Iterable[int], to: User, reason: str, by: User, at: datetime) -> Reassigned:
    """Cases of the queue to one person, the verdicts given so far with them. Raises `ReasonMissing` and `Unavailable`."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    if not free_reviewers(at=at).filter(pk=to.pk).exists():
        raise Unavailable(to)
    lock()
    cases = _in_queue(ids)
    theirs = [case for case in cases if case.reviewer_id == to.pk]
    kept_out = barred(cases)
    moving = [case for case in cases if case.reviewer_id != to.pk and to.pk not in kept_out[case.pk]]
    Assessment.objects.filter(pk__in=[case.pk for case in moving]).update(reviewer=to)
    _write_down(
        [
            ReviewAssignment(
                assessment=case, reviewer=to, before_id=case.reviewer_id, why=Why.BY_HAND, reason=reason, assigned_by=by, at=at
            )
            for case in moving
        ],
        by=by,
    )
    return Reassigned(len(moving), len(cases) - len(theirs) - len(moving), len(theirs))


def _in_queue(ids: Iterable[int]) -> list[Assessment]:
    locked = Assessment.objects.select_for_update(of=("self",)).in_review_queue().filter(pk__in=list(ids))
    return list(locked.order_by("pk"))


# --- away from somebody -----------------------------------------------------------------------------------------------


def put_back(assessment: Assessment, *, by: User, at: datetime) -> None:
    """The reviewer does not want it: nobody's again. The caller holds its lock."""
    before = assessment.reviewer_id
    assessment.give_back_to_queue()
    _write_down([ReviewAssignment(assessment=assessment, before_id=before, why=Why.GIVEN_BACK, assigned_by=by, at=at)], by=by)


def take_from_conflicted(*, user_id: int, supplier_id: int, by: User, at: datetime) -> int:
    """What this person reviews of this supplier waits again, and goes to whom the rules say. How many cases that were."""
    lock()
    mine = Assessment.objects.select_for_update(of=("self",)).filter(supplier=supplier_id, reviewer=user_id)
    cases = list(mine.exclude(status=Assessment.Status.CLOSED).order_by("pk"))
    for case in cases:
        if case.status == Assessment.Status.IN_REVIEW:
            case.status = Assessment.Status.SUBMITTED
        case.reviewer = None
        case.save(update_fields=["status", "reviewer"])
    _write_down([ReviewAssignment(assessment=case, before_id=user_id, why=Why.CONFLICT, assigned_by=by, at=at) for case in cases], by=by)
    standing.refresh([supplier_id])
    assign_by_rules([case.pk for case in cases], at=at)
    return len(cases)


# --- shared -----------------------------------------------------------------------------------------------------------

_ACTIONS = {Why.BY_HAND: "assessment.handed_over", Why.GIVEN_BACK: "assessment.given_back"}


def _write_down(steps: Sequence[ReviewAssignment], *, by: User | None) -> None:
    ReviewAssignment.objects.bulk_create(steps, batch_size=1000)
    trail.record_steps(
        [
            trail.Step(
                _ACTIONS.get(Why(step.why), "assessment.assigned"),
                step.assessment,
                step.assessment.supplier_id,
                {"from": step.before_id, "to": step.reviewer_id, "why": step.why, "reason": step.reason},
            )
            for step in steps
        ],
        actor=by,
        at=steps[0].at if steps else None,
    )
