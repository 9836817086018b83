"""What authorities published about suppliers, the suppliers' replies, and rows of such lists that wait for a person to match them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import JSONArray, JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Barred, Permission, has
from audit.history import keep_history
from suppliers.models.companies import Import, OwnedQuerySet, Supplier, SupplierOwned
from suppliers.models.documents import Document
from suppliers.models.interests import Interest
from suppliers.models.walls import ConflictOfInterest, WalledQuerySet


if TYPE_CHECKING:
    from accounts.models import User

_OF_THE_SAME_SUPPLIER = """
    IF NOT EXISTS (
        SELECT FROM suppliers_publicrecord record JOIN suppliers_document document ON document.supplier_id = record.supplier_id
        WHERE record.id = NEW.record_id AND document.id = NEW.document_id
    ) THEN
        RAISE EXCEPTION 'the document is of another supplier' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
"""


# The right of reply, from the day the record is matched.
REPLY_DAYS = 15


def end_of_reply() -> datetime:
    return timezone.now() + timedelta(days=REPLY_DAYS)


class PublicRecordQuerySet(OwnedQuerySet["PublicRecord"]):
    def undecided(self) -> Self:
        return self.filter(status__in=PublicRecord.UNDECIDED)

    def to_decide(self, at: datetime) -> Self:
        """The supplier has replied, or has let its time go by."""
        return self.filter(Q(status="replied") | Q(status="waiting_reply", reply_until__lt=at))


@keep_history()
class PublicRecord(SupplierOwned):
    """A violation or rating that an authority published, with the supplier's reply beside it, and what a person made of both.

    It counts for a label only once a person has upheld it, and for a score never: only a verdict of the review changes that.
    """

    class Kind(models.TextChoices):
        WATER = "water", _("Water pollution")
        AIR = "air", _("Air pollution")
        SOLID_WASTE = "solid_waste", _("Solid waste")
        HAZARDOUS_WASTE = "hazardous_waste", _("Hazardous waste")
        NOISE = "noise", _("Noise")
        NO_PERMIT = "no_permit", _("Discharge without a permit or against it")
        NO_ASSESSMENT = "no_assessment", _("Built without environmental assessment")
        NO_ACCEPTANCE = "no_acceptance", _("Used without acceptance of pollution control")
        BYPASS = "bypass", _("Hidden pipe or bypass")
        FALSE_DATA = "false_data", _("False monitoring data")
        REPORTING = "reporting", _("Reporting or record-keeping")
        EMERGENCY = "emergency", _("Environmental emergency")
        CREDIT_RATING = "credit_rating", _("Environmental credit rating")
        OTHER = "other", pgettext_lazy("kind of public record", "Other violation")

    class Rating(models.TextChoices):
        """The colours of the environmental credit rating (环发[2013]150号; some provinces add black)."""

        GREEN = "green", pgettext_lazy("credit rating", "Green")
        BLUE = "blue", pgettext_lazy("credit rating", "Blue")
        YELLOW = "yellow", pgettext_lazy("credit rating", "Yellow")
        RED = "red", pgettext_lazy("credit rating", "Red")
        BLACK = "black", pgettext_lazy("credit rating", "Black")

    class Status(models.TextChoices):
        WAITING = "waiting_reply", _("Waiting for the supplier's reply")
        REPLIED = "replied", _("Replied, to be decided")
        UPHELD = "upheld", _("Upheld")
        ANSWERED = "answered", _("Answered to our satisfaction")
        WRONG_MATCH = "wrong_match", _("Not this supplier")

    # What an authority is content with.
    GOOD_RATINGS = ("green", "blue", "yellow")
    UNDECIDED = ("waiting_reply", "replied")
    DECISIONS = ("upheld", "answered", "wrong_match")

    class IllegalTransition(Exception):
        """The record is not in a state from which this step can be taken."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="public_records", verbose_name=_("supplier"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.OTHER)
    authority = models.CharField(_("authority"), max_length=200)
    reference = models.CharField(_("decision number"), max_length=120, blank=True)
    decided_on = models.DateField(_("decided on"))
    description = models.TextField(_("description"))
    legal_basis = models.TextField(_("legal basis"), blank=True)
    penalty = models.TextField(_("penalty"), blank=True)
    fine_cny = models.DecimalField(_("fine (CNY)"), max_digits=14, decimal_places=2, null=True, blank=True)
    rating = models.CharField(_("rating"), max_length=8, choices=Rating.choices, blank=True)
    source_url = models.URLField(_("source"), blank=True)
    # As the list has them: the code it was matched by, and a name that may be a former one.
    published_uscc = models.CharField(_("published code"), max_length=18, blank=True)
    published_name = models.CharField(_("published name"), max_length=300, blank=True)
    # What makes it this record and no other, so that the same list a second time changes nothing.
    fingerprint = models.CharField(max_length=64, blank=True)
    source = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, blank=True, related_name="records")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    status = models.CharField(_("status"), max_length=16, choices=Status.choices, default=Status.WAITING)
    # Until then nobody upholds it unheard.
    reply_until = models.DateTimeField(_("reply until"), default=end_of_reply)
    answer = models.TextField(_("supplier's answer"), blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    judged_at = models.DateTimeField(_("decided"), null=True, blank=True)
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    judgement = models.TextField(_("reason of the decision"), blank=True)

    objects = PublicRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("public record")
        verbose_name_plural = _("public records")
        constraints = [
            models.UniqueConstraint(fields=["supplier", "fingerprint"], condition=~Q(fingerprint=""), name="public_record_once_a_supplier"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "water",
                        "air",
                        "solid_waste",
                        "hazardous_waste",
                        "noise",
                        "no_permit",
                        "no_assessment",
                        "no_acceptance",
                        "bypass",
                        "false_data",
                        "reporting",
                        "emergency",
                        "credit_rating",
                        "other",
                    ]
                ),
                name="public_record_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(rating__in=["", "green", "blue", "yellow", "red", "black"]), name="public_record_rating_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="credit_rating") & ~Q(rating="") | ~Q(kind="credit_rating") & Q(rating=""),
                name="public_record_rating_when_rated",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer=""),
                name="public_record_answered_at_and_by_together",
            ),
            # No record counts without a person who says so, and why.
            models.CheckConstraint(
                condition=Q(status__in=["waiting_reply", "replied"], judged_at__isnull=True, judged_by__isnull=True)
                | Q(status__in=["upheld", "answered", "wrong_match"], judged_at__isnull=False, judged_by__isnull=False) & ~Q(judgement=""),
                name="public_record_decided_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting_reply", answered_at__isnull=True)
                | Q(status__in=["replied", "answered"], answered_at__isnull=False)
                | Q(status="upheld", answered_at__isnull=False)
                | Q(status="upheld", judged_at__gt=F("reply_until"))
                | Q(status="wrong_match"),
                name="public_record_heard_before_it_is_upheld",
            ),
        ]
        indexes = [
            models.Index(fields=["supplier", "-decided_on"], name="public_record_newest"),
            models.Index(fields=["decided_on", "id"], name="public_record_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.authority} {self.decided_on}"

    def get_absolute_url(self) -> str:
        return reverse("suppliers:record", args=[self.pk])

    @property
    def badge(self) -> str:
        """Of an appeal, "upheld" is good news."""
        return "record_upheld" if self.status == self.Status.UPHELD else self.status

    @property
    def is_undecided(self) -> bool:
        return self.status in self.UNDECIDED

    @property
    def is_violation(self) -> bool:
        """Once it is upheld: a good rating is none."""
        return self.rating not in self.GOOD_RATINGS

    def may_be_upheld(self, at: datetime) -> bool:
        """The supplier was heard, or had its time."""
        return self.answered_at is not None or self.reply_until < at


@keep_history()
class RecordEvidence(models.Model):
    """A document of the supplier's library behind its reply."""

    record = models.ForeignKey(PublicRecord, on_delete=models.CASCADE, related_name="evidence")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="record_uses")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("evidence of a reply")
        verbose_name_plural = _("evidence of replies")
        constraints = [models.UniqueConstraint(fields=["record", "document"], name="record_evidence_once")]
        triggers = [
            pgtrigger.Trigger(
                name="of_the_same_supplier",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_OF_THE_SAME_SUPPLIER,
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_id}:{self.document_id}"


class HeldRecordQuerySet(WalledQuerySet["HeldRecord"]):
    def visible_to(self, user: "User") -> Self:
        """Nobody's yet: a matter of the buyer's people alone, and of none of them whose own supplier comes into question."""
        return self.without_conflicts_of(user) if has(user, Permission.SUPPLIER_VIEW) else self.none()

    def without_conflicts_of(self, user: "User") -> Self:
        named = JSONArray(JSONObject(supplier="supplier_id"))
        theirs = Interest.objects.in_force_for(user).annotate(named=named).filter(named__contained_by=OuterRef("candidates"))
        walled = self.filter(~Exists(theirs))
        walled._viewer = user
        return walled

    def barring(self, viewer: "User", asked_for: "models.QuerySet[HeldRecord]") -> Barred | None:
        candidates = {each["supplier"] for held in asked_for for each in held.candidates}
        interest = Interest.objects.in_force_for(viewer).filter(supplier__in=candidates).select_related("supplier").first()
        return ConflictOfInterest(interest) if interest else None

    def waiting(self) -> Self:
        return self.filter(decided_at__isnull=True)


@keep_history(personal=["values"])
class HeldRecord(models.Model):
    """A published row whose code nobody has, but whose name a supplier bears or bore: a person says whether it is the same company."""

    source = models.ForeignKey(Import, on_delete=models.SET_NULL, null=True, blank=True, related_name="held_records")
    fingerprint = models.CharField(max_length=64, unique=True)
    published_name = models.CharField(_("published name"), max_length=300)
    published_uscc = models.CharField(_("published code"), max_length=18, blank=True)
    values = models.JSONField(default=dict, help_text="the fields of the record it would become; none, long after it was decided")
    candidates = models.JSONField(help_text="[{supplier, name, is_former}]")
    created_at = models.DateTimeField(_("imported"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(_("reason"), blank=True)
    # The record it became; none where it is another company.
    record = models.ForeignKey(PublicRecord, on_delete=models.PROTECT, null=True, blank=True, related_name="held_as")

    objects = HeldRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("record to match")
        verbose_name_plural = _("records to match")
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, record__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(reason=""),
                name="held_record_decided_at_and_by_together",
            )
        ]
        indexes = [models.Index(fields=["id"], name="held_record_waiting", condition=Q(decided_at__isnull=True))]

    def __str__(self) -> str:
        return self.published_name

    def get_absolute_url(self) -> str:
        return reverse("suppliers:record_match", args=[self.pk])
