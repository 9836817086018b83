from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from emissions.activity import save_activity
from emissions.coverage import fiscal_months, fiscal_year_of
from emissions.forms import ActivityTable
from emissions.insight_page import insight as insight_of
from emissions.models import FactorSet, Inventory
from emissions.overview import Overview, overview
from emissions.proofs import NothingReported, link_evidence, proofs_of_site
from emissions.replies import reply as say
from emissions.report_forms import EvidenceForm, ReplyForm
from emissions.tracing import COLUMNS, restated, table_rows, trace
from suppliers.models import Site, Supplier
from suppliers.views.common import own_supplier
from suppliers.views.files import table_response


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
    return render(request, "emissions/overview.html", overview_context(request, found, page))


def overview_context(
    request: AuthenticatedHttpRequest, found: Supplier, page: Overview, *, unsent: ReplyForm | None = None
) -> dict[str, object]:
    may_edit = has(request.user, Permission.ACTIVITY_EDIT) and request.user.supplier_id == found.pk
    return {"page": page, "supplier": found, "may_edit": may_edit, "section": "years", "unsent": unsent}


@require_GET
def insight(request: AuthenticatedHttpRequest) -> HttpResponse:
    return insight_page(request, own_supplier(request))


@require_GET
def supplier_insight(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    found = get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id)
    if not request.user.is_buyer:
        return redirect("emissions:insight")
    trail.record("inventory.viewed", actor=request.user, target=found, supplier_id=found.pk)
    return insight_page(request, found)


def insight_page(request: AuthenticatedHttpRequest, found: Supplier) -> HttpResponse:
    today = timezone.localdate()
    current = fiscal_year_of(today, found.fiscal_year_start)
    known = Inventory.objects.filter(supplier=found, basis=Inventory.Basis.CALCULATED).order_by("-year").values_list("year", flat=True)
    years = list(known[:6]) or [current]
    year = asked_year(request, found, today) or years[0]
    context = {"page": insight_of(found, year), "supplier": found, "year": year, "years": years, "section": "insight"}
    return render(request, "emissions/insight.html", context)


@require_POST
def reply(request: AuthenticatedHttpRequest, year: int) -> HttpResponse:
    """What the supplier says to a question that its data raise."""
    found = own_supplier(request)
    require(request.user, Permission.ACTIVITY_EDIT)
    today = timezone.localdate()
    checked_year(year, found, today)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        page = overview(found, year, today=today)
        return render(request, "emissions/overview.html", overview_context(request, found, page, unsent=form), status=422)
    values = form.cleaned_data
    say(supplier=found, year=year, question=values["question"], text=values["text"], by=request.user, at=timezone.now())
    messages.success(request, _("Your reply is kept."))
    return redirect(f"{reverse('emissions:home')}?year={year}#questions")


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
    return activity_page(request, table, _evidence_form(table), year, status=422 if sent else 200)


@require_POST
def activity_evidence(request: AuthenticatedHttpRequest, site_id: int, year: int) -> HttpResponse:
    """The document behind some months of a source."""
    site = get_object_or_404(Site.objects.visible_to(request.user).select_related("supplier"), pk=site_id)
    require(request.user, Permission.ACTIVITY_EDIT)
    today = timezone.localdate()
    months = fiscal_months(checked_year(year, site.supplier, today), site.supplier.fiscal_year_start)
    table = ActivityTable(site, months, today)
    form = _evidence_form(table, request.POST)
    if form.is_valid():
        values = form.cleaned_data
        column = values.pop("column")
        try:
            count = link_evidence(site=site, source=column.source, substance=column.substance, by=request.user, at=timezone.now(), **values)
        except NothingReported:
            form.add_error("column", _("Nothing is typed in for this source in these months."))
        else:
            said = ngettext("Evidence changed for %(count)d month.", "Evidence changed for %(count)d months.", count) % {"count": count}
            messages.success(request, said if count else _("Nothing was changed."))
            return redirect(f"{reverse('emissions:activity', args=[site.pk, year])}#evidence")
    return activity_page(request, table, form, year, status=422)


def _evidence_form(table: ActivityTable, data: QueryDict | None = None) -> EvidenceForm:
    columns = [head.column for head in table.heads if not head.column.is_new]
    return EvidenceForm(data, site=table.site, months=table.months, columns=columns)


def activity_page(request: AuthenticatedHttpRequest, table: ActivityTable, form: EvidenceForm, year: int, *, status: int) -> HttpResponse:
    site = table.site
    context = {"table": table, "site": site, "supplier": site.supplier, "year": year, "end": table.months[-1], "section": "years"}
    context |= {"evidence_form": form, "proofs": proofs_of_site(site, table.months)}
    return render(request, "emissions/activity.html", context, status=status)


# --- an inventory, and what it was calculated with --------------------------------------------------------------------


@require_GET
def inventory(request: AuthenticatedHttpRequest, supplier_id: int, year: int) -> HttpResponse:
    """How each tonne came about."""
    visible = Inventory.objects.visible_to(request.user).select_related("supplier", "factor_set")
    found = get_object_or_404(visible, supplier_id=supplier_id, year=year, basis=Inventory.Basis.CALCULATED)
    if request.user.is_buyer:
        trail.record("inventory.viewed", actor=request.user, target=found, supplier_id=found.supplier_id)
    sets = FactorSet.objects.order_by("title_en", "-published_at", "pk")
    asked = request.GET.get("set", "")
    other = get_object_or_404(sets, pk=int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    context = {
        "inventory": found,
        "supplier": found.supplier,
        "traces": trace(found),
        "factor_set": found.factor_set,
        "sets": sets.exclude(pk=found.factor_set_id or 0),
        "restated": restated(found, other) if other and other.pk != found.factor_set_id else None,
    }
    return render(request, "emissions/inventory.html", context)


@require_GET
@confirmed("GET")
def inventory_file(request: AuthenticatedHttpRequest, supplier_id: int, year: int, form: str) -> HttpResponse:
    """The same lines as the page, as a table."""
    visible = Inventory.objects.visible_to(request.user).select_related("supplier", "factor_set")
    found = get_object_or_404(visible, supplier_id=supplier_id, year=year, basis=Inventory.Basis.CALCULATED)
    if request.user.is_buyer:
        require(request.user, Permission.DOCUMENT_EXPORT)
        trail.record("inventory.exported", actor=request.user, target=found, supplier_id=found.supplier_id)
    return table_response(form, f"inventory-{found.supplier_id}-{year}", COLUMNS, table_rows(found), title=_("Inventory"))


@require_GET
def factor_sets(request: AuthenticatedHttpRequest) -> HttpResponse:
    return render(request, "emissions/factor_sets.html", {"factor_sets": FactorSet.objects.order_by("key", "-published_at", "-pk")})


@require_GET
def factor_set(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(FactorSet, pk=pk)
    return render(request, "emissions/factor_set.html", {"factor_set": found, "factors": found.factors.order_by("pk")})
