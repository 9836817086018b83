"""Working outside the browser: a workbook to take along, and what a filled-in one changes, looked at before it is saved."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from assessments.answering.saving import NotOpen
from assessments.forms import WorkbookForm
from assessments.models import Assessment, WorkbookUpload
from assessments.questionnaires.wording import local
from assessments.views.answers import closed_message
from assessments.workbook import evidence, uploads
from assessments.workbook.merging import Merge
from assessments.workbook.uploads import Applied
from suppliers.archives import ArchiveRefused
from suppliers.workbook_opening import WorkbookRefused


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def find(request: AuthenticatedHttpRequest, pk: int) -> Assessment:
    visible = Assessment.objects.visible_to(request.user)
    assessment = get_object_or_404(visible.select_related("campaign", "supplier"), pk=pk)
    require(request.user, Permission.ASSESSMENT_ANSWER)
    return assessment


def find_upload(request: AuthenticatedHttpRequest, pk: int, upload: int) -> WorkbookUpload:
    visible = WorkbookUpload.objects.visible_to(request.user).select_related(
        "assessment__campaign", "assessment__supplier", "run", "uploaded_by"
    )
    return get_object_or_404(visible, assessment=pk, pk=upload)


@require_http_methods(["GET", "POST"])
def workbooks(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Download, upload, and what was uploaded before."""
    assessment = find(request, pk)
    form = WorkbookForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and (upload := take_in(request, assessment, form)):
        return redirect(upload)
    earlier = WorkbookUpload.objects.visible_to(request.user).filter(assessment=assessment).select_related("uploaded_by", "applied_by")
    context = {"assessment": assessment, "form": form, "earlier": earlier.order_by("-pk")[:20], "can_edit": assessment.is_editable}
    return render(request, "assessments/workbooks.html", context)


def take_in(request: AuthenticatedHttpRequest, assessment: Assessment, form: WorkbookForm) -> WorkbookUpload | None:
    """None with the reason beside the field when one of the files is refused: then nothing of either is kept."""
    file, files = form.cleaned_data["workbook"], form.cleaned_data["evidence"]
    try:
        with transaction.atomic():
            upload = uploads.keep(assessment=assessment, data=file.read(), name=file.name, by=request.user, at=timezone.now())
            if files:
                evidence.keep_files(upload, files)
    except WorkbookRefused as error:
        form.add_error("workbook", error)
    except ArchiveRefused as error:
        form.add_error("evidence", error)
    except NotOpen:
        form.add_error(None, ValidationError(closed_message()))
    else:
        return upload
    return None


@require_GET
@confirmed("GET")
def copy(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    assessment = find(request, pk)
    now = timezone.now()
    response = HttpResponse(uploads.copy_of(assessment, by=request.user, at=now), content_type=XLSX)
    name = f"assessment-{assessment.campaign.cycle}-{assessment.pk}-{timezone.localtime(now):%Y%m%d-%H%M}.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store, private"
    return response


@require_GET
def workbook(request: AuthenticatedHttpRequest, pk: int, upload: int) -> HttpResponse:
    """What the file changes, beside what stands now."""
    require(request.user, Permission.ASSESSMENT_ANSWER)
    found = find_upload(request, pk, upload)
    return render(request, "assessments/workbook.html", workbook_context(found))


def workbook_context(upload: WorkbookUpload) -> dict[str, Any]:
    merges = uploads.merges_of(upload)
    plan = evidence.plan_of(upload)
    changed = [each for each in merges if each.changes and not uploads.is_locked(each.slot, upload)]
    lines = [line(upload, each) for each in changed]
    return {
        "upload": upload,
        "assessment": upload.assessment,
        "conflicts": [each for each in lines if each["merge"].is_conflict],
        "changes": [each for each in lines if not each["merge"].is_conflict],
        "locked": [str(each.slot) for each in merges if each.changes and uploads.is_locked(each.slot, upload)],
        "wrong": [(each, wrong) for each in merges for wrong in each.wrong],
        "plan": plan,
        "seen": json.dumps({str(each.slot): each.now.version for each in changed}),
        "can_edit": upload.assessment.is_editable,
        "has_more": bool(changed or plan.found),
    }


def line(upload: WorkbookUpload, merge: Merge) -> dict[str, Any]:
    question = merge.question
    address = reverse("assessments:area", args=[upload.assessment_id, question.area])
    return {"merge": merge, "slot": str(merge.slot), "text": local(question.text), "url": f"{address}#{question.code}"}


@require_POST
def save(request: AuthenticatedHttpRequest, pk: int, upload: int) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    found = find_upload(request, pk, upload)
    now = timezone.now()
    choices = {name.removeprefix("choice-"): str(value) for name, value in request.POST.items() if name.startswith("choice-")}
    try:
        applied = uploads.apply(upload_id=found.pk, seen=seen(request), choices=choices, by=request.user, at=now)
        run = evidence.begin(upload_id=found.pk, by=request.user, at=now)
    except NotOpen:
        messages.error(request, closed_message())
        return redirect("assessments:overview", pk)
    say(request, applied, attaching=run is not None)
    return redirect(found)


def seen(request: AuthenticatedHttpRequest) -> dict[str, int]:
    """The versions the person was shown. What is not readable was not seen."""
    try:
        given = json.loads(request.POST.get("seen", ""))
    except ValueError:
        return {}
    return {str(slot): version for slot, version in given.items() if isinstance(version, int)} if isinstance(given, dict) else {}


def say(request: AuthenticatedHttpRequest, applied: Applied, *, attaching: bool) -> None:
    if applied.saved:
        saved = ngettext(
            "%(count)d answer is saved from the workbook.", "%(count)d answers are saved from the workbook.", len(applied.saved)
        )
        messages.success(request, saved % {"count": len(applied.saved)})
    if attaching:
        messages.info(request, _("The evidence is being attached."))
    if applied.moved:
        messages.warning(
            request, _("Changed by somebody since you looked: %(codes)s. Please look again.") % {"codes": ", ".join(applied.moved)}
        )
    if applied.open:
        messages.warning(request, _("Please choose which value should stand: %(codes)s.") % {"codes": ", ".join(applied.open)})


@require_POST
def discard(request: AuthenticatedHttpRequest, pk: int, upload: int) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    found = find_upload(request, pk, upload)
    if found.applied_at:
        messages.info(request, _("What was saved from this workbook stays among the earlier values of each answer."))
        return redirect(found)
    uploads.discard(upload=found)
    messages.success(request, _("The uploaded workbook is gone. No answer was changed."))
    return redirect("assessments:workbooks", pk)
