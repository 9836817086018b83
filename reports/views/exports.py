from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from accounts.reasons import why_of
from accounts.seek import page_by
from assessments.models import Assessment
from reports.bulk import failures_of
from reports.exporting import NotHandedIn, conflict_inside, note_download, request_audit_pdf
from reports.models import BOTH, Export
from runs.views import may_handle


PAGE_SIZE = 50


def _exports(request: AuthenticatedHttpRequest) -> "QuerySet[Export]":
    """What a supplier takes with it has a page of its own: views/own_data.py."""
    visible = Export.objects.visible_to(request.user).exclude(kind=Export.Kind.OWN_DATA)
    return visible.select_related("run", "supplier", "made_by")


@require_GET
def export_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.DOCUMENT_EXPORT)
    page = page_by(_exports(request), "-pk", request.GET.dict(), size=PAGE_SIZE)
    return render(request, "reports/export_list.html", {"page": page})


@require_GET
def export_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(_exports(request), pk=pk)
    # A file of one piece is made before anybody could stop it.
    run = export.run if export.kind == Export.Kind.AUDIT_PDFS else None
    may_manage = run is not None and may_handle(run, request.user)
    context = {"export": export, "run": export.run, "failures": failures_of(export), "may_manage": may_manage}
    return render(request, "reports/export_detail.html", context)


@require_http_methods(["GET", "POST"])
@confirmed("GET", "POST")
def export_file(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse | FileResponse:
    """By POST once somebody who did not have it made has said why."""
    export = get_object_or_404(_exports(request), pk=pk)
    if conflict := conflict_inside(export, request.user):
        raise conflict
    if not (export.made_at and export.file.name):
        raise Http404
    if not export.file.storage.exists(export.file.name):
        messages.error(request, _("The file is not there any more. Please ask for it again."))
        return redirect(export)
    # Whoever had it made has said so already.
    why = why_of(request) if export.why and export.made_by != request.user else None
    note_download(export, why=why, by=request.user, at=timezone.now())
    return FileResponse(export.file.open("rb"), as_attachment=True, filename=export.file.name.rpartition("/")[2])


@require_POST
@confirmed("POST")
def audit_pdf_request(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    assessment = get_object_or_404(Assessment.objects.visible_to(request.user), pk=pk)
    require(request.user, Permission.DOCUMENT_EXPORT)
    language = request.POST.get("language", "")
    if language != BOTH and language not in dict(settings.LANGUAGES):
        language = get_language() or "en"
    try:
        export = request_audit_pdf(assessment_id=assessment.pk, language=language, why=why_of(request), by=request.user, at=timezone.now())
    except NotHandedIn:
        messages.error(request, _("An audit report can be printed once the assessment is handed in."))
        return redirect("reports:supplier", assessment.supplier_id)
    return redirect(export)
