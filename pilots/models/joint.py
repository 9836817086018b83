from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Permission, has
from audit.history import keep_history
from emissions.models import in_use, optional_tonnes
from pilots.models.agreements import Agreement
from pilots.models.parts import PartQuerySet


if TYPE_CHECKING:
    from accounts.models import User


class JointProgrammeQuerySet(models.QuerySet["JointProgramme"]):
    def visible_to(self, user: "User") -> Self:
        """All of them for the buyer's people; for a supplier those it is invited to."""
        if has(user, Permission.PILOT_VIEW):
            return self
        if user.supplier_id:
            return self.filter(actions__agreement__supplier_id=user.supplier_id).distinct()
        return self.none()


@keep_history()
class JointProgramme(models.Model):
    """A joint action that the buyer invites suppliers to: one or two a year."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("joint action", "Open")
        DONE = "done", pgettext_lazy("joint action", "Done")
        DROPPED = "dropped", pgettext_lazy("joint action", "Dropped")

    year = models.PositiveSmallIntegerField(_("year"))
    # The first or the second of its year: there is no third.
    place = models.PositiveSmallIntegerField(_("of the year"), choices=[(1, _("First of the year")), (2, _("Second of the year"))])
    title_en = models.CharField(_("English title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    description = models.TextField(_("what is done together"))
    reply_by = models.DateField(_("reply by"))
    ends_on = models.DateField(_("ends on"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(_("planned"))

    objects = JointProgrammeQuerySet.as_manager()

    # What a list adds.
    invited: int
    committed: int
    promised: Decimal | None
    saved: Decimal | None

    class Meta:
        verbose_name = _("joint action of several suppliers")
        verbose_name_plural = _("joint actions of several suppliers")
        ordering = ["-year", "-place"]
        constraints = [
            models.UniqueConstraint(fields=["year", "place"], name="joint_programme_one_or_two_a_year"),
            models.CheckConstraint(condition=Q(place__in=[1, 2]), name="joint_programme_place_1_or_2"),
            models.CheckConstraint(condition=Q(status__in=["open", "done", "dropped"]), name="joint_programme_status_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("reply_by")), name="joint_programme_ends_after_replies"),
        ]

    def __str__(self) -> str:
        return f"{self.year}/{self.place} {self.title_en}"

    @property
    def title(self) -> str:
        return in_use(self.title_zh, self.title_en)

    def get_absolute_url(self) -> str:
        return reverse("pilots:programme", args=[self.pk])


@keep_history()
class JointAction(models.Model):
    """What one supplier does of the one or two things a year that buyer and suppliers do together."""

    class Status(models.TextChoices):
        INVITED = "invited", pgettext_lazy("joint action", "Invited")
        DECLINED = "declined", pgettext_lazy("joint action", "Declined")
        PLANNED = "planned", _("Planned")
        UNDER_WAY = "under_way", _("Under way")
        DELIVERED = "delivered", _("Delivered")
        DROPPED = "dropped", _("Dropped")

    NOT_TAKEN_PART = (Status.INVITED, Status.DECLINED, Status.DROPPED)

    class IllegalTransition(Exception):
        """The action is not in a state from which this step can be taken."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="joint_actions")
    programme = models.ForeignKey(
        JointProgramme, on_delete=models.PROTECT, null=True, blank=True, related_name="actions", verbose_name=_("joint action")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    expected_reduction = optional_tonnes(_("expected reduction (tCO₂e)"))
    delivered_reduction = optional_tonnes(_("delivered reduction (tCO₂e)"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PLANNED)
    due_on = models.DateField(_("due on"), null=True, blank=True)

    objects = PartQuerySet["JointAction"].as_manager()

    class Meta:
        verbose_name = _("joint action")
        verbose_name_plural = _("joint actions")
        ordering = ["year", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["invited", "declined", "planned", "under_way", "delivered", "dropped"]),
                name="joint_action_status_known",
            ),
            models.UniqueConstraint(fields=["programme", "agreement"], name="joint_action_invited_once"),
            models.CheckConstraint(
                condition=Q(delivered_reduction__isnull=True) | Q(status="delivered"), name="joint_action_saved_when_delivered"
            ),
            models.CheckConstraint(
                condition=Q(programme__isnull=True) | Q(status__in=["invited", "declined"]) | Q(expected_reduction__isnull=False),
                name="joint_action_commits_to_tonnes",
            ),
            models.CheckConstraint(
                condition=(Q(expected_reduction__isnull=True) | Q(expected_reduction__gte=0))
                & (Q(delivered_reduction__isnull=True) | Q(delivered_reduction__gte=0)),
                name="joint_action_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.title
