from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from reports.management_report import management_report, request_pdf


@require_http_methods(["GET", "POST"])
@confirmed("POST")
def management(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The portfolio report for management; sent, it is printed by a run."""
    require(request.user, Permission.DASHBOARD_VIEW)
    now = timezone.now()
    if request.method == "POST":
        require(request.user, Permission.DOCUMENT_EXPORT)
        return redirect(request_pdf(by=request.user, at=now))
    context = {"report": management_report(request.user, at=now), "may_export": has(request.user, Permission.DOCUMENT_EXPORT)}
    return render(request, "reports/management.html", context)
