from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment, AssessmentOwned, AssessmentOwnedQuerySet


if TYPE_CHECKING:
    from accounts.models import User


class WorkbookUploadQuerySet(AssessmentOwnedQuerySet["WorkbookUpload"]):
    def visible_to(self, user: "User") -> Self:
        """What a supplier has not saved yet is nobody's but its own."""
        return self.filter(assessment__supplier_id=user.supplier_id) if user.supplier_id else self.none()


class WorkbookUpload(AssessmentOwned):
    """A filled-in workbook as it was read: what it changes, and the files beside it. Saved to the answers when a person says so."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="workbooks")
    name = models.CharField(_("file name"), max_length=255)
    sha256 = models.CharField(max_length=64)
    downloaded_at = models.DateTimeField(_("downloaded"))
    downloaded_by = models.CharField(_("downloaded by"), max_length=150, blank=True)
    # Slot ("E1-02", "E1-02@7" of a site) -> what the file says and the value it was written over; see workbook/uploads.py.
    changes = models.JSONField(default=dict)
    files = models.FileField(_("evidence"), upload_to="workbooks/%Y/%m/", max_length=300, blank=True)
    files_name = models.CharField(max_length=255, blank=True)
    # What became of it: slots saved, (slot, file) attached, (file, reason) refused.
    outcome = models.JSONField(default=dict, blank=True)
    run = models.ForeignKey("runs.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"))
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    applied_at = models.DateTimeField(_("saved"), null=True, blank=True)

    objects = WorkbookUploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("uploaded workbook")
        verbose_name_plural = _("uploaded workbooks")
        constraints = [
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True, applied_by__isnull=True) | Q(applied_at__isnull=False, applied_by__isnull=False),
                name="workbook_applied_at_and_by_together",
            ),
        ]
        indexes = [models.Index(fields=["assessment", "-uploaded_at"], name="workbook_newest")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("assessments:workbook", args=[self.assessment_id, self.pk])

    @property
    def saved(self) -> list[str]:
        saved: list[str] = self.outcome.get("saved", [])
        return saved

    @property
    def attached(self) -> list[Any]:
        attached: list[Any] = self.outcome.get("attached", [])
        return attached

    @property
    def refused(self) -> list[Any]:
        """Files, each with why it was not taken."""
        refused: list[Any] = self.outcome.get("refused", [])
        return refused
