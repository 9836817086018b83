"""The wizard that drafts an agreement: a template and a term first, then step by step; then the offer."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from emissions.coverage import fiscal_year_of
from emissions.factors import NoFactorSet, default_factor_set
from emissions.models import Inventory
from pilots import agreements
from pilots.actuals import seasons
from pilots.draft_forms import BEGIN, STEPS, AgreementForm, BeginForm, MilestoneFormSet, TargetsForm, milestones_of, plain
from pilots.models import Agreement
from pilots.terms import YearsDoNotFit
from pilots.views.agreements import find, note_look, note_look_at_emissions
from pilots.wordings import newest_templates
from suppliers.forms import SupplierSearchForm
from suppliers.models import Category, Supplier


SUPPLIERS_FOUND = 20
# In the order a draft is gone through; "targets" and "milestones" have pages of their own.
ORDER = ("term", "boundary", "base", "goals", "targets", "milestones", "consequences")


def labels() -> dict[str, str]:
    return {
        "term": _("Title and term"),
        "boundary": _("Boundary"),
        "base": _("Base year"),
        "goals": _("Targets"),
        "targets": _("Year by year"),
        "milestones": _("Milestones"),
        "consequences": _("Consequences"),
    }


def url_of(agreement: Agreement, step: str) -> str:
    return reverse(f"pilots:{step}", args=[agreement.pk]) if step not in STEPS else reverse("pilots:edit", args=[agreement.pk, step])


def after(agreement: Agreement, step: str) -> str:
    place = ORDER.index(step) + 1
    return url_of(agreement, ORDER[place]) if place < len(ORDER) else agreement.get_absolute_url()


def steps(agreement: Agreement, current: str) -> list[dict[str, str]]:
    """All of a draft is filled in from its first step on, so that each can be gone to."""
    state = {step: "current" if step == current else "todo" for step in ORDER}
    named = labels()
    shown = [{"label": named[step], "state": state[step], "url": url_of(agreement, step)} for step in ORDER]
    return [*shown, {"label": _("Check and offer"), "state": "todo", "url": agreement.get_absolute_url()}]


# --- the first step ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def new(request: AuthenticatedHttpRequest) -> HttpResponse:
    """First whose agreement it is, then from which template."""
    require(request.user, Permission.PILOT_EDIT)
    chosen = request.GET.get("supplier", "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
        return choose_supplier(request)
    supplier = get_object_or_404(Supplier.objects.visible_to(request.user), pk=chosen)
    sent = request.POST if request.method == "POST" else None
    suggested = suggestion(supplier)
    form = BeginForm(sent, initial=suggested, supplier=supplier, only=BEGIN)
    if sent is not None and form.is_valid():
        try:
            begun = agreements.begin_draft(supplier_id=supplier.pk, terms=form.terms(), by=request.user, at=timezone.now())
        except YearsDoNotFit:
            form.add_error("base_year", _("The base year lies before the first year of the agreement."))
        else:
            messages.success(request, _("The draft is there, filled in from the template. Go through its steps, then offer it."))
            return redirect(after(begun, "term"))
    if "base_emissions" in suggested:
        note_look_at_emissions(request, supplier, year=suggested["base_year"])
    context = {"form": form, "supplier": supplier}
    return render(request, "pilots/begin.html", context, status=422 if request.method == "POST" else 200)


def choose_supplier(request: AuthenticatedHttpRequest) -> HttpResponse:
    form = SupplierSearchForm(request.GET)
    text = form.cleaned_data["q"].strip() if form.is_valid() else ""
    found = Supplier.objects.visible_to(request.user).in_business().search(text).order_by("sort_name", "pk")[:SUPPLIERS_FOUND]
    return render(request, "pilots/choose_supplier.html", {"form": form, "suppliers": found if text else [], "is_searched": bool(text)})


def suggestion(supplier: Supplier) -> dict[str, Any]:
    """What a new draft begins with: the template for its kind of supplier, and the newest full inventory as the base."""
    year = fiscal_year_of(timezone.localdate(), supplier.fiscal_year_start)
    base = Inventory.objects.filter(supplier=supplier, months_covered=12, year__lt=year).order_by("-year").first()
    suggested: dict[str, Any] = {
        "title_en": f"Carbon-neutral pilot: {supplier.name_en or supplier.name_zh}"[:200],
        "title_zh": f"碳中和试点协议：{supplier.name_zh or supplier.name_en}"[:200],
        "base_year": base.year if base else year - 1,
    }
    if base:
        suggested["base_emissions"] = plain(base.scope1 + base.scope2_market)
    with suppress(NoFactorSet):
        suggested["factor_set"] = default_factor_set().pk
    wanted = "leased-data-centre" if supplier.category == Category.CLOUD_DC else "carbon-neutral-pilot"
    templates = {template.key: template for template in newest_templates()}
    if template := templates.get(wanted):
        suggested["template"] = template.pk
    return suggested


# --- the other steps --------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def step(request: AuthenticatedHttpRequest, pk: int, name: str) -> HttpResponse:
    if name not in STEPS:
        raise Http404
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    if agreement.status != Agreement.Status.DRAFT:
        return no_draft(request, agreement)
    sent = request.POST if request.method == "POST" else None
    form = AgreementForm(sent, instance=agreement, supplier=agreement.supplier, only=STEPS[name])
    if sent is not None and form.is_valid() and save_step(request, agreement, form):
        return redirect(after(agreement, name))
    if name == "base":
        note_look(request, agreement)
    context = {"form": form, "agreement": agreement, "step": name, "title": labels()[name], "steps": steps(agreement, name)}
    return render(request, "pilots/step.html", context, status=422 if form.errors else 200)


def save_step(request: AuthenticatedHttpRequest, agreement: Agreement, form: AgreementForm) -> bool:
    try:
        agreements.change_draft(agreement_id=agreement.pk, changes=form.changes(), by=request.user, at=timezone.now())
    except YearsDoNotFit:
        form.refuse("base_year", _("The base year lies before the first year of the agreement."))
    except Agreement.IllegalTransition:
        form.add_error(None, _("The agreement was offered meanwhile. Nothing was changed."))
    else:
        return True
    return False


def no_draft(request: AuthenticatedHttpRequest, agreement: Agreement) -> HttpResponse:
    messages.error(request, _("An agreement that was offered is not changed any more. Withdraw the offer first."))
    return redirect(agreement)


@require_http_methods(["GET", "POST"])
def targets(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """`?seasons` fills in the quarters as the base year had them."""
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    if agreement.status != Agreement.Status.DRAFT:
        return no_draft(request, agreement)
    stored = {target.year: target.emissions for target in agreement.targets.all()}
    found = seasons(agreement) if agreement.is_by_quarter else None
    if found and "seasons" in request.GET:
        agreement.quarter_1, agreement.quarter_2, agreement.quarter_3, agreement.quarter_4 = found
    form = TargetsForm(request.POST if request.method == "POST" else None, agreement=agreement, targets=stored)
    if request.method == "POST" and form.is_valid():
        try:
            agreements.set_targets(
                agreement_id=pk, targets=form.targets(), quarters=form.quarter_weights(), by=request.user, at=timezone.now()
            )
            messages.success(request, _("The targets are saved."))
        except (Agreement.IllegalTransition, agreements.Incomplete, agreements.TargetsRise):
            messages.error(request, _("The agreement was changed meanwhile. Please look at it again."))
            return redirect(agreement)
        return redirect(after(agreement, "targets"))
    note_look(request, agreement)
    context = {
        "form": form,
        "agreement": agreement,
        "base": agreement.base_figure.normalize(),
        "has_seasons": found is not None,
        "steps": steps(agreement, "targets"),
    }
    return render(request, "pilots/targets.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def milestones(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    if agreement.status != Agreement.Status.DRAFT:
        return no_draft(request, agreement)
    initial = [{"due_on": each.due_on, "kind": each.kind, "value": plain(each.value)} for each in agreement.milestones.all()]
    sent = request.POST if request.method == "POST" else None
    formset = MilestoneFormSet(sent, initial=initial, form_kwargs={"agreement": agreement}, prefix="milestones")
    if sent is not None and formset.is_valid():
        try:
            agreements.set_milestones(agreement_id=pk, milestones=milestones_of(formset), by=request.user, at=timezone.now())
        except (Agreement.IllegalTransition, agreements.MilestoneOutside):
            messages.error(request, _("The agreement was changed meanwhile. Please look at it again."))
            return redirect(agreement)
        return redirect(after(agreement, "milestones"))
    is_refused = sent is not None
    context = {"formset": formset, "agreement": agreement, "steps": steps(agreement, "milestones")}
    return render(request, "pilots/milestones.html", context, status=422 if is_refused else 200)


# --- the offer --------------------------------------------------------------------------------------------------------


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
    except agreements.MilestoneOutside:
        messages.error(request, _("A milestone lies outside the term. Change it first."))
        return redirect("pilots:milestones", pk)
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
