"""Findings: for the buyer's people to raise, agree, verify and close, for the supplier to plan and correct."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments.answering.worksheet import open_worksheet
from assessments.filters import FindingFilter
from assessments.findings import handling, opening
from assessments.findings.effect import label_effect, score_effect
from assessments.findings.forms import MOST_ACTIONS, ActionFormSet, CauseForm, FindingForm, ReportForm
from assessments.findings.overview import overview
from assessments.models import Assessment, Finding, FindingStep
from assessments.paging import page_of
from assessments.questionnaires.wording import local
from assessments.rules import rulesets
from assessments.selectors import answered_question
from assessments.staff_forms import ReasonForm
from assessments.views.parts import page_or_part
from audit import trail
from suppliers.models import Document, PublicRecord
from suppliers.views.common import documents_of


@require_GET
def finding_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    visible = Finding.objects.visible_to(request.user).select_related("supplier", "assessment__campaign")
    narrowed = FindingFilter(request.GET, queryset=visible, request=request)
    context = {
        "filter": narrowed,
        "page": page_of(narrowed.qs, by="opened_at", descending=True, query=request.GET),
        "today": timezone.localdate(),
        "may_export": has(request.user, Permission.PORTFOLIO_EXPORT),
    }
    return page_or_part(request, "assessments/finding_list.html", "assessments/_finding_table.html", context)


@require_GET
def finding_overview(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.REVIEW_VIEW)
    context = {"overview": overview(request.user, at=timezone.now())}
    return render(request, "assessments/finding_overview.html", context)


@require_http_methods(["GET", "POST"])
def finding_new(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    require(request.user, Permission.FINDING_MANAGE)
    submitted = Assessment.objects.visible_to(request.user).filter(submitted_at__isnull=False)
    assessment = get_object_or_404(submitted.select_related("supplier", "campaign"), pk=pk)
    question = rulesets.questionnaire_of(assessment.campaign.questionnaire_id).by_code.get(code)
    if question is None:
        return redirect("assessments:review", pk)
    record = upheld_record(request, assessment)
    form = FindingForm(request.POST or None, initial={"text": record.description} if record else None)
    if request.method == "POST" and form.is_valid():
        given = {"question": code, "record_id": record.pk if record else None, **form.cleaned_data}
        finding = opening.raise_finding(assessment_id=pk, by=request.user, at=timezone.now(), **given)
        messages.success(request, _("The finding was raised."))
        return redirect(finding)
    context = {"assessment": assessment, "code": code, "question_text": local(question.text), "form": form, "record": record}
    return render(request, "assessments/finding_new.html", context)


def upheld_record(request: AuthenticatedHttpRequest, assessment: Assessment) -> PublicRecord | None:
    """The public record the finding is raised from: only one that a person has upheld, and that is this supplier's."""
    if not (wanted := request.GET.get("record", "")).isdecimal() or len(wanted) > 18:
        return None
    upheld = PublicRecord.objects.visible_to(request.user).filter(supplier=assessment.supplier_id, status=PublicRecord.Status.UPHELD)
    return upheld.filter(pk=int(wanted)).first()


# --- one finding ------------------------------------------------------------------------------------------------------


