from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from accounts.models import Role
from accounts.permissions import Permission, has, require
from assessments.scores import freshness
from reports.api_page import operations
from reports.dashboard import dashboard as gather_dashboard
from reports.dashboard import procurement_home


@require_GET
def dashboard(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Procurement reviewers have a home of their own."""
    require(request.user, Permission.DASHBOARD_VIEW)
    if request.user.role == Role.REVIEWER:
        home = procurement_home(request.user, unit=request.GET.get("unit", ""), at=timezone.now())
        return render(request, "reports/procurement_home.html", {"home": home})
    context = {
        "board": gather_dashboard(request.user, at=timezone.now()),
        "alarm": freshness.last_alarm(),
        "may_see_fairness": has(request.user, Permission.SCORING_RUN),
        "may_decide_registrations": has(request.user, Permission.REGISTRATION_DECIDE),
    }
    return render(request, "reports/dashboard.html", context)


@require_GET
def api_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """For anybody signed in: the API shows each person only what that person may see."""
    return render(request, "reports/api.html", {"operations": operations()})
