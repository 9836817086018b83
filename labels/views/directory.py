"""The directory of labelled suppliers with its saved views, and the buying units with their share of labels."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from labels import directory as directories
from labels import units as buying_units
from labels.dates import ledger_day
from labels.directory import Directory
from labels.forms import UnitsForm, ViewNameForm
from labels.models import SavedView, UnitWatch
from suppliers.models import BuyingUnit


@require_GET
@vary_on_headers("HX-Request")
def directory(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Whom procurement can choose: labels in force today."""
    require(request.user, Permission.LABEL_VIEW)
    found = Directory(request.GET.dict(), user=request.user, on=ledger_day(timezone.now()))
    context = {
        "filter": found.filter,
        "page": found.page(),
        "total": found.count,
        "views": directories.views_of(request.user),
        "kept": found.kept_query,
        "name_form": ViewNameForm(),
        "may_export": has(request.user, Permission.PORTFOLIO_EXPORT),
    }
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    return render(request, "labels/_directory_table.html" if is_part else "labels/directory.html", context)


@require_POST
def view_save(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.LABEL_VIEW)
    found = Directory(request.GET.dict(), user=request.user, on=ledger_day(timezone.now()))
    form = ViewNameForm(request.POST)
    if form.is_valid():
        try:
            directories.save_view(name=form.cleaned_data["name"], query=found.kept_query, by=request.user, at=timezone.now())
        except directories.TooManyViews:
            messages.error(request, _("You have saved as many views as there may be. Delete one first."))
        else:
            messages.success(request, _("The view is saved."))
    else:
        messages.error(request, _("Give the view a name of at most 80 characters."))
    return redirect(f"{reverse('labels:directory')}?{request.GET.urlencode()}")


@require_POST
def view_delete(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.filter(user=request.user), pk=pk)
    require(request.user, Permission.LABEL_VIEW)
    view.delete()
    messages.success(request, _("The view is deleted."))
    return redirect("labels:directory")


@require_GET
def units(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.LABEL_VIEW)
    today = ledger_day(timezone.now())
    lines = buying_units.lines(request.user)
    chosen = _chosen(request.GET.get("unit", ""), [line.unit for line in lines])
    mine = list(UnitWatch.objects.filter(user=request.user).values_list("unit_id", flat=True))
    context = {
        "lines": lines,
        "chosen": chosen,
        "course": buying_units.course(chosen, request.user, today) if chosen else None,
        "form": UnitsForm(initial={"units": mine}),
    }
    return render(request, "labels/units.html", context)


def _chosen(text: str, units: list[BuyingUnit]) -> BuyingUnit | None:
    """The one asked for, else the first of the list."""
    return next((unit for unit in units if str(unit.pk) == text), units[0] if units else None)


@require_POST
def units_watch(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.LABEL_VIEW)
    form = UnitsForm(request.POST)
    if form.is_valid():
        buying_units.watch(unit_ids=[unit.pk for unit in form.cleaned_data["units"]], by=request.user)
        messages.success(request, _("Saved. You get a mail when a label of their suppliers changes."))
    else:
        messages.error(request, _("One of these units does not exist any more. Nothing was changed."))
    return redirect("labels:units")
