from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from emissions.activity import save_activity
from emissions.coverage import fiscal_months, fiscal_year_of
from emissions.forms import ActivityTable
from emissions.models import FactorSet, Inventory
from emissions.overview import overview, trace
from suppliers.models import Site, Supplier
from suppliers.views.common import own_supplier


EARLIEST_YEAR = 2015


# --- a year -----------------------------------------------------------------------------------------------------------


@require_GET
def home(request: AuthenticatedHttpRequest) -> HttpResponse:
    return year_page(request, own_supplier(request))


@require_GET
def supplier(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    """The buyer's view, which the supplier can see in its access log."""
    found = get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id)
    if not request.user.is_buyer:
        return redirect("emissions:home")
    trail.record("inventory.viewed", actor=request.user, target=found, supplier_id=found.pk)
    return year_page(request, found)


def year_page(request: AuthenticatedHttpRequest, found: Supplier) -> HttpResponse:
    today = timezone.localdate()
    page = overview(found, asked_year(request, found, today), today=today)
    may_edit = has(request.user, Permission.ACTIVITY_EDIT) and request.user.supplier_id == found.pk
    return render(request, "emissions/overview.html", {"page": page, "supplier": found, "may_edit": may_edit})


def asked_year(request: AuthenticatedHttpRequest, found: Supplier, today: date) -> int | None:
    asked = request.GET.get("year", "")
    if not asked:
        return None
    return checked_year(int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else 0, found, today)


def checked_year(year: int, found: Supplier, today: date) -> int:
    if not EARLIEST_YEAR <= year <= fiscal_year_of(today, found.fiscal_year_start):
        raise Http404
    return year


# --- activity data ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def activity(request: AuthenticatedHttpRequest, site_id: int, year: int) -> HttpResponse:
    """A site's months, filled in like a spreadsheet."""
    site = get_object_or_404(Site.objects.visible_to(request.user).select_related("supplier"), pk=site_id)
    require(request.user, Permission.ACTIVITY_EDIT)
    today = timezone.localdate()
    months = fiscal_months(checked_year(year, site.supplier, today), site.supplier.fiscal_year_start)
    sent = request.POST.dict() if request.method == "POST" else None
    table = ActivityTable(site, months, today, data=sent, everything="all" in request.GET)
    if table.is_valid():
        count = save_activity(site=site, entries=table.entries(), by=request.user, at=timezone.now())
        said = ngettext("%(count)d value is saved.", "%(count)d values are saved.", count) % {"count": count}
        messages.success(request, said if count else _("Nothing was changed."))
        return redirect("emissions:activity", site.pk, year)
    context = {"table": table, "site": site, "supplier": site.supplier, "year": year, "end": months[-1]}
    return render(request, "emissions/activity.html", context, status=422 if sent else 200)


# --- an inventory, and what it was calculated with --------------------------------------------------------------------


@require_GET
def inventory(request: AuthenticatedHttpRequest, supplier_id: int, year: int) -> HttpResponse:
    """How each tonne came about."""
    visible = Inventory.objects.visible_to(request.user).select_related("supplier", "factor_set")
    found = get_object_or_404(visible, supplier_id=supplier_id, year=year, basis=Inventory.Basis.CALCULATED)
    if request.user.is_buyer:
        trail.record("inventory.viewed", actor=request.user, target=found, supplier_id=found.supplier_id)
    context = {"inventory": found, "supplier": found.supplier, "traces": trace(found), "factor_set": found.factor_set}
    return render(request, "emissions/inventory.html", context)


@require_GET
def factor_sets(request: AuthenticatedHttpRequest) -> HttpResponse:
    return render(request, "emissions/factor_sets.html", {"factor_sets": FactorSet.objects.order_by("key", "-published_at", "-pk")})


@require_GET
def factor_set(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(FactorSet, pk=pk)
    return render(request, "emissions/factor_set.html", {"factor_set": found, "factors": found.factors.order_by("pk")})
