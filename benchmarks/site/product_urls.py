from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from accounts.http import AuthenticatedHttpRequest
from assessments.views.supplier import area
from config.urls import urlpatterns as portal
from reports.portfolio import PAGE_SIZE, Portfolio


_finished: dict[str, bytes] = {}
_constants: dict[str, dict[str, object]] = {}


def portfolio_of_constants(request: HttpRequest) -> HttpResponse:
    """The portfolio page without its view: what the first request found is kept, later ones only render it."""
    query = request.META["QUERY_STRING"]
    if query not in _constants:
        _constants[query] = _found(request)
    return render(request, "reports/portfolio.html", _constants[query])


def _found(request: HttpRequest) -> dict[str, object]:
    portfolio = Portfolio(request.GET.dict(), user=request.user)
    page = portfolio.page()
    assert portfolio.count >= len(page.rows)  # noqa: S101 - counts, and remembers the count
    return {"portfolio": portfolio, "filter": portfolio.filter, "page": page, "page_size": PAGE_SIZE, "may_export": True}


def area_page_as_drawn(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    """The area page's finished HTML: the first request draws it, later ones send it."""
    key = f"{pk} {code}"
    if key not in _finished:
        _finished[key] = area(request, pk, code).content
    return HttpResponse(_finished[key])


urlpatterns = [
    *portal,
    path("bench/portfolio/", portfolio_of_constants),
    path("bench/assessments/<int:pk>/areas/<slug:code>/", area_page_as_drawn),
]
