"""What a supplier reports beside the table of months: metered periods, renewable instruments, scope 3, files."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from audit import trail
from emissions import activity_import, instruments, periods
from emissions.coverage import fiscal_year_of
from emissions.models import ActivityImport, MeterPeriod, RenewableInstrument, Scope3Entry
from emissions.report_forms import ImportFileForm, InstrumentForm, MeterPeriodForm, Scope3Form, serial_taken
from emissions.scope3 import save_scope3
from emissions.sources import Source
from emissions.views.years import asked_year
from suppliers.models import Site, Supplier
from suppliers.views.common import own_supplier
from suppliers.views.files import table_response


PAGE_SIZE = 50


# --- metered periods --------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def meter_periods(request: AuthenticatedHttpRequest, site_id: int) -> HttpResponse:
    """Bills of a site, from one day to another; the months they come to are calculated."""
    site = get_object_or_404(Site.objects.visible_to(request.user).select_related("supplier"), pk=site_id)
    require(request.user, Permission.ACTIVITY_EDIT)
    form = MeterPeriodForm(request.POST if request.method == "POST" else None, site=site)
    if request.method == "POST" and form.is_valid():
        try:
            periods.add_period(site=site, values=form.values(), by=request.user, at=timezone.now())
        except periods.Overlap:
            form.add_error("first_day", _("This meter has a period over some of these days already."))
        except periods.TypedIn as typed:
            months = _(", ").join(date_format(month, "YEAR_MONTH_FORMAT") for month in typed.months)
            form.add_error("first_day", _("A quantity is typed in for %(months)s. Empty it there first.") % {"months": months})
        else:
            messages.success(request, _("The period is saved."))
            return redirect("emissions:meter_periods", site.pk)
    rows = MeterPeriod.objects.filter(site=site).select_related("evidence")
    page = page_by(rows, "-pk", request.GET, size=PAGE_SIZE)
    context = {"form": form, "site": site, "supplier": site.supplier, "page": page, "section": "years"}
    return render(request, "emissions/meter_periods.html", context, status=422 if form.errors else 200)


@require_POST
def meter_period_remove(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    period = get_object_or_404(MeterPeriod.objects.visible_to(request.user), pk=pk)
    require(request.user, Permission.ACTIVITY_EDIT)
    periods.remove_period(period_id=period.pk, by=request.user, at=timezone.now())
    messages.success(request, _("The period is taken out, and the months it was part of."))
    return redirect("emissions:meter_periods", period.site_id)


# --- renewable instruments --------------------------------------------------------------------------------------------


@require_GET
def instrument_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    return instruments_page(request, own_supplier(request))


@require_GET
def supplier_instruments(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    found = get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id)
    if not request.user.is_buyer:
        return redirect("emissions:instruments")
    trail.record("inventory.viewed", actor=request.user, target=found, supplier_id=found.pk)
    return instruments_page(request, found)


def instruments_page(request: AuthenticatedHttpRequest, found: Supplier) -> HttpResponse:
    rows = RenewableInstrument.objects.filter(supplier=found).select_related("site", "evidence")
    may_edit = has(request.user, Permission.ACTIVITY_EDIT) and request.user.supplier_id == found.pk
    context = {"page": page_by(rows, "-pk", request.GET, size=PAGE_SIZE), "supplier": found, "may_edit": may_edit, "section": "instruments"}
    return render(request, "emissions/instruments.html", context)


@require_http_methods(["GET", "POST"])
def instrument_edit(request: AuthenticatedHttpRequest, pk: int | None = None) -> HttpResponse:
    found = own_supplier(request)
    require(request.user, Permission.ACTIVITY_EDIT)
    stored = get_object_or_404(RenewableInstrument.objects.visible_to(request.user), pk=pk) if pk is not None else None
    form = InstrumentForm(request.POST if request.method == "POST" else None, supplier=found, instance=stored)
    if request.method == "POST" and form.is_valid():
        try:
            instruments.save_instrument(instrument=form.instance, by=request.user, at=timezone.now())
        except instruments.SerialTaken:
            form.add_error("serial", serial_taken())
        else:
            messages.success(request, _("The certificate is saved."))
            return redirect("emissions:instruments")
    context = {"form": form, "supplier": found, "stored": stored, "section": "instruments"}
    return render(request, "emissions/instrument_form.html", context, status=422 if form.errors else 200)


@require_POST
def instrument_remove(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(RenewableInstrument.objects.visible_to(request.user), pk=pk)
    require(request.user, Permission.ACTIVITY_EDIT)
    instruments.remove_instrument(instrument=found, by=request.user, at=timezone.now())
    messages.success(request, _("The certificate is taken out."))
    return redirect("emissions:instruments")


# --- scope 3 ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def scope3(request: AuthenticatedHttpRequest) -> HttpResponse:
    found = own_supplier(request)
    require(request.user, Permission.ACTIVITY_EDIT)
    today = timezone.localdate()
    current = fiscal_year_of(today, found.fiscal_year_start)
    year = asked_year(request, found, today) or current - 1
    stored = {entry.category: entry for entry in Scope3Entry.objects.filter(supplier=found, year=year)}
    form = Scope3Form(request.POST if request.method == "POST" else None, supplier=found, stored=stored)
    if request.method == "POST" and form.is_valid():
        count = save_scope3(supplier=found, year=year, values=form.values(), by=request.user, at=timezone.now())
        said = ngettext("%(count)d value is saved.", "%(count)d values are saved.", count) % {"count": count}
        messages.success(request, said if count else _("Nothing was changed."))
        return redirect(f"{reverse('emissions:scope3')}?year={year}")
    years = range(current, current - 4, -1)
    context = {"form": form, "supplier": found, "year": year, "years": years, "section": "scope3"}
    return render(request, "emissions/scope3.html", context, status=422 if form.errors else 200)


# --- files ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def import_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    found = own_supplier(request)
    require(request.user, Permission.ACTIVITY_EDIT)
    form = ImportFileForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = activity_import.keep_file(supplier=found, data=file.read(), name=file.name, by=request.user, at=timezone.now())
        except ValidationError as error:
            form.add_error("file", error)
        else:
            return redirect("emissions:import_detail", kept.pk)
    rows = ActivityImport.objects.filter(supplier=found).select_related("uploaded_by")
    context = {"form": form, "supplier": found, "page": page_by(rows, "-pk", request.GET, size=PAGE_SIZE), "section": "import"}
    return render(request, "emissions/import_form.html", context, status=422 if form.errors else 200)


@require_GET
def import_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """What taking the file over would do, row by row."""
    source = get_object_or_404(ActivityImport.objects.visible_to(request.user).select_related("supplier"), pk=pk)
    require(request.user, Permission.ACTIVITY_EDIT)
    reading = None if source.taken_at else activity_import.read(source, today=timezone.localdate())
    context = {"source": source, "reading": reading, "supplier": source.supplier, "section": "import"}
    return render(request, "emissions/import_detail.html", context)


@require_POST
def import_take(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(ActivityImport.objects.visible_to(request.user), pk=pk)
    require(request.user, Permission.ACTIVITY_EDIT)
    now = timezone.now()
    try:
        taken = activity_import.take_over(import_id=source.pk, by=request.user, at=now, today=timezone.localdate())
    except activity_import.AlreadyTaken:
        messages.info(request, _("This file is taken over already."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        count = taken.values_written or 0
        messages.success(request, ngettext("%(count)d value is saved.", "%(count)d values are saved.", count) % {"count": count})
    return redirect("emissions:import_detail", source.pk)


@require_GET
def import_template(request: AuthenticatedHttpRequest, form: str) -> HttpResponse:
    """The columns, with a row for each source and its usual unit as an example."""
    found = own_supplier(request)
    site = Site.objects.filter(supplier=found).order_by("name", "pk").first()
    place, month = site.name if site else "", f"{timezone.localdate():%Y-%m}"
    return table_response(form, "activity-data", activity_import.template_columns(place, month), Source, title=_("Activity data"))
