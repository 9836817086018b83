from functools import cache
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from benchmarks.site.finished import FINISHED
from config.urls import urlpatterns as portal
from labels.models import Label
from reports.portfolio import PAGE_SIZE, Portfolio


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


@cache
def _finished(name: str) -> bytes:
    return (FINISHED / name).read_bytes()


def finished_area_page(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    return HttpResponse(_finished(f"{pk}-{code}.html"))


def finished_progress_page(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(_finished(f"pilot-{pk}.html"))


def finished_label_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    Label.objects.get(public_id=public_id)
    return HttpResponse(_finished("label.html"))


urlpatterns = [
    *portal,
    path("bench/portfolio/", portfolio_of_constants),
    path("bench/pilots/<int:pk>/", finished_progress_page),
    path("bench/labels/<uuid:public_id>/", login_not_required(finished_label_page)),
    path("bench/assessments/<int:pk>/areas/<slug:code>/", finished_area_page),
]
