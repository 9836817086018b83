"""What was signed: the fingerprint, whether it still holds, and the very text for whoever wants to check it elsewhere."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments.models import Assessment, Signature
from assessments.submission import signatures
from audit import trail


def find(request: AuthenticatedHttpRequest, pk: int) -> Assessment:
    """For the supplier's people, and for the buyer's as long as it is handed in."""
    visible = Assessment.objects.visible_to(request.user).select_related("campaign__questionnaire", "supplier")
    if not has(request.user, Permission.ASSESSMENT_ANSWER):
        require(request.user, Permission.REVIEW_VIEW)
        visible = visible.filter(submitted_at__isnull=False)
    return get_object_or_404(visible, pk=pk)


@require_GET
def signature(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    assessment = find(request, pk)
    signed = list(assessment.signatures.select_related("signed_by").order_by("-signed_at", "-pk"))
    if not signed:
        raise Http404(pk)
    if request.user.is_buyer:
        trail.record("assessment.viewed", actor=request.user, target=assessment, supplier_id=assessment.supplier_id)
    context = {
        "assessment": assessment,
        "check": signatures.check(signed[0], assessment),
        "signature": signed[0],
        "earlier": signed[1:],
        "amendments": assessment.amendments.select_related("asked_by", "decided_by").order_by("-asked_at", "-pk"),
    }
    return render(request, "assessments/signature.html", context)


@require_GET
@confirmed("GET")
def signed_content(request: AuthenticatedHttpRequest, pk: int, signature_pk: int) -> HttpResponse:
    """Byte for byte what was hashed: `sha256sum` of the file gives the fingerprint."""
    assessment = find(request, pk)
    signed = get_object_or_404(Signature.objects.visible_to(request.user).exclude(content=""), pk=signature_pk, assessment=assessment)
    trail.record("signed_content.exported", actor=request.user, target=assessment, supplier_id=assessment.supplier_id)
    response = HttpResponse(signed.content.encode(), content_type="application/json")
    name = f"signed-answers-{assessment.campaign.cycle}-{assessment.pk}-{signed.pk}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
