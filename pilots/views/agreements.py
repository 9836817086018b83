"""Lists of agreements, one agreement, drafting, offering and ending it."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from audit import trail
from emissions.coverage import fiscal_year_of
from emissions.factors import NoFactorSet, default_factor_set
from emissions.models import Inventory
from pilots import agreements
from pilots.forms import AgreementForm, PilotFilterForm, ReasonForm, TargetsForm
from pilots.models import Agreement, AgreementSignature
from pilots.progress import progress_of
from pilots.terms import YearsDoNotFit
from pilots.trajectory import AT_RISK_FROM
from suppliers.forms import SupplierSearchForm
from suppliers.models import Category, Supplier


PAGE_SIZE = 50
SUPPLIERS_FOUND = 20
Side = AgreementSignature.Side


def find(request: AuthenticatedHttpRequest, pk: int) -> Agreement:
    visible = Agreement.objects.visible_to(request.user).select_related("supplier", "factor_set", "drafted_by")
    return get_object_or_404(visible, pk=pk)


def own_side(request: AuthenticatedHttpRequest) -> str | None:
    """The side a person may sign for."""
    if has(request.user, Permission.AGREEMENT_SIGN_AS_BUYER):
        return Side.BUYER
    if has(request.user, Permission.AGREEMENT_SIGN_AS_SUPPLIER):
        return Side.SUPPLIER
    return None


# --- lists ------------------------------------------------------------------------------------------------------------


@require_GET
@vary_on_headers("HX-Request")
def pilot_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.PILOT_VIEW)
    form = PilotFilterForm(request.GET)
    rows = form.found_in(Agreement.objects.visible_to(request.user).with_track().select_related("supplier"))
    page = page_by(rows, "-pk", request.GET.dict(), size=PAGE_SIZE)
    context = {
        "form": form,
        "page": page,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "may_edit": has(request.user, Permission.PILOT_EDIT),
    }
    return render(request, "pilots/_table.html" if is_part(request) else "pilots/list.html", context)


def is_part(request: HttpRequest) -> bool:
    """The table alone for an htmx request; the whole page when the browser restores its history."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


@require_GET
def mine(request: AuthenticatedHttpRequest) -> HttpResponse:
    """A supplier's own agreements."""
    require(request.user, Permission.ACTIVITY_EDIT)
    own = Agreement.objects.visible_to(request.user).with_track().select_related("supplier").order_by("-starts_on", "-pk")
    return render(request, "pilots/mine.html", {"agreements": own[:100]})


# --- one agreement ----------------------------------------------------------------------------------------------------


@require_GET
def detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    agreement = find(request, pk)
    if request.user.is_buyer and agreement.status != Agreement.Status.DRAFT:
        trail.record("agreement.viewed", actor=request.user, target=agreement, supplier_id=agreement.supplier_id)
    progress = progress_of(agreement)
    side = own_side(request)
    signed = {each.side for each in progress.signatures if each.content_sha256 == agreement.content_sha256}
    may_edit = has(request.user, Permission.PILOT_EDIT)
    context = {
        "agreement": agreement,
        "progress": progress,
        "sites": agreement.sites.order_by("name", "pk"),
        "at_risk_from": AT_RISK_FROM,
        "may_edit": may_edit,
        "may_sign": side is not None and agreement.status == Agreement.Status.OFFERED and side not in signed,
        "may_report": agreement.is_in_force and (may_edit or has(request.user, Permission.ACTIVITY_EDIT)),
    }
    return render(request, "pilots/detail.html", context)


