"""The workbench, where one assessment is judged area by area; verdicts save by themselves, like answers in the editor."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest, require_author
from accounts.permissions import Permission, has, require
from assessments.answering import inputs
from assessments.answering.inputs import split_key
from assessments.models import Amendment, Answer, Assessment, Verdict
from assessments.review import judging, queries, reviewing, workbench
from assessments.review.judging import Typed
from assessments.rules import rulesets
from assessments.selectors import AnsweredArea, Dossier, open_dossier
from assessments.views.answers import question_or_404
from assessments.views.review import can_decide, find, may_take, refusal_text
from audit import trail


# --- the page ---------------------------------------------------------------------------------------------------------


@require_GET
def first_area(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The first that is not judged through."""
    areas = open_dossier(find(request, pk)).areas
    return redirect("assessments:review_area", pk, next((each for each in areas if not each.is_judged), areas[0]).code)


@never_cache  # the Back button must not bring back verdicts as they were
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # documents are shown in frames (suppliers.views.previews)
@require_http_methods(["GET", "POST"])
def area(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    assessment = find(request, pk)
    if request.method == "POST":
        return save_area(request, assessment, code)
    dossier = open_dossier(assessment)
    return draw(request, dossier, area_or_404(dossier, code))


def area_or_404(dossier: Dossier, code: str) -> AnsweredArea:
    found = dossier.area(code)
    if found is None:
        raise Http404(code)
    return found


def draw(request: AuthenticatedHttpRequest, dossier: Dossier, this: AnsweredArea, typed: dict[str, Typed] | None = None) -> HttpResponse:
    assessment = dossier.assessment
    trail.record("assessment.viewed", actor=request.user, target=assessment, supplier_id=assessment.supplier_id, detail={"area": this.code})
    may_decide, may_judge = can_decide(request.user, assessment), has(request.user, Permission.REVIEW_DECIDE)
    context = {
        "assessment": assessment,
        "dossier": dossier,
        "area": this,
        "desk": workbench.desk_of(dossier, this, may_decide=may_decide, today=timezone.localdate(), typed=typed),
        "wrong": [card for card in this.answers if typed and card.code in typed],
        "not_asked": [question for question in this.questions if not question.is_asked],
        "may_decide": may_decide,
        "waiting": assessment.amendments.filter(state=Amendment.State.ASKED).select_related("asked_by").first(),
        "may_take": may_take(request.user, assessment),
        "may_hand_over": may_judge and assessment.is_in_queue,
        "assigned": assessment.review_assignments.select_related("before", "assigned_by").order_by("-at", "-pk").first(),
        "may_write": may_judge and assessment.status in queries.TALKS_WHILE,
        "may_raise": has(request.user, Permission.FINDING_MANAGE),
    }
    return render(request, "assessments/review.html", context, status=422 if typed else 200)


# --- verdicts ---------------------------------------------------------------------------------------------------------


def save_area(request: AuthenticatedHttpRequest, assessment: Assessment, code: str) -> HttpResponse:
    """The whole page at once, for browsers without script and for the buttons below it."""
    require(request.user, Permission.REVIEW_DECIDE)
    dossier = open_dossier(assessment)
    this = area_or_404(dossier, code)
    try:
        wrong = give_posted(request, dossier, this)
    except (reviewing.TakenByAnother, reviewing.AwaitsOthers, Assessment.IllegalTransition) as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("assessments:review", assessment.pk)
    if wrong:
        dossier = open_dossier(assessment)
        return draw(request, dossier, area_or_404(dossier, code), wrong)
    messages.success(request, _("All verdicts on the page are saved."))
    if "finish" in request.POST:
        return redirect("assessments:review_finish", assessment.pk)
    places = [each.code for each in dossier.areas]
    following = places[places.index(this.code) + 1 :] if "next" in request.POST else []
    return redirect("assessments:review_area", assessment.pk, following[0] if following else this.code)


def give_posted(request: AuthenticatedHttpRequest, dossier: Dossier, this: AnsweredArea) -> dict[str, Typed]:
    """What could not be given, by its key. A verdict that came back as it went out is left alone."""
    wrong, questions = {}, dossier.worksheet.rules.questionnaire.by_code
    for answer in this.to_judge:
        question, site = questions[answer.question_code], answer.site.pk if answer.site else None
        if not inputs.is_posted(question, request.POST, site):
            continue
        try:
            _verdict, typed = judging.give(
                assessment_id=dossier.assessment.pk, question=question, site=site, data=request.POST, by=request.user, at=timezone.now()
            )
        except reviewing.Overtaken:
            continue
        if typed.errors:
            wrong[answer.code] = typed
    return wrong


@require_POST
def decide(request: AuthenticatedHttpRequest, pk: int, code: str) -> JsonResponse:
    """One verdict in, as the answer editor's script sends it; how the review stands now out.

    200 given, or taken back; 409 another one stands there, or the assessment is not in this person's review; 422 not complete or not
    readable, with what is wrong per input.
    """
    assessment = find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    require_author(request)
    code, site = split_key(code)
    question = question_or_404(rulesets.for_version(assessment.campaign.questionnaire_id), code)
    try:
        verdict, typed = judging.give(assessment_id=pk, question=question, site=site, data=request.POST, by=request.user, at=timezone.now())
    except Answer.DoesNotExist as error:
        raise Http404(code) from error
    except reviewing.Overtaken as overtaken:
        stood = overtaken.stored
        return JsonResponse(
            verdict_json(stood) | {"is_kept": True, "html": " ", "pairs": judging.pairs_of(question, site, stood)}, status=409
        )
    except (reviewing.TakenByAnother, reviewing.AwaitsOthers, Assessment.IllegalTransition) as refusal:
        return JsonResponse({"closed": refusal_text(refusal)}, status=409)
    if typed.errors:
        return JsonResponse({"errors": typed.errors, "is_unfinished": typed.is_unfinished}, status=422)
    return JsonResponse(verdict_json(verdict) | stands_json(assessment, inputs.answer_key(code, site)))


def verdict_json(verdict: Verdict | None) -> dict[str, Any]:
    return {"version": verdict.version if verdict else 0, "at": (verdict.at if verdict else timezone.now()).isoformat()}


def stands_json(assessment: Assessment, key: str) -> dict[str, Any]:
    """What the page has to show differently: by the same scorer as ever, from what is stored."""
    dossier = open_dossier(assessment)
    judged = {answer.code: answer.verdict is not None for each in dossier.areas for answer in each.to_judge}
    return {
        "questions": {key: {"hidden": False, "answered": judged.get(key, False), "lacks_evidence": False, "checks": []}},
        "figures": render_to_string("assessments/_review_figures.html", {"dossier": dossier, "assessment": assessment}),
        "left": {each.code: each.left for each in dossier.areas},
    }


# --- the rest of an area ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def accept_rest(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    """First shows what would be accepted and what would be left; then accepts what was shown."""
    assessment = find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    dossier = open_dossier(assessment)
    this = area_or_404(dossier, code)
    desk = workbench.desk_of(dossier, this, may_decide=False, today=timezone.localdate())
    if request.method == "GET":
        trail.record("assessment.viewed", actor=request.user, target=assessment, supplier_id=assessment.supplier_id, detail={"area": code})
        context = {"assessment": assessment, "area": this, "desk": desk, "may_decide": can_decide(request.user, assessment)}
        return render(request, "assessments/review_accept.html", context)
    shown = set(request.POST.getlist("answer"))
    keys = [answer.code for answer in desk.acceptable if answer.code in shown]
    try:
        accepted = reviewing.accept_rest(assessment_id=pk, keys=keys, by=request.user, at=timezone.now())
    except (reviewing.TakenByAnother, reviewing.AwaitsOthers, Assessment.IllegalTransition) as refusal:
        messages.error(request, refusal_text(refusal))
    else:
        done = ngettext("%(count)s answer was accepted.", "%(count)s answers were accepted.", accepted)
        messages.success(request, done % {"count": accepted})
    return redirect("assessments:review_area", pk, code)
