"""Opening again what was handed in: the supplier takes back or asks, the buyer grants or refuses."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments.models import Amendment, Assessment
from assessments.review import amending
from assessments.staff_forms import ReasonForm
from audit import trail


@require_http_methods(["GET", "POST"])
def amend(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Taking back where nobody has begun to review, else asking. Which of the two it is, is looked at again when it is sent."""
    require(request.user, Permission.ASSESSMENT_SUBMIT)
    visible = Assessment.objects.visible_to(request.user).select_related("campaign", "supplier")
    assessment = get_object_or_404(visible, pk=pk)
    takes_back = assessment.status == Assessment.Status.SUBMITTED
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _amend(request, assessment, takes_back, form.cleaned_data["reason"])
    if assessment.status not in ("submitted", "in_review", "closed"):
        messages.info(request, _("This self-assessment is not handed in: there is nothing to take back."))
        return redirect("assessments:overview", pk)
    waiting = assessment.amendments.filter(state=Amendment.State.ASKED).first()
    context = {"assessment": assessment, "form": form, "takes_back": takes_back, "waiting": None if takes_back else waiting}
    return render(request, "assessments/amend.html", context)


def _amend(request: AuthenticatedHttpRequest, assessment: Assessment, takes_back: bool, reason: str) -> HttpResponse:
    common: dict[str, Any] = {"assessment_id": assessment.pk, "reason": reason, "by": request.user, "at": timezone.now()}
    # What the person read on the button is what happens, or nothing.
    if takes_back != (request.POST.get("step") == "take_back"):
        messages.error(request, _("The review has begun or ended meanwhile. Please look again."))
        return redirect("assessments:amend", assessment.pk)
    try:
        if takes_back:
            amending.take_back(**common)
            messages.success(request, _("You have taken it back. Change what is needed, then sign and submit again."))
        else:
            amending.ask(**common)
            messages.success(request, _("The buyer has your request and answers it by e-mail and here."))
    except amending.AlreadyAsked:
        messages.info(request, _("A request is waiting for the buyer's answer already."))
    except Assessment.IllegalTransition:
        messages.error(request, _("The review has begun or ended meanwhile. Please look again."))
    return redirect("assessments:overview", assessment.pk)


@require_http_methods(["GET", "POST"])
def amendment(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """A supplier's request, for the buyer's people."""
    require(request.user, Permission.REVIEW_VIEW)
    requests = Amendment.objects.visible_to(request.user).select_related("assessment__supplier", "assessment__campaign")
    found = get_object_or_404(requests.select_related("asked_by", "decided_by", "assessment__reviewer"), pk=pk)
    form = ReasonForm(request.POST or None)
    form.fields["reason"].label = _("Your answer to the supplier")
    form.fields["reason"].required = request.POST.get("step") != "grant"
    if request.method == "POST":
        require(request.user, Permission.REVIEW_DECIDE)
        if form.is_valid():
            return _decide(request, found, form.cleaned_data["reason"])
    supplier_id = found.assessment.supplier_id
    trail.record("assessment.viewed", actor=request.user, target=found.assessment, supplier_id=supplier_id)
    may_decide = has(request.user, Permission.REVIEW_DECIDE) and found.state == Amendment.State.ASKED
    return render(
        request, "assessments/amendment.html", {"amendment": found, "assessment": found.assessment, "form": form, "may_decide": may_decide}
    )


def _decide(request: AuthenticatedHttpRequest, found: Amendment, message: str) -> HttpResponse:
    common: dict[str, Any] = {"amendment_id": found.pk, "message": message, "by": request.user, "at": timezone.now()}
    try:
        if request.POST.get("step") == "grant":
            amending.grant(**common)
            messages.success(request, _("Granted: the supplier may change its answers, and signs again."))
        else:
            amending.refuse(**common)
            messages.success(request, _("Refused: the answers stay as they are, and the supplier is told why."))
    except Amendment.IllegalTransition:
        messages.error(request, _("This request was answered already."))
    except Assessment.IllegalTransition:
        messages.error(request, _("The assessment is open for changes already."))
    return redirect(found)
