"""Yearly reports and joint actions."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from pilots import reporting
from pilots.actuals import NotCalculable
from pilots.forms import JointActionForm, YearForm, reportable_years
from pilots.models import Agreement, JointAction, ReportedYear
from pilots.views.agreements import find, note_look_at_emissions


@require_http_methods(["GET", "POST"])
def report(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """`?year=` chooses the year whose activity data the page shows."""
    agreement = find(request, pk)
    may_edit = has(request.user, Permission.PILOT_EDIT)
    if not may_edit and not has(request.user, Permission.ACTIVITY_EDIT):
        raise PermissionDenied
    today = timezone.localdate()
    years = reportable_years(agreement, today=today)
    if not agreement.is_in_force or not years:
        messages.error(request, _("Years are reported while the agreement is in force."))
        return redirect(agreement)
    asked = request.POST.get("year") or request.GET.get("year", "")
    year = next((each for each in years if str(each) == asked), next_year(agreement, years))
    figures = figures_of(agreement, year)
    initial = initial_of(agreement, year, has_figures=figures is not None)
    form = YearForm(request.POST or None, initial=initial, agreement=agreement, today=today, may_verify=may_edit)
    if request.method == "POST" and form.is_valid() and save(request, agreement, form):
        messages.success(request, _("The year is reported."))
        return redirect(agreement)
    note_look_at_emissions(request, agreement.supplier, year=year)
    context = {"form": form, "agreement": agreement, "year": year, "years": years, "figures": figures}
    return render(request, "pilots/report.html", context, status=422 if request.method == "POST" else 200)


def next_year(agreement: Agreement, years: list[int]) -> int:
    """The earliest year that nobody has reported yet, else the newest."""
    reported = set(agreement.reported_years.values_list("year", flat=True))
    return next((year for year in reversed(years) if year not in reported), years[0])


def figures_of(agreement: Agreement, year: int) -> reporting.Figures | None:
    try:
        return reporting.calculated_figures(agreement, year)
    except NotCalculable:
        return None


def initial_of(agreement: Agreement, year: int, *, has_figures: bool) -> dict[str, Any]:
    """What was reported before, to be corrected; else the activity data where they are there."""
    reported = agreement.reported_years.filter(year=year).first()
    if reported is None:
        return {"year": year, "basis": ReportedYear.Basis.CALCULATED if has_figures else ReportedYear.Basis.ENTERED}
    names = ("basis", "emissions", "months_covered", "renewable_share", "pue", "denominator", "removals", "offsets", "is_verified", "note")
    return {"year": year, **{name: getattr(reported, name) for name in names}}


def save(request: AuthenticatedHttpRequest, agreement: Agreement, form: YearForm) -> bool:
    try:
        reporting.report_year(agreement_id=agreement.pk, report=form.report(), by=request.user, at=timezone.now())
    except NotCalculable:
        form.add_error("basis", _("The activity data do not give the figures of this year: months or factors are missing."))
    except (reporting.YearOutside, reporting.QuantityMissing):
        form.add_error("year", _("The agreement has no target for this year."))
    except Agreement.IllegalTransition:
        form.add_error(None, _("The agreement is not in force any more."))
    else:
        return True
    return False


# --- joint actions ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def action_new(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return edit_action(request, find(request, pk), None)


@require_http_methods(["GET", "POST"])
def action_edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    visible = JointAction.objects.visible_to(request.user).select_related("agreement__supplier")
    action = get_object_or_404(visible, pk=pk)
    return edit_action(request, action.agreement, action)


def edit_action(request: AuthenticatedHttpRequest, agreement: Agreement, action: JointAction | None) -> HttpResponse:
    require(request.user, Permission.PILOT_EDIT)
    initial = {} if action else {"year": timezone.localdate().year}
    form = JointActionForm(request.POST or None, instance=action, initial=initial)
    if request.method == "POST" and form.is_valid():
        action_id = action.pk if action else None
        try:
            reporting.save_joint_action(
                agreement_id=agreement.pk, plan=form.plan(), by=request.user, at=timezone.now(), action_id=action_id
            )
            messages.success(request, _("The joint action is saved."))
        except Agreement.IllegalTransition:
            messages.error(request, _("The agreement has ended."))
        return redirect(agreement)
    if action:
        trail.record("joint_action.viewed", actor=request.user, target=action, supplier_id=agreement.supplier_id)
    context = {"form": form, "agreement": agreement, "action": action}
    return render(request, "pilots/action_form.html", context, status=422 if request.method == "POST" else 200)