@require_GET
def finding(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return show(request, find(request, pk))


def find(request: AuthenticatedHttpRequest, pk: int) -> Finding:
    visible = Finding.objects.visible_to(request.user)
    people = ("opened_by", "closed_by", "agreed_by")
    return get_object_or_404(visible.select_related("supplier", "assessment__campaign", "assessment__supplier", "record", *people), pk=pk)


def show(request: AuthenticatedHttpRequest, found: Finding, *, status: int = 200, **forms: Any) -> HttpResponse:
    now = timezone.now()
    if request.user.is_buyer:
        detail = {"question": found.question}
        trail.record("finding.viewed", actor=request.user, target=found, supplier_id=found.supplier_id, detail=detail, at=now)
    return render(request, "assessments/finding.html", detail_context(request, found, at=now) | forms, status=status)


def detail_context(request: AuthenticatedHttpRequest, found: Finding, *, at: datetime) -> dict[str, Any]:
    is_told = request.user.is_buyer or not found.assessment.is_in_queue
    # The supplier reads no verdict while it is being thought over.
    worksheet = open_worksheet(found.assessment, blind=not is_told)
    score = score_effect(found, worksheet) if found.is_open else None
    may_manage = has(request.user, Permission.FINDING_MANAGE)
    return {
        "finding": found,
        "question": answered_question(worksheet, found.question),
        "origin": found.get_origin_display() if is_told or found.origin != Finding.Origin.VERDICT else Finding.Origin.HAND.label,
        "actions": list(found.actions.all()),
        "evidence": list(found.evidence.select_related("document").order_by("added_at", "pk")),
        "score": score,
        "label": label_effect(found, score, at=at) if score else None,
        "cap": worksheet.rules.questionnaire.zero_tolerance_cap,
        "events": timeline(found),
        "is_overdue": found.is_overdue(timezone.localdate(at)),
        "is_mine": found.waits_for == ("buyer" if request.user.is_buyer else "supplier"),
        "may_answer": has(request.user, Permission.FINDING_ANSWER),
        "may_manage": may_manage,
        "is_same_eyes": may_manage and handling.is_same_eyes(found, request.user),
        **{f"{prefix}_form": ReasonForm(prefix=prefix) for prefix in ("close", "back", "plan_back", "withdraw", "reopen")},
    }


ICONS = {
    "raised": "flag",
    "opened_by_rule": "flag",
    "action_planned": "calendar-event",
    "plan_agreed": "checkbox",
    "plan_sent_back": "arrow-back-up",
    "action_reported": "check",
    "sent_back": "arrow-back-up",
    "closed": "circle-check",
    "withdrawn": "ban",
    "withdrawn_by_rule": "ban",
    "reopened": "refresh",
    "escalated": "clock-exclamation",
}


def timeline(found: Finding) -> list[dict[str, Any]]:
    steps = FindingStep.objects.filter(finding=found).select_related("by").order_by("-at", "-pk")
    return [{"title": title_of(s), "icon": ICONS[s.kind], "at": s.at, "actor": s.by, "detail": reason_of(s)} for s in steps]


def title_of(step: FindingStep) -> str:
    if step.kind == FindingStep.Kind.ESCALATED:
        return _("Escalated, level %(level)s of 3") % {"level": step.detail.get("level", "")}
    return str(step.get_kind_display())


def reason_of(step: FindingStep) -> str:
    """What the machine writes is kept in English and translated here."""
    return _(step.reason) if step.reason and step.by_id is None else step.reason


# --- the supplier's part ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def plan(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Cause and actions. Without script, "another action" brings the page back with one row more and all that was typed."""
    found = find(request, pk)
    require(request.user, Permission.FINDING_ANSWER)
    if not found.may("action_planned"):
        return moved_on(request, found)
    wants_row = "add" in request.POST
    cause, actions = plan_forms(request, found, wants_row=wants_row)
    if request.method == "POST" and not wants_row and cause.is_valid() and actions.is_valid():
        given = {"cause": cause.cleaned_data["cause"], "actions": actions.actions}
        return step(request, found, handling.plan, _("Your plan is with the reviewer, who agrees it or says what is missing."), **given)
    context = {"finding": found, "cause_form": cause, "actions": actions, "sent_back": last_reason(found, "plan_sent_back")}
    return render(request, "assessments/finding_plan.html", context, status=422 if is_refused(request, cause, actions) else 200)


def plan_forms(request: AuthenticatedHttpRequest, found: Finding, *, wants_row: bool) -> tuple[CauseForm, Any]:
    if request.method != "POST":
        known = [{"what": action.what, "owner": action.owner, "due_on": action.due_on} for action in found.actions.all()]
        return CauseForm(initial={"cause": found.cause}), ActionFormSet(initial=known, prefix="actions")
    if wants_row:
        return CauseForm(initial={"cause": request.POST.get("cause", "")}), ActionFormSet(
            initial=rows_typed(request.POST), prefix="actions"
        )
    return CauseForm(request.POST), ActionFormSet(request.POST, prefix="actions")


def rows_typed(data: Mapping[str, str]) -> list[dict[str, str]]:
    """Whatever stands in the rows, right or wrong, and an empty one more."""
    names = ("what", "owner", "due_on")
    filled = [number for number in range(MOST_ACTIONS) if any(data.get(f"actions-{number}-{name}") for name in names)]
    rows = [{name: data.get(f"actions-{number}-{name}", "") for name in names} for number in filled]
    return [*rows, dict.fromkeys(names, "")][:MOST_ACTIONS]


def is_refused(request: AuthenticatedHttpRequest, *forms: Any) -> bool:
    return request.method == "POST" and any(form.is_bound and not form.is_valid() for form in forms)


@require_http_methods(["GET", "POST"])
def report(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.FINDING_ANSWER)
    if not found.may("action_reported"):
        return moved_on(request, found)
    library = Document.objects.visible_to(request.user).current()
    initial = {"action_taken": found.action_taken, "documents": list(found.evidence.values_list("document", flat=True))}
    form = ReportForm(request.POST if request.method == "POST" else None, request.FILES or None, library=library, initial=initial)
    try:
        if request.method == "POST" and form.is_valid():
            documents = documents_of(request, found.supplier, form)
            given = {"action_taken": form.cleaned_data["action_taken"], "documents": documents}
            return step(request, found, handling.report, _("Reported. A reviewer looks at it next."), **given)
    except ValidationError as error:
        form.add_error("upload", error)
    finally:
        form.close()
    context = {"finding": found, "form": form, "plan": list(found.actions.all()), "sent_back": last_reason(found, "sent_back")}
    return render(request, "assessments/finding_report.html", context, status=422 if form.errors else 200)


def last_reason(found: Finding, kind: str) -> str:
    """Why it came back, where that was the last thing that happened to it."""
    last = FindingStep.objects.filter(finding=found).exclude(kind="escalated").order_by("-at", "-pk").first()
    return last.reason if last and last.kind == kind else ""


# --- the reviewer's part ----------------------------------------------------------------------------------------------


@require_POST
def agree(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.FINDING_MANAGE)
    return step(request, found, handling.agree, _("The plan is agreed. The supplier acts on it."))


@require_POST
def send_plan_back(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return decide(request, pk, "plan_back", handling.send_plan_back, _("The plan went back to the supplier."))


@require_POST
def close(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return decide(request, pk, "close", handling.close, _("The finding is closed."))


@require_POST
def send_back(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return decide(request, pk, "back", handling.send_back, _("The finding went back to the supplier."))


@require_POST
def withdraw(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return decide(request, pk, "withdraw", handling.withdraw, _("The finding was withdrawn."))


@require_POST
def reopen(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return decide(request, pk, "reopen", handling.reopen, _("The finding is open again."))


def decide(request: AuthenticatedHttpRequest, pk: int, prefix: str, verb: Any, done: str) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.FINDING_MANAGE)
    form = ReasonForm(request.POST, prefix=prefix)
    if not form.is_valid():
        return show(request, found, status=422, **{f"{prefix}_form": form})
    return step(request, found, verb, done, **form.cleaned_data)


def step(request: AuthenticatedHttpRequest, found: Finding, verb: Any, done: str, **given: Any) -> HttpResponse:
    try:
        verb(finding_id=found.pk, by=request.user, at=timezone.now(), **given)
    except Finding.IllegalTransition:
        return moved_on(request, found)
    except handling.SameEyes:
        messages.error(request, _("You agreed the plan of this critical finding. A colleague verifies what was done."))
    else:
        messages.success(request, done)
    return redirect(found)


def moved_on(request: AuthenticatedHttpRequest, found: Finding) -> HttpResponse:
    messages.error(request, _("The finding has moved on meanwhile; please look at it again."))
    return redirect(found)
