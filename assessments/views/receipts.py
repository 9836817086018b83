"""The receipt of a score: as a page, as a file, and what whoever holds the file needs to check it without the portal."""

from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from assessments.models import Score
from assessments.rules import rulesets
from assessments.scores import past, receipt_page, results
from assessments.scoring import offline_checker
from assessments.views.supplier import find, note_view
from audit import trail


SCHEMA = Path(__file__).parents[1] / "schemas" / "supplier-esg-receipt-1.json"


def _current_score(pk: int) -> Score:
    scores = Score.objects.select_related("assessment__campaign", "assessment__supplier")
    return get_object_or_404(scores, assessment=pk, is_current=True)


def _no_receipt(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    messages.error(request, _("The answers this score was computed from can no longer be put together, so there is no receipt for it."))
    return redirect("assessments:results", pk)


@require_GET
def receipt_as_page(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    assessment = find(request, pk)
    score = _current_score(assessment.pk)
    try:
        body = past.receipt_for(score)
    except past.NotReproducible:
        return _no_receipt(request, pk)
    note_view(request, assessment, "assessment.viewed")
    questionnaire = rulesets.questionnaire_of(assessment.campaign.questionnaire_id)
    context = {
        "assessment": assessment,
        "score": score,
        "receipt": body,
        "band": results.band_name(questionnaire, body["result"]["band"]),
        "areas": receipt_page.read(body, questionnaire),
        "checker": offline_checker.FILE_NAME,
    }
    return render(request, "assessments/receipt.html", context)


@require_GET
@confirmed("GET")
def receipt(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The receipt of the score as it was stated, whatever was answered since: it computes the score again without the portal."""
    assessment = find(request, pk)
    try:
        body = past.receipt_for(_current_score(assessment.pk))
    except past.NotReproducible:
        return _no_receipt(request, pk)
    trail.record("receipt.exported", actor=request.user, target=assessment, supplier_id=assessment.supplier_id)
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="receipt-{assessment.campaign.cycle}-{assessment.pk}.json"'
    return response


@login_not_required  # the published form of receipts: whoever is handed one may read it
@require_safe
def receipt_schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/schema+json")


@login_not_required  # the check itself: an auditor without an account needs it most
@require_safe
def receipt_checker(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(offline_checker.source(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{offline_checker.FILE_NAME}"'
    return response
