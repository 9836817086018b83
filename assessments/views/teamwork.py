"""Several people in one assessment: who is where, who answers which area, comments, questions to come back to."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.confirmation import ask_first
from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.permissions import Permission, has, require
from accounts.templatetags.ui import initials
from assessments.answering.inputs import answer_key, pairs
from assessments.answering.saving import NotOpen, paper_of
from assessments.answering.worksheet import Worksheet, open_worksheet, read_states
from assessments.models import AreaTask, Assessment, Comment
from assessments.questionnaires.questions import Area, Question
from assessments.questionnaires.wording import local
from assessments.rules import rulesets
from assessments.scoring.dependencies import dependencies_of
from assessments.scoring.scorer import RuleSet
from assessments.teamwork import area_tasks, come_back, comments, presence, team
from assessments.teamwork.forms import NEWCOMER, NOBODY, AssignForm, CommentForm
from assessments.teamwork.presence import Change
from assessments.teamwork.team_notes import notes_of
from assessments.views.answers import closed_message, question_or_404, rules_or_404, states_of


# --- who is where -----------------------------------------------------------------------------------------------------


@require_POST
def presence_call(request: AuthenticatedHttpRequest, pk: int) -> JsonResponse:
    """Where this person is in; who else is where, what was saved since the last call, and a fingerprint of the rest out.

    An area's page says what it has `seen` of the rest. The overview is in no area: it hears who is where and the fingerprint.
    """
    require(request.user, Permission.ASSESSMENT_ANSWER)
    rules = rules_or_404(request, pk)
    area = area_or_404(rules, request.POST.get("area", ""))
    now = timezone.now()
    answer = presence.call(
        assessment_id=pk, rules=rules, area=area.code if area else "", question=question_in(rules, area, request), by=request.user, at=now
    )
    body: dict[str, Any] = {
        "open": answer.is_open,
        "cursor": (now - presence.OVERLAP).isoformat(),
        "here": [person_json(pk, rules, each) for each in answer.here],
        "beside": answer.beside,
    }
    if area:
        since = moment(request.POST.get("since", ""))
        changes = presence.saved_since(pk, since) if since else []
        if changes or request.POST.get("seen", answer.beside) != answer.beside:
            body |= changes_json(rules, pk, area, changes, by=request.user)
    return JsonResponse(body)


def area_or_404(rules: RuleSet, code: str) -> Area | None:
    found = next((area for area in rules.questionnaire.areas if area.code == code), None)
    if code and found is None:
        raise Http404(code)
    return found


def question_in(rules: RuleSet, area: Area | None, request: AuthenticatedHttpRequest) -> str:
    """Who writes the answer of a single site ("E1-02@12") is at its question."""
    code = request.POST.get("question", "").partition("@")[0]
    return code if area and code in {each.code for each in rules.questionnaire.in_area(area.code)} else ""


def moment(text: str) -> datetime | None:
    """The cursor as it was given out; None for anything else."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def person_json(pk: int, rules: RuleSet, someone: presence.Someone) -> dict[str, Any]:
    titles = {area.code: local(area.title) for area in rules.questionnaire.areas}
    url = reverse("assessments:area", args=[pk, someone.area]) if someone.area in titles else ""
    return {
        "name": someone.name,
        "initials": initials(someone.name),
        "area": someone.area,
        "question": someone.question,
        "place": someone.question or titles.get(someone.area, ""),
        "url": f"{url}#{someone.question}" if someone.question else url,
    }


def changes_json(rules: RuleSet, pk: int, area: Area, changes: list[Change], *, by: User) -> dict[str, Any]:
    """Values of this area, and how its questions stand now: an answer of another area may have shown or hidden some."""
    by_code = rules.questionnaire.by_code
    here = [each for each in changes if each.question in by_code and by_code[each.question].area == area.code]
    codes = [each.code for each in rules.questionnaire.in_area(area.code)]
    reading = read_states(pk, paper_of(pk).supplier_id, rules, dependencies_of(rules).needed_by(codes))
    return {
        "answers": {answer_key(each.question, each.site): change_json(by_code[each.question], each, by) for each in here},
        "questions": states_of(reading, reading.candidates_in(area.code)),
    }


def change_json(question: Question, change: Change, by: User) -> dict[str, Any]:
    return {
        "version": change.version,
        "at": change.at.isoformat(),
        "by": change.by,
        "is_own": change.by_id == by.pk,
        "pairs": pairs(question, change.value, change.site),
    }


# --- who answers what -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def assign(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    assessment = get_object_or_404(Assessment.objects.visible_to(request.user).select_related("campaign", "supplier"), pk=pk)
    if not assessment.is_editable:
        messages.error(request, closed_message())
        return redirect("assessments:overview", pk)
    worksheet = open_worksheet(assessment)
    form = assign_form(request, worksheet)
    if request.method == "POST" and form.is_valid():
        # An invitation gives a right; to hand areas round among colleagues is daily work.
        if isinstance(form.person, area_tasks.Newcomer) and (asked := ask_first(request)):
            return asked
        give_areas(request, assessment, form)
        return redirect("assessments:overview", pk)
    return render(request, "assessments/assign.html", {"assessment": assessment, "form": form})


