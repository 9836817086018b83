from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from accounts.reasons import why_of
from reports.exporting import request_findings_export
from reports.findings_table import kept_query
from reports.models import Export


@require_POST
@confirmed("POST")
def findings_export(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The filter of the screen comes along as the query string."""
    require(request.user, Permission.PORTFOLIO_EXPORT)
    kind = Export.Kind.FINDINGS_CSV if request.POST.get("format") == "csv" else Export.Kind.FINDINGS_XLSX
    query = kept_query(request.GET.dict())
    export = request_findings_export(kind=kind, query=query, why=why_of(request), by=request.user, at=timezone.now())
    return redirect(export)
