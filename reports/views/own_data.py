"""A supplier takes everything the portal keeps about it with it, at any time."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from audit import trail
from reports.exporting import OWN_DATA_KEPT, AlreadyAsked, request_own_data
from reports.models import Export
from reports.own_data import SCHEMA


MOST_SHOWN = 20


@require_http_methods(["GET", "POST"])
@confirmed("POST")
def own_data(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.OWN_DATA_EXPORT)
    supplier_id, now = request.user.supplier_id, timezone.now()
    if supplier_id is None:
        raise Http404
    if request.method == "POST":
        try:
            request_own_data(supplier_id=supplier_id, by=request.user, at=now)
        except AlreadyAsked:
            messages.info(request, _("Your data is being put together already."))
        return redirect("reports:own_data")
    exports = Export.objects.visible_to(request.user).filter(kind=Export.Kind.OWN_DATA).select_related("run", "made_by")
    shown = list(exports.order_by("-pk")[:MOST_SHOWN])
    context = {
        "exports": [(export, export.has_file(now)) for export in shown],
        "current": next((export for export in shown[:1] if export.run and export.run.is_open), None),
        "days": OWN_DATA_KEPT.days,
    }
    return render(request, "reports/own_data.html", context)


@require_GET
@confirmed("GET")
def own_data_file(request: AuthenticatedHttpRequest, pk: int) -> FileResponse:
    require(request.user, Permission.OWN_DATA_EXPORT)
    export = get_object_or_404(Export.objects.visible_to(request.user).filter(kind=Export.Kind.OWN_DATA), pk=pk)
    if not export.has_file(timezone.now()):
        raise Http404
    trail.record("own_data.downloaded", actor=request.user, target=export, supplier_id=export.supplier_id)
    response = FileResponse(export.file.open("rb"), as_attachment=True, filename=(export.file.name or "").rpartition("/")[2])
    response["Cache-Control"] = "no-store, private"
    return response


@require_GET
def schema(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The form of the files, for whoever reads them with a program."""
    return HttpResponse(SCHEMA.read_bytes(), content_type="application/schema+json")