def assign_form(request: AuthenticatedHttpRequest, worksheet: Worksheet) -> AssignForm:
    today = timezone.localdate()
    asked = [area for area in worksheet.rules.questionnaire.areas if worksheet.progress(area.code).asked]
    assessment = worksheet.assessment
    code = next((area.code for area in asked if area.code == request.GET.get("area")), "")
    task = AreaTask.objects.visible_to(request.user).filter(assessment=assessment, area=code).first()
    colleagues = User.objects.filter(memberships__supplier=assessment.supplier_id, is_active=True).order_by("name", "pk")
    return AssignForm(
        request.POST or None,
        areas=[(area.code, local(area.title)) for area in asked],
        colleagues=list(colleagues),
        by=request.user,
        may_invite=has(request.user, Permission.COLLEAGUE_INVITE),
        today=today,
        assessment_due_on=assessment.due_on,
        initial={
            "areas": [code],
            "who": (task.assignee_id or NEWCOMER) if task else "",
            "email": task.email if task else "",
            "due_on": task.due_on if task else max(assessment.due_on, today),
            "language": request.user.language,
        },
    )


def give_areas(request: AuthenticatedHttpRequest, assessment: Assessment, form: AssignForm) -> None:
    common: dict[str, Any] = {
        "assessment_id": assessment.pk,
        "areas": form.cleaned_data["areas"],
        "by": request.user,
        "at": timezone.now(),
    }
    person = form.person
    try:
        if form.cleaned_data["who"] == NOBODY or person is None:
            area_tasks.unassign(**common)
            messages.success(request, _("Nobody in particular answers this now."))
            return
        area_tasks.assign(to=person, due_on=form.cleaned_data["due_on"], **common)
    except NotOpen:
        messages.error(request, closed_message())
        return
    if isinstance(person, area_tasks.Newcomer):
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": person.email})
    else:
        messages.success(request, _("%(name)s answers this now.") % {"name": person})


# --- comments ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def comment_page(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    """The talk about one question: a page of its own, and the part of it that the editor shows in a dialog."""
    require(request.user, Permission.ASSESSMENT_ANSWER)
    assessment = get_object_or_404(Assessment.objects.visible_to(request.user).select_related("campaign", "supplier"), pk=pk)
    question = question_or_404(rulesets.for_version(assessment.campaign.questionnaire_id), code)
    form = CommentForm(request.POST if request.method == "POST" and "settle" not in request.POST else None)
    is_sent = request.method == "POST" and add_comment(request, assessment, question, form)
    is_part = request.headers.get("X-Requested-With") == "fetch"
    if is_sent and not is_part:
        return redirect("assessments:comments", pk, code)
    context = comment_context(request, assessment, question, CommentForm() if is_sent else form)
    if not is_part:
        return render(request, "assessments/comments.html", context)
    html = render_to_string("assessments/_comments.html", context, request)
    body = {"html": html, "count": context["count"], "is_open": context["is_open"]}
    return JsonResponse(body, status=422 if form.errors else 200)


def add_comment(request: AuthenticatedHttpRequest, assessment: Assessment, question: Question, form: CommentForm) -> bool:
    common: dict[str, Any] = {"assessment_id": assessment.pk, "question": question, "by": request.user, "at": timezone.now()}
    if "settle" in request.POST:
        comments.settle(**common)
        return True
    if not form.is_valid():
        return False
    comments.say(text=form.cleaned_data["text"], **common)
    return True


def comment_context(request: AuthenticatedHttpRequest, assessment: Assessment, question: Question, form: CommentForm) -> dict[str, Any]:
    said = Comment.objects.visible_to(request.user).filter(assessment=assessment, question=question.code)
    talk = list(said.select_related("by").order_by("at", "pk"))
    return {
        "assessment": assessment,
        "code": question.code,
        "text": local(question.text),
        "talk": talk,
        "count": sum(not comment.settles for comment in talk),
        "is_open": bool(talk) and not talk[-1].settles,
        "form": form,
        "area_url": f"{reverse('assessments:area', args=[assessment.pk, question.area])}#{question.code}",
    }


# --- questions to come back to ----------------------------------------------------------------------------------------


@require_POST
def come_back_mark(request: AuthenticatedHttpRequest, pk: int, code: str) -> JsonResponse:
    """Sets the mark, or takes it off; answers with the questions to come back to. Without script, the area's form does it."""
    require(request.user, Permission.ASSESSMENT_ANSWER)
    assessment = get_object_or_404(Assessment.objects.visible_to(request.user).select_related("campaign", "supplier"), pk=pk)
    question_or_404(rulesets.for_version(assessment.campaign.questionnaire_id), code)
    if not assessment.is_editable:
        return JsonResponse({"closed": closed_message()}, status=409)
    if request.POST.get("wanted") == "0":
        come_back.take_off(assessment_id=pk, question=code)
    else:
        come_back.mark(assessment_id=pk, question=code, by=request.user, at=timezone.now())
    notes = notes_of(assessment, user=request.user, at=timezone.now())
    waiting = team.waiting_in(open_worksheet(assessment), notes)
    html = render_to_string("assessments/_waiting.html", {"waiting": waiting}, request)
    return JsonResponse({"html": html, "waiting": [each.code for each in waiting]})


def change_mark(request: AuthenticatedHttpRequest, worksheet: Worksheet, area: Area) -> None:
    """Does what the buttons of an area's form ask for, after its answers were saved."""
    codes = {question.code for question in worksheet.candidates_in(area.code)}
    if (code := request.POST.get("mark")) in codes:
        come_back.mark(assessment_id=worksheet.assessment.pk, question=str(code), by=request.user, at=timezone.now())
    elif (code := request.POST.get("unmark")) in codes:
        come_back.take_off(assessment_id=worksheet.assessment.pk, question=str(code))
