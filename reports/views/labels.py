"""Files about labels, asked for from their pages."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from accounts.reasons import why_of
from labels.dates import ledger_day
from labels.directory import Directory
from labels.models import Label
from reports.label_files import NotInForce, request_certificate, request_directory
from reports.models import Export


@require_POST
@confirmed("POST")
def label_certificate(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    """For the supplier itself, and for the buyer's people who may take documents with them."""
    label = get_object_or_404(Label.objects.visible_to(request.user).select_related("supplier"), supplier_id=supplier_id)
    require(request.user, Permission.DOCUMENT_EXPORT if request.user.is_buyer else Permission.OWN_DATA_EXPORT)
    try:
        export = request_certificate(label=label, by=request.user, at=timezone.now())
    except NotInForce:
        messages.error(request, _("Only a label in force has a certificate."))
        return redirect("labels:detail" if request.user.is_buyer else "labels:mine", *([supplier_id] if request.user.is_buyer else []))
    return redirect(export)


@require_POST
@confirmed("POST")
def directory_export(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The filter of the screen comes along as the query string."""
    require(request.user, Permission.PORTFOLIO_EXPORT)
    now = timezone.now()
    kind = Export.Kind.DIRECTORY_CSV if request.POST.get("format") == "csv" else Export.Kind.DIRECTORY_XLSX
    query = Directory(request.GET.dict(), user=request.user, on=ledger_day(now)).kept_query
    return redirect(request_directory(kind=kind, query=query, why=why_of(request), by=request.user, at=now))
