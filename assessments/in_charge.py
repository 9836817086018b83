"""Who of the buyer's people is written to about a case: who has it, and where nobody may, the ESG staff.

A mail passes the same wall as a page: nobody with a conflict of interest reads of the supplier, and no blind second reviewer of the first
review.
"""

from collections.abc import Iterable

from accounts.models import Role, User
from accounts.permissions import Permission, holders_of
from assessments.models import Assessment, SecondReview
from suppliers.models import Interest


def esg_staff() -> list[User]:
    return list(User.objects.filter(is_active=True, memberships__role=Role.ESG_STAFF).distinct().order_by("pk"))


def in_charge_of(assessment: Assessment, *others: User | None) -> list[User]:
    """The first of its reviewer and these who still decides reviews, else the ESG staff."""
    for person in (assessment.reviewer, *others):
        if person and person.is_active and _decides(person) and (open_to := may_read([person], assessment)):
            return open_to
    return may_read(esg_staff(), assessment)


def may_read(people: Iterable[User], assessment: Assessment) -> list[User]:
    interested = Interest.objects.people_by_supplier([assessment.supplier_id])[assessment.supplier_id]
    blind = SecondReview.objects.filter(assessment=assessment, status=SecondReview.Status.OPEN).values_list("reviewer", flat=True)
    shut = {*interested, *blind}
    return [person for person in people if person.pk not in shut]


def _decides(person: User) -> bool:
    return person.memberships.filter(role__in=holders_of(Permission.REVIEW_DECIDE)).exists()
