"""What a second reviewer does not see while both reviews are open: the assessment and all that hangs on it, but for its own page.

As with a conflict of interest (`suppliers/models/walls.py`) this is the one place: no page, file, export or answer of the API that asks
for an assessment with `visible_to()` can tell a second reviewer what the first one said.
"""

from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import Barred, Permission, has
from suppliers.models import WalledQuerySet


if TYPE_CHECKING:
    from accounts.models import User


Blinded = TypeVar("Blinded", bound=models.Model)


class BlindedQuerySet(WalledQuerySet[Blinded], Generic[Blinded]):
    # From the row to its assessment.
    assessment_path: ClassVar[str] = "assessment"

    def visible_to(self, user: "User") -> Self:
        """Rows of an assessment, or assessments: seen by those who see the supplier, but for who must not know the first review yet."""
        from assessments.models.second_reviews import SecondReview

        if has(user, Permission.SUPPLIER_VIEW):
            blind = SecondReview.objects.blinding(user).values("assessment")
            return self.without_conflicts_of(user).exclude(**{f"{self.assessment_path}__in": blind})
        return self.filter(**{self.supplier_path: user.supplier_id}) if user.supplier_id else self.none()

    def barring(self, viewer: "User", asked_for: "models.QuerySet[Blinded]") -> Barred | None:
        from assessments.models.second_reviews import SecondReview

        second = SecondReview.objects.blinding(viewer).filter(assessment__in=asked_for.values(self.assessment_path)).first()
        return blind(second.assessment_id) if second else super().barring(viewer, asked_for)


def blind(assessment_id: int) -> Barred:
    return Barred(
        _(
            "You review this assessment a second time, without knowing what the first reviewer says. Until both of you have finished, "
            "you see it on the page of your own review only."
        ),
        url=reverse("assessments:second_review", args=[assessment_id]),
        url_label=_("Open my review"),
    )
