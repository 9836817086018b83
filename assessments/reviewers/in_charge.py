"""Who of the buyer's people is written to about a case: who has it, and where nobody may, the ESG staff.

A mail passes the same wall as a page: nobody with a conflict of interest reads of the supplier, and no blind second reviewer of the first
review.
"""

from collections.abc import Iterable

from django.utils.functional import cached_property

from accounts.models import Membership, Role, User
from accounts.permissions import Permission, holders_of
from assessments.models import Assessment, SecondReview
from suppliers.models import Interest


def esg_staff() -> list[User]:
    return list(User.objects.filter(is_active=True, memberships__role=Role.ESG_STAFF).distinct().order_by("pk"))


class Readers:
    """Who is written to about each of several cases; as many statements for a thousand as for one."""

    def __init__(self, assessments: Iterable[Assessment]) -> None:
        cases = list(assessments)
        interested = Interest.objects.people_by_supplier(case.supplier_id for case in cases)
        self._shut = {case.pk: set(interested[case.supplier_id]) for case in cases}
        blind = SecondReview.objects.filter(assessment__in=self._shut, status=SecondReview.Status.OPEN)
        for case_id, reviewer_id in blind.values_list("assessment", "reviewer"):
            self._shut[case_id].add(reviewer_id)

    @cached_property
    def staff(self) -> list[User]:
        return esg_staff()

    @cached_property
    def _deciding(self) -> set[int]:
        return set(Membership.objects.filter(role__in=holders_of(Permission.REVIEW_DECIDE)).values_list("user", flat=True))

    def may_read(self, people: Iterable[User], assessment: Assessment) -> list[User]:
        return [person for person in people if person.pk not in self._shut[assessment.pk]]

    def in_charge_of(self, assessment: Assessment, *others: User | None) -> list[User]:
        """The first of its reviewer and these who still decides reviews, else the ESG staff."""
        for person in (assessment.reviewer, *others):
            if person and person.is_active and person.pk in self._deciding and (open_to := self.may_read([person], assessment)):
                return open_to
        return self.may_read(self.staff, assessment)


def in_charge_of(assessment: Assessment, *others: User | None) -> list[User]:
    return Readers([assessment]).in_charge_of(assessment, *others)


def may_read(people: Iterable[User], assessment: Assessment) -> list[User]:
    return Readers([assessment]).may_read(people, assessment)
