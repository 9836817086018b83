from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from audit import trail
from emissions import abating
from emissions.models import Abatement
from emissions.report_forms import AbatementForm, ReviewForm
from suppliers.views.common import own_supplier


PAGE_SIZE = 50


@require_GET
def abatement_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """A supplier's own; for the buyer's people those of all suppliers, the unreviewed first when asked."""
    if not request.user.is_buyer:
        own_supplier(request)
    rows = Abatement.objects.visible_to(request.user).select_related("supplier")
    totals = abating.accepted_tonnes(rows)
    if request.GET.get("status") in Abatement.Status.values:
        rows = rows.filter(status=request.GET["status"])
    page = page_by(rows, "-pk", request.GET, size=PAGE_SIZE)
    if request.user.is_buyer:
        looked_at = sorted({row.supplier_id for row in page.rows})
        trail.record_each("abatement.viewed", supplier_ids=looked_at, actor=request.user, at=timezone.now())
    context = {
        "page": page,
        "totals": [(label, totals.get(kind)) for kind, label in Abatement.Kind.choices],
        "may_edit": has(request.user, Permission.ACTIVITY_EDIT),
        "statuses": Abatement.Status.choices,
        "status": request.GET.get("status", ""),
        "section": "abatement",
    }
    return render(request, "emissions/abatement_list.html", context)


@require_http_methods(["GET", "POST"])
def abatement_edit(request: AuthenticatedHttpRequest, pk: int | None = None) -> HttpResponse:
    found = own_supplier(request)
    require(request.user, Permission.ACTIVITY_EDIT)
    stored = get_object_or_404(Abatement.objects.visible_to(request.user), pk=pk) if pk is not None else None
    sent = request.POST if request.method == "POST" else None
    form = AbatementForm(sent, supplier=found, last_year=timezone.localdate().year, instance=stored)
    if sent is not None and form.is_valid():
        try:
            abatement = abating.submit_abatement(abatement=form.instance, by=request.user, at=timezone.now())
        except abating.AlreadyReviewed:
            messages.error(request, _("It is reviewed already and stays as it is."))
            return redirect("emissions:abatement", form.instance.pk)
        messages.success(request, _("The abatement is handed in for review."))
        return redirect(abatement)
    context = {"form": form, "supplier": found, "stored": stored, "section": "abatement"}
    return render(request, "emissions/abatement_form.html", context, status=422 if form.errors else 200)


@require_GET
def abatement(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return abatement_page(request, visible_abatement(request, pk), ReviewForm())


@require_POST
def abatement_review(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = visible_abatement(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return abatement_page(request, found, form, status=422)
    try:
        abating.review_abatement(abatement_id=found.pk, by=request.user, at=timezone.now(), **form.cleaned_data)
    except abating.AlreadyReviewed:
        messages.error(request, _("Somebody decided meanwhile."))
    else:
        messages.success(request, _("Your decision is kept."))
    return redirect(found)


def visible_abatement(request: AuthenticatedHttpRequest, pk: int) -> Abatement:
    rows = Abatement.objects.visible_to(request.user).select_related("supplier", "evidence", "reported_by", "reviewed_by")
    return get_object_or_404(rows, pk=pk)


def abatement_page(request: AuthenticatedHttpRequest, found: Abatement, form: ReviewForm, *, status: int = 200) -> HttpResponse:
    if request.user.is_buyer:
        trail.record("abatement.viewed", actor=request.user, target=found, supplier_id=found.supplier_id)
    is_open = found.status == Abatement.Status.SUBMITTED
    context = {
        "abatement": found,
        "supplier": found.supplier,
        "form": form,
        "may_review": is_open and has(request.user, Permission.PILOT_EDIT),
        "may_edit": is_open and has(request.user, Permission.ACTIVITY_EDIT) and request.user.supplier_id == found.supplier_id,
        "section": "abatement",
    }
    return render(request, "emissions/abatement.html", context, status=status)
