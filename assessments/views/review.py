"""Taking an assessment into review, giving it back, and the end of its review. Who else gets it: `review_queue.py`."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.permissions import Permission, has, require
from assessments.models import Amendment, Assessment, Verdict
from assessments.review import reviewing, second_review
from assessments.selectors import AnsweredQuestion, Dossier, open_dossier
from assessments.staff_forms import ReturnForm
from assessments.submission import returning


# --- one assessment ---------------------------------------------------------------------------------------------------


def find(request: AuthenticatedHttpRequest, pk: int) -> Assessment:
    """What was never handed in is not for the buyer to read."""
    require(request.user, Permission.REVIEW_VIEW)
    submitted = Assessment.objects.visible_to(request.user).filter(submitted_at__isnull=False)
    return get_object_or_404(submitted.select_related("supplier", "campaign", "reviewer"), pk=pk)


def may_take(user: User, assessment: Assessment) -> bool:
    waits = assessment.status == Assessment.Status.SUBMITTED and assessment.reviewer_id in (None, user.pk)
    return waits and has(user, Permission.REVIEW_DECIDE)


def can_decide(user: User, assessment: Assessment) -> bool:
    is_reviewer = assessment.reviewer_id == user.pk and assessment.status == Assessment.Status.IN_REVIEW
    return is_reviewer and has(user, Permission.REVIEW_DECIDE) and not second_review.awaits_others(assessment)


# --- taking, giving back ---------------------------------------------------------------------------------------------


@require_POST
def take(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    try:
        reviewing.take(assessment_id=pk, by=request.user, at=timezone.now())
    except (reviewing.TakenByAnother, reviewing.AwaitsOthers, Assessment.IllegalTransition) as refusal:
        messages.error(request, refusal_text(refusal))
    return redirect("assessments:review", pk)


@require_POST
def give_back(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    try:
        reviewing.give_back(assessment_id=pk, by=request.user, at=timezone.now())
    except (reviewing.TakenByAnother, reviewing.AwaitsOthers, Assessment.IllegalTransition) as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("assessments:review", pk)
    messages.success(request, _("The assessment is back in the queue."))
    return redirect("assessments:review_queue")


# --- the end of the review --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def finish(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """What was decided so far; from here the assessment goes back to the supplier, or is closed."""
    assessment = find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    proposed = timezone.localdate() + returning.TIME_TO_ANSWER
    form = ReturnForm(request.POST if request.POST.get("step") == "return" else None, initial={"due_on": proposed})
    if request.method == "POST":
        try:
            if request.POST.get("step") == "close":
                messages.success(request, closed_words(reviewing.close(assessment_id=pk, by=request.user, at=timezone.now())))
                return redirect("assessments:review", pk)
            if form.is_valid():
                reviewing.return_to_supplier(assessment_id=pk, by=request.user, at=timezone.now(), **form.cleaned_data)
                messages.success(request, _("The assessment went back to the supplier, who is told why by e-mail."))
                return redirect("assessments:review_queue")
        except (
            reviewing.TakenByAnother,
            reviewing.QueriesOpen,
            reviewing.NothingAsked,
            reviewing.AwaitsOthers,
            Assessment.IllegalTransition,
        ) as refusal:
            messages.error(request, refusal_text(refusal))
            return redirect("assessments:review_finish", pk)
    dossier = open_dossier(assessment)
    in_talk = returning.asked_in_talk(assessment)
    queried = [each for each in objections(dossier) if each.verdict and each.verdict.outcome == Verdict.Outcome.QUERY]
    context = {
        "assessment": assessment,
        "dossier": dossier,
        "form": form,
        "may_decide": can_decide(request.user, assessment),
        "objections": objections(dossier),
        "open_queries": [each.label for each in queried],
        "opens": returning.opened_by(assessment, {*in_talk, *(each.question_code for each in queried)}) if queried or in_talk else [],
        "is_wished": assessment.amendments.filter(state=Amendment.State.ASKED).exists(),
        "verified_if_closed": verified_if_closed(dossier),
    }
    return render(request, "assessments/review_finish.html", context)


def closed_words(assessment: Assessment) -> str:
    if assessment.status == Assessment.Status.CLOSED:
        return _("The review is closed. The verified score stands.")
    return _("Your review is finished. The case was drawn for a second review: the verified score stands when that is finished too.")


def objections(dossier: Dossier) -> list[AnsweredQuestion]:
    return [
        question
        for area in dossier.areas
        for question in area.to_judge
        if question.verdict and question.verdict.outcome != Verdict.Outcome.ACCEPT
    ]


def verified_if_closed(dossier: Dossier) -> Any:
    worksheet = dossier.worksheet
    return worksheet.rules.score(worksheet.facts, worksheet.states, True).verified


def refusal_text(refusal: Exception) -> str:
    if isinstance(refusal, reviewing.TakenByAnother):
        if refusal.reviewer is None:
            return _("Take the assessment into review first.")
        return _("%(name)s reviews this assessment.") % {"name": refusal.reviewer}
    if isinstance(refusal, reviewing.AwaitsOthers):
        return _("You have finished. The case waits for the second review.")
    if isinstance(refusal, reviewing.QueriesOpen):
        return _("These answers still have a question to the supplier: %(codes)s.") % {"codes": ", ".join(refusal.questions)}
    if isinstance(refusal, reviewing.NothingAsked):
        return _("A return opens what you asked about: please ask the supplier about at least one answer first.")
    return _("This assessment is not in review any more.")
