"""Where a supplier stands, in pictures: a part of its home, and a page where there is no script."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from assessments.findings import overview
from reports import pictures


@require_GET
@vary_on_headers("HX-Request")
def standing(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    drawn = [
        pictures.own_scores(request.user),
        pictures.own_emissions(request.user),
        pictures.emissions_against_path(request.user),
        pictures.from_findings(overview.overview(request.user, at=timezone.now()).by_age),
    ]
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    template = "reports/_standing.html" if is_part else "reports/standing.html"
    return render(request, template, {"pictures": [picture for picture in drawn if not picture.is_empty]})
