"""Findings: for the buyer's people to raise, verify and close, for the supplier to answer."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments import findings, rulesets
from assessments.filters import FindingFilter
from assessments.models import Assessment, Finding
from assessments.paging import page_of
from assessments.staff_forms import ActionPlanForm, ActionTakenForm, FindingForm, ReasonForm
from assessments.views.parts import page_or_part
from assessments.wording import local
from audit.models import Event


@require_GET
def finding_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    visible = Finding.objects.visible_to(request.user).select_related("supplier", "assessment__campaign")
    narrowed = FindingFilter(request.GET, queryset=visible, request=request)
    context = {
        "filter": narrowed,
        "page": page_of(narrowed.qs, by="opened_at", descending=True, query=request.GET),
        "today": timezone.localdate(),
    }
    return page_or_part(request, "assessments/finding_list.html", "assessments/_finding_table.html", context)


@require_http_methods(["GET", "POST"])
def finding_new(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    require(request.user, Permission.FINDING_MANAGE)
    submitted = Assessment.objects.visible_to(request.user).filter(submitted_at__isnull=False)
    assessment = get_object_or_404(submitted.select_related("supplier", "campaign"), pk=pk)
    question = rulesets.questionnaire_of(assessment.campaign.questionnaire_id).by_code.get(code)
    if question is None:
        return redirect("assessments:review", pk)
    form = FindingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        finding = findings.raise_finding(assessment_id=pk, question=code, by=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("The finding was raised."))
        return redirect(finding)
    context = {"assessment": assessment, "code": code, "question_text": local(question.text), "form": form}
    return render(request, "assessments/finding_new.html", context)


@require_GET
def finding(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return render(request, "assessments/finding.html", detail_context(request, find(request, pk)))


def find(request: AuthenticatedHttpRequest, pk: int) -> Finding:
    visible = Finding.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("supplier", "assessment__campaign", "opened_by", "closed_by"), pk=pk)


def detail_context(request: AuthenticatedHttpRequest, found: Finding, **forms: Any) -> dict[str, Any]:
    rules = rulesets.for_version(found.assessment.campaign.questionnaire_id)
    question = rules.questionnaire.by_code.get(found.question)
    trigger = next((t for t in question.triggers if t.key == found.rule), None) if question else None
    return {
        "finding": found,
        "question_text": local(question.text) if question else "",
        "trigger_kind": trigger.kind if trigger else "",
        "cap": rules.questionnaire.zero_tolerance_cap,
        "events": timeline(found),
        "today": timezone.localdate(),
        "may_answer": has(request.user, Permission.FINDING_ANSWER) and found.status in ("open", "action_planned"),
        "may_manage": has(request.user, Permission.FINDING_MANAGE) and found.is_open,
        "plan_form": ActionPlanForm(
            today=timezone.localdate(), initial={"action_plan": found.action_plan, "due_on": found.due_on}, prefix="plan"
        ),
        "taken_form": ActionTakenForm(initial={"action_taken": found.action_taken}, prefix="taken"),
        "close_form": ReasonForm(prefix="close"),
        "back_form": ReasonForm(prefix="back"),
        "withdraw_form": ReasonForm(prefix="withdraw"),
    } | forms


def timeline(found: Finding) -> list[dict[str, Any]]:
    titles = {
        "finding.raised": (_("Raised by a reviewer"), "flag"),
        "finding.action_planned": (_("Corrective action planned"), "calendar-event"),
        "finding.action_reported": (_("Action reported as done"), "check"),
        "finding.sent_back": (_("Not enough yet: sent back to the supplier"), "arrow-back-up"),
        "finding.closed": (_("Verified and closed"), "circle-check"),
        "finding.withdrawn": (_("Withdrawn"), "ban"),
    }
    events = Event.objects.filter(target_type="assessments.finding", target_id=str(found.pk)).select_related("actor")
    drawn = [
        {"title": titles[e.action][0], "icon": titles[e.action][1], "at": e.at, "actor": e.actor, "detail": e.detail.get("reason", "")}
        for e in events.order_by("-at", "-pk")
        if e.action in titles
    ]
    if found.rule and not found.is_open and found.closed_by is None:
        drawn.insert(0, {"title": _("Withdrawn by the rule"), "icon": "ban", "at": found.closed_at, "detail": _(found.closing_reason)})
    if found.rule:
        drawn.append({"title": _("Opened by a rule"), "icon": "flag", "at": found.opened_at, "detail": found.rule})
    return drawn


# --- the supplier's part ----------------------------------------------------------------------------------------------


@require_POST
def plan(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.FINDING_ANSWER)
    form = ActionPlanForm(request.POST, today=timezone.localdate(), prefix="plan")
    if not form.is_valid():
        return render(request, "assessments/finding.html", detail_context(request, found, plan_form=form), status=422)
    return step(request, found, findings.plan_action, _("Your plan is saved."), **form.cleaned_data)


@require_POST
def report(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.FINDING_ANSWER)
    form = ActionTakenForm(request.POST, prefix="taken")
    if not form.is_valid():
        return render(request, "assessments/finding.html", detail_context(request, found, taken_form=form), status=422)
    return step(request, found, findings.report_action, _("Reported. A reviewer looks at it next."), **form.cleaned_data)


# --- the reviewer's part ----------------------------------------------------------------------------------------------


@require_POST
def close(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return end(request, pk, "close", findings.close, _("The finding is closed."))


@require_POST
def send_back(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return end(request, pk, "back", findings.send_back, _("The finding went back to the supplier."))


@require_POST
def withdraw(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return end(request, pk, "withdraw", findings.withdraw, _("The finding was withdrawn."))


def end(request: AuthenticatedHttpRequest, pk: int, prefix: str, verb: Any, done: str) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.FINDING_MANAGE)
    form = ReasonForm(request.POST, prefix=prefix)
    if not form.is_valid():
        return render(request, "assessments/finding.html", detail_context(request, found, **{f"{prefix}_form": form}), status=422)
    return step(request, found, verb, done, **form.cleaned_data)


def step(request: AuthenticatedHttpRequest, found: Finding, verb: Any, done: str, **given: Any) -> HttpResponse:
    try:
        verb(finding_id=found.pk, by=request.user, at=timezone.now(), **given)
    except Finding.IllegalTransition:
        messages.error(request, _("The finding has moved on meanwhile; please look at it again."))
    else:
        messages.success(request, done)
    return redirect(found)
