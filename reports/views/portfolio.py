from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.reasons import why_of
from reports.exporting import request_portfolio_export
from reports.models import Export
from reports.portfolio import PAGE_SIZE, Portfolio


@require_GET
@vary_on_headers("HX-Request")
def portfolio(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.SUPPLIER_VIEW)
    found = Portfolio(request.GET.dict(), user=request.user)
    context = {
        "portfolio": found,
        "filter": found.filter,
        "page": found.page(),
        "page_size": PAGE_SIZE,
        "may_export": has(request.user, Permission.PORTFOLIO_EXPORT),
    }
    return render(request, _template(request), context)


def _template(request: HttpRequest) -> str:
    """The table alone for an htmx request; the whole page when the browser restores its history."""
    headers = request.headers
    is_part = "HX-Request" in headers and "HX-History-Restore-Request" not in headers
    return "reports/_portfolio_table.html" if is_part else "reports/portfolio.html"


@require_POST
@confirmed("POST")
def portfolio_export(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The filter of the screen comes along as the query string; the order too."""
    require(request.user, Permission.PORTFOLIO_EXPORT)
    kind = Export.Kind.PORTFOLIO_CSV if request.POST.get("format") == "csv" else Export.Kind.PORTFOLIO_XLSX
    query = Portfolio(request.GET.dict(), user=request.user).kept_query
    export = request_portfolio_export(kind=kind, query=query, why=why_of(request), by=request.user, at=timezone.now())
    return redirect(export)
