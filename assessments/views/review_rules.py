"""How cases find their reviewers: rules, deadlines by campaign, who is away."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments.models import Absence, AssignmentRule, Campaign, ReviewPlan
from assessments.review.forms import AbsenceForm, AssignmentRuleForm, ReviewPlanForm
from assessments.reviewers import assigning, assignment_rules
from runs import engine
from runs.calendar import buyers_day


# --- rules ------------------------------------------------------------------------------------------------------------


@require_GET
def rule_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.REVIEW_VIEW)
    rules = AssignmentRule.objects.visible_to(request.user).select_related("unit").prefetch_related("reviewers__reviewer")
    running = Campaign.objects.exclude(status=Campaign.Status.DRAFT).select_related("review_plan").order_by("-cycle", "-pk")
    context = {
        "rules": rules.order_by("position"),
        "campaigns": [(campaign, plan_of(campaign)) for campaign in running[:20]],
        "waiting": assigning.unassigned().count(),
        "loads": assigning.loads(),
        "away": dict(Absence.objects.on(buyers_day(timezone.now())).values_list("user", "last_day")),
        "may_manage": has(request.user, Permission.REVIEW_MANAGE),
    }
    return render(request, "assessments/review_rules.html", context)


@require_http_methods(["GET", "POST"])
def rule_edit(request: AuthenticatedHttpRequest, pk: int | None = None) -> HttpResponse:
    """A new rule, or one that is there."""
    require(request.user, Permission.REVIEW_MANAGE)
    rule = get_object_or_404(AssignmentRule.objects.visible_to(request.user), pk=pk) if pk is not None else None
    form = AssignmentRuleForm(request.POST or None, people=assigning.reviewers(), initial=initial_of(rule))
    if request.method == "POST" and form.is_valid():
        assignment_rules.save_rule(rule=rule, **form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, _("The rule is saved. It applies to what is submitted from now on, and to what is nobody's yet."))
        return redirect("assessments:review_rules")
    return render(request, "assessments/review_rule_edit.html", {"rule": rule, "form": form})


def initial_of(rule: AssignmentRule | None) -> dict[str, Any]:
    if rule is None:
        return {}
    return {"category": rule.category, "unit": rule.unit_id, "reviewers": [each.reviewer_id for each in rule.reviewers.all()]}


@require_POST
def rule_move(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.REVIEW_MANAGE)
    rule = get_object_or_404(AssignmentRule.objects.visible_to(request.user), pk=pk)
    assignment_rules.move_rule(rule=rule, up=request.POST.get("to") == "up", by=request.user, at=timezone.now())
    return redirect("assessments:review_rules")


@require_POST
def rule_delete(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.REVIEW_MANAGE)
    rule = get_object_or_404(AssignmentRule.objects.visible_to(request.user), pk=pk)
    assignment_rules.delete_rule(rule=rule, by=request.user, at=timezone.now())
    messages.success(request, _("The rule is deleted. What it has given to somebody stays there."))
    return redirect("assessments:review_rules")


@require_POST
def rules_apply(request: AuthenticatedHttpRequest) -> HttpResponse:
    """To everything that is nobody's yet."""
    require(request.user, Permission.REVIEW_MANAGE)
    return redirect(engine.start("assign_reviews", by=request.user, at=timezone.now()))


# --- what a campaign asks of its reviews ------------------------------------------------------------------------------


def plan_of(campaign: Campaign) -> ReviewPlan:
    plan: ReviewPlan | None = getattr(campaign, "review_plan", None)
    return plan or ReviewPlan(campaign=campaign)


@require_http_methods(["GET", "POST"])
def plan_edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.REVIEW_MANAGE)
    campaign = get_object_or_404(Campaign.objects.select_related("review_plan"), pk=pk)
    form = ReviewPlanForm(request.POST or None, instance=plan_of(campaign))
    if request.method == "POST" and form.is_valid():
        assignment_rules.save_plan(plan=form.save(commit=False), by=request.user, at=timezone.now())
        messages.success(request, _("Saved. The due dates of all open reviews of this campaign follow."))
        return redirect("assessments:review_rules")
    return render(request, "assessments/review_plan.html", {"campaign": campaign, "form": form})


# --- who is away ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def absence_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """One's own; the ESG staff enter anybody's."""
    require(request.user, Permission.REVIEW_DECIDE)
    people = assigning.reviewers() if has(request.user, Permission.REVIEW_MANAGE) else None
    today = buyers_day(timezone.now())
    form = AbsenceForm(request.POST or None, people=people, today=today, initial={"first_day": today, "person": request.user.pk})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        person = given.get("person", request.user)
        assignment_rules.set_away(
            person=person, first_day=given["first_day"], last_day=given["last_day"], by=request.user, at=timezone.now()
        )
        messages.success(request, _("Entered. Nothing new is given to %(name)s in that time.") % {"name": person})
        return redirect("assessments:review_board")
    return render(request, "assessments/absence_new.html", {"form": form})


@require_POST
def absence_end(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.REVIEW_DECIDE)
    absence = get_object_or_404(Absence.objects.visible_to(request.user), pk=pk)
    if absence.user_id != request.user.pk:
        require(request.user, Permission.REVIEW_MANAGE)
    assignment_rules.end_absence(absence=absence, by=request.user, at=timezone.now())
    messages.success(request, _("The absence is taken out."))
    return redirect("assessments:review_board")
