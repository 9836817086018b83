from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from audit import trail
from pilots.models import AgreementPaper


@require_GET
@confirmed("GET")
def paper(request: AuthenticatedHttpRequest, pk: int) -> FileResponse:
    found = get_object_or_404(AgreementPaper.objects.visible_to(request.user).select_related("agreement"), pk=pk)
    try:
        file = found.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    agreement, detail = found.agreement, {"name": found.name, "sha256": found.sha256}
    trail.record("agreement.exported", actor=request.user, target=agreement, supplier_id=agreement.supplier_id, detail=detail)
    response = FileResponse(file, as_attachment=True, filename=found.name, content_type="application/pdf")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
