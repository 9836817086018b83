from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from reports import fairness as figures


@require_GET
def fairness(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.SCORING_RUN)
    campaign = figures.newest_campaign()
    context = {
        "campaign": campaign,
        "dimensions": figures.dimensions(campaign) if campaign else [],
        "gaps": figures.question_gaps(campaign) if campaign else [],
        "least": figures.SMALLEST_GROUP,
        "sample": figures.SAMPLE,
    }
    return render(request, "reports/fairness.html", context)
