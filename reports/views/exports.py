from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from accounts.seek import page_by
from audit import trail
from reports.models import Export


PAGE_SIZE = 50


def _exports(request: AuthenticatedHttpRequest) -> "QuerySet[Export]":
    return Export.objects.visible_to(request.user).select_related("run", "supplier", "made_by")


@require_GET
def export_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.DOCUMENT_EXPORT)
    page = page_by(_exports(request), "-pk", request.GET.dict(), size=PAGE_SIZE)
    return render(request, "reports/export_list.html", {"page": page})


@require_GET
def export_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    export = get_object_or_404(_exports(request), pk=pk)
    return render(request, "reports/export_detail.html", {"export": export, "run": export.run})


@require_GET
def export_file(request: AuthenticatedHttpRequest, pk: int) -> FileResponse:
    """Every download leaves a trace: the file holds what its supplier may ask about."""
    export = get_object_or_404(_exports(request), pk=pk)
    if not export.made_at:
        raise Http404
    trail.record(f"{export.subject}.downloaded", actor=request.user, target=export, supplier_id=export.supplier_id)
    return FileResponse(export.file.open("rb"), as_attachment=True, filename=export.file.name.rpartition("/")[2])
