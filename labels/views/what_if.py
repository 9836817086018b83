"""A sandbox for suppliers: answers changed and scored, before handing in and after, without anything being stored."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from assessments.answering.worksheet import open_reading
from assessments.models import Assessment
from assessments.views.parts import is_from_htmx
from labels import what_if as sandboxes
from labels.dates import ledger_day


@require_http_methods(["GET", "POST"])
def what_if(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    visible = Assessment.objects.visible_to(request.user).select_related("campaign", "supplier")
    assessment = get_object_or_404(visible, pk=pk)
    reading = open_reading(assessment)
    is_posted = request.method == "POST" and "reset" not in request.POST
    sandbox = sandboxes.read(reading, request.POST) if is_posted else sandboxes.untouched(reading)
    now = timezone.now()
    context = {
        "assessment": assessment,
        "comparison": sandboxes.Comparison(assessment, reading, sandbox, on=ledger_day(now), at=now),
        "sandbox": sandbox,
    }
    if is_from_htmx(request):
        response = render(request, "labels/_what_if.html", context)
    else:
        response = render(request, "labels/what_if.html", {**context, "areas": sandboxes.form(reading, sandbox)})
    response["Vary"] = "HX-Request"
    return response
