"""Last year's answers: an area at a time on a page of their own, and one by one beside the question."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from assessments.answering import last_year
from assessments.answering.carrying import Confirmed, Pick, confirm
from assessments.answering.inputs import digest, pairs
from assessments.answering.saving import NotOpen
from assessments.answering.worksheet import open_worksheet
from assessments.models import Assessment
from assessments.questionnaires.questions import Area
from assessments.questionnaires.wording import local
from assessments.views.answers import closed_message, state_json


def find(request: AuthenticatedHttpRequest, pk: int) -> Assessment:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    visible = Assessment.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("campaign", "supplier"), pk=pk)


@require_GET
def carry(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """How much of last year's answers can be used again, area by area."""
    assessment = find(request, pk)
    desk = last_year.desk(open_worksheet(assessment), today=timezone.localdate())
    context: dict[str, Any] = {"assessment": assessment}
    if desk:
        areas = desk.areas()
        first = next((area for area in areas if area.tally.open), None)
        context |= {"desk": desk, "tally": desk.tally(), "areas": areas, "first": first}
    return render(request, "assessments/carry.html", context)


@require_http_methods(["GET", "POST"])
def carry_area(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    assessment = find(request, pk)
    if request.method == "POST":
        return _confirm(request, assessment, code)
    desk = last_year.desk(open_worksheet(assessment), today=timezone.localdate())
    if desk is None:
        return redirect("assessments:carry", pk)
    area = area_or_404(desk, code)
    lines, areas = desk.lines(area), desk.areas()
    context = {
        "assessment": assessment,
        "desk": desk,
        "area": area,
        "title": local(area.title),
        "summary": local(area.summary),
        "areas": areas,
        "tally": desk.tally(area.code),
        "same": [line for line in lines if line.state == last_year.OFFERED and line.pick],
        "reworded": [line for line in lines if line.state == last_year.CHANGED],
        "figures": [line for line in lines if line.state == last_year.NEW_FIGURES],
        "other": [line for line in lines if line.state in (last_year.NEW, last_year.ANSWERED)],
        "taken": [line for line in lines if line.state == last_year.TAKEN],
        "next": next((each for each in areas[_place(areas, code) + 1 :] if each.tally.open), None),
    }
    return render(request, "assessments/carry_area.html", context)


def _place(areas: list[last_year.CarryArea], code: str) -> int:
    return next((place for place, area in enumerate(areas) if area.code == code), -1)


def area_or_404(desk: last_year.LastYearDesk, code: str) -> Area:
    from django.http import Http404

    for area in desk.worksheet.rules.questionnaire.areas:
        if area.code == code:
            return area
    raise Http404(code)


def _confirm(request: AuthenticatedHttpRequest, assessment: Assessment, code: str) -> HttpResponse:
    is_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        done = confirm_posted(request, assessment.pk)
    except NotOpen:
        if is_script:
            return JsonResponse({"closed": closed_message()}, status=409)
        messages.error(request, closed_message())
        return redirect("assessments:overview", assessment.pk)
    if is_script:
        return confirmed_json(request, assessment, done)
    say(request, done)
    return redirect("assessments:carry_area", assessment.pk, code)


def confirm_posted(request: AuthenticatedHttpRequest, assessment_id: int) -> Confirmed:
    """One answer by its button, or all that were shown. What cannot be read as a pick is none. Raises `NotOpen`."""
    texts = request.POST.getlist("shown" if "all" in request.POST else "confirm")
    picks = [pick for pick in map(Pick.read, texts) if pick]
    return confirm(assessment_id=assessment_id, picks=picks, by=request.user, at=timezone.now())


def say(request: AuthenticatedHttpRequest, done: Confirmed) -> None:
    if done.taken:
        words = ngettext("%(count)d answer is taken over.", "%(count)d answers are taken over.", len(done.taken))
        messages.success(request, words % {"count": len(done.taken)})
    if done.left:
        words = _("Not taken over, because they were answered or changed meanwhile: %(codes)s.")
        messages.warning(request, words % {"codes": ", ".join(done.left)})


def confirmed_json(request: AuthenticatedHttpRequest, assessment: Assessment, done: Confirmed) -> JsonResponse:
    """For the editor: the values to show, what stands beside them now, and which questions are asked."""
    worksheet = open_worksheet(assessment)
    by_code = worksheet.rules.questionnaire.by_code
    taken = [by_code[code] for code in done.taken]
    beside = last_year.beside(worksheet, taken, today=timezone.localdate())
    found = {}
    for question in taken:
        answer = worksheet.answers[question.code]
        context = {"earlier": beside[question.code], "assessment": assessment, "can_edit": True}
        html = render_to_string("assessments/_last_year.html", context)
        found[question.code] = {
            "version": answer.version,
            "at": answer.updated_at.isoformat(),
            "was": digest(answer.value),
            "pairs": pairs(question, answer.value),
            "html": html,
        }
    areas = {question.area for question in taken}
    states = {each.code: state_json(worksheet, each) for area in areas for each in worksheet.candidates_in(area)}
    return JsonResponse({"answers": found, "questions": states, "left": list(done.left)})
