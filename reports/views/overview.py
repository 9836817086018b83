from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments import freshness
from reports.api_page import operations
from reports.dashboard import dashboard as gather_dashboard


@require_GET
def dashboard(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.DASHBOARD_VIEW)
    context = {
        "board": gather_dashboard(on=timezone.localdate()),
        "alarm": freshness.last_alarm(),
        "may_see_fairness": has(request.user, Permission.SCORING_RUN),
        "may_decide_registrations": has(request.user, Permission.REGISTRATION_DECIDE),
    }
    return render(request, "reports/dashboard.html", context)


@require_GET
def api_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """For anybody signed in: the API shows each person only what that person may see."""
    return render(request, "reports/api.html", {"operations": operations()})