# --- drafting ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """First whose agreement it is, then its terms."""
    require(request.user, Permission.PILOT_EDIT)
    chosen = request.GET.get("supplier", "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
        return choose_supplier(request)
    supplier = get_object_or_404(Supplier.objects.visible_to(request.user), pk=chosen)
    return edit(request, supplier, None, suggestion(supplier))


def choose_supplier(request: AuthenticatedHttpRequest) -> HttpResponse:
    form = SupplierSearchForm(request.GET)
    text = form.cleaned_data["q"].strip() if form.is_valid() else ""
    found = Supplier.objects.visible_to(request.user).in_business().search(text).order_by("sort_name", "pk")[:SUPPLIERS_FOUND]
    return render(request, "pilots/choose_supplier.html", {"form": form, "suppliers": found if text else [], "is_searched": bool(text)})


def suggestion(supplier: Supplier) -> dict[str, Any]:
    """What a new draft begins with: the newest full inventory as the base."""
    today = timezone.localdate()
    year = fiscal_year_of(today, supplier.fiscal_year_start)
    base = Inventory.objects.filter(supplier=supplier, months_covered=12, year__lt=year).order_by("-year").first()
    suggested: dict[str, Any] = {
        "title_en": f"Carbon-neutral pilot: {supplier.name_en or supplier.name_zh}"[:200],
        "title_zh": f"碳中和试点协议：{supplier.name_zh or supplier.name_en}"[:200],
        "base_year": base.year if base else year - 1,
        "boundary": _("All sites named here, scope 1 and scope 2, all greenhouse gases, by operational control."),
        "total_reduction": "42",
    }
    if base:
        suggested["base_emissions"] = base.scope1 + base.scope2_market
    with suppress(NoFactorSet):
        suggested["factor_set"] = default_factor_set().pk
    if supplier.category == Category.CLOUD_DC:
        suggested |= {"renewable_share_target": "100", "pue_target": "1.3"}
    return suggested


@require_http_methods(["GET", "POST"])
def change(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    if agreement.status != Agreement.Status.DRAFT:
        messages.error(request, _("An agreement that was offered is not changed any more. Withdraw the offer first."))
        return redirect(agreement)
    return edit(request, agreement.supplier, agreement, {})


def edit(request: AuthenticatedHttpRequest, supplier: Supplier, agreement: Agreement | None, initial: dict[str, Any]) -> HttpResponse:
    form = AgreementForm(request.POST or None, instance=agreement, initial=initial, supplier=supplier)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save(request, form, supplier, agreement)
        except YearsDoNotFit:
            form.add_error("base_year", _("The base year lies before the first year of the agreement."))
        except Agreement.IllegalTransition:
            messages.error(request, _("The agreement was offered meanwhile. Nothing was changed."))
            return redirect("pilots:list")
        else:
            messages.success(request, _("The draft is saved. Look at the yearly targets, then offer it to the supplier."))
            return redirect("pilots:targets", saved.pk)
    context = {"form": form, "supplier": supplier, "agreement": agreement}
    return render(request, "pilots/form.html", context, status=422 if request.method == "POST" else 200)


def save(request: AuthenticatedHttpRequest, form: AgreementForm, supplier: Supplier, agreement: Agreement | None) -> Agreement:
    terms, at = form.terms(), timezone.now()
    if agreement is None:
        return agreements.draft_agreement(supplier_id=supplier.pk, terms=terms, by=request.user, at=at)
    return agreements.change_draft(agreement_id=agreement.pk, terms=terms, by=request.user, at=at)


@require_http_methods(["GET", "POST"])
def targets(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    if agreement.status != Agreement.Status.DRAFT:
        messages.error(request, _("An agreement that was offered is not changed any more. Withdraw the offer first."))
        return redirect(agreement)
    stored = {target.year: target.emissions for target in agreement.targets.all()}
    form = TargetsForm(request.POST or None, agreement=agreement, targets=stored)
    if request.method == "POST" and form.is_valid():
        try:
            agreements.set_targets(agreement_id=pk, targets=form.targets(), by=request.user, at=timezone.now())
            messages.success(request, _("The targets are saved."))
        except (Agreement.IllegalTransition, agreements.Incomplete, agreements.TargetsRise):
            messages.error(request, _("The agreement was changed meanwhile. Please look at it again."))
        return redirect(agreement)
    context = {"form": form, "agreement": agreement, "base": agreement.base_figure.normalize()}
    return render(request, "pilots/targets.html", context, status=422 if request.method == "POST" else 200)


# --- offering and ending ----------------------------------------------------------------------------------------------


@require_POST
def offer(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    try:
        agreements.offer_agreement(agreement_id=pk, by=request.user, at=timezone.now())
        messages.success(request, _("The agreement is offered. The supplier sees it now, and both sides can sign."))
    except agreements.Incomplete:
        messages.error(request, _("A yearly target is missing. Save the targets first."))
        return redirect("pilots:targets", pk)
    except Agreement.IllegalTransition:
        messages.error(request, _("This agreement was already offered."))
    return redirect(agreement)


@require_POST
def withdraw(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    try:
        agreements.withdraw_offer(agreement_id=pk, by=request.user, at=timezone.now())
        messages.success(request, _("The offer is withdrawn. The agreement is a draft again."))
    except Agreement.IllegalTransition:
        messages.error(request, _("Only an offer that is not signed by both sides can be withdrawn."))
    return redirect(agreement)


@require_http_methods(["GET", "POST"])
def terminate(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return end(request, pk, "terminate")


@require_http_methods(["GET", "POST"])
def close(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return end(request, pk, "close")


def end(request: AuthenticatedHttpRequest, pk: int, way: str) -> HttpResponse:
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    verb = agreements.terminate_agreement if way == "terminate" else agreements.close_agreement
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            verb(agreement_id=pk, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
            messages.success(request, _("The agreement is terminated.") if way == "terminate" else _("The agreement is closed."))
        except Agreement.IllegalTransition:
            messages.error(request, _("This step is not possible in the state the agreement is in."))
        return redirect(agreement)
    context = {"form": form, "agreement": agreement, "way": way}
    return render(request, "pilots/end.html", context, status=422 if request.method == "POST" else 200)
