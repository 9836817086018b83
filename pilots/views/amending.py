"""Amendments and recalculations: proposed by the buyer, signed by both sides."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.templatetags.ui import percent
from pilots.actuals import Actual, NotCalculable, Period, actual_of
from pilots.amendment_page import changed_terms, series_of
from pilots.amendments import (
    AlreadyProposed,
    BelowThreshold,
    NothingChanges,
    YearsReported,
    propose_amendment,
    withdraw_amendment,
)
from pilots.draft_forms import AmendForm
from pilots.models import Agreement, Amendment
from pilots.terms import YearsDoNotFit
from pilots.terms_page import terms_page
from pilots.views.agreements import find, note_look, note_look_at_emissions, own_side


def find_amendment(request: AuthenticatedHttpRequest, pk: int) -> Amendment:
    visible = Amendment.objects.visible_to(request.user).select_related("agreement__supplier", "agreement__factor_set", "offered_by")
    return get_object_or_404(visible, pk=pk)


@require_http_methods(["GET", "POST"])
def amend(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """`?kind=recalculation` asks for the base year anew."""
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    if not agreement.is_in_force:
        messages.error(request, _("An agreement is amended while it is in force."))
        return redirect(agreement)
    kind = request.GET.get("kind", Amendment.Kind.TERMS)
    kind = kind if kind in Amendment.Kind.values else Amendment.Kind.TERMS
    sent = request.POST if request.method == "POST" else None
    form = AmendForm(sent, instance=agreement, supplier=agreement.supplier, kind=kind)
    if sent is not None and form.is_valid() and (amendment := propose(request, agreement, form)) is not None:
        messages.success(request, _("The amendment is offered. It comes into force when both sides have signed it."))
        return redirect(amendment)
    is_recalculation = kind == Amendment.Kind.RECALCULATION
    base = base_now(agreement) if is_recalculation else None
    note_look(request, agreement)
    if base is not None:
        note_look_at_emissions(request, agreement.supplier, year=agreement.base_year)
    context = {"form": form, "agreement": agreement, "kind": kind, "is_recalculation": is_recalculation, "base_now": base}
    return render(request, "pilots/amend.html", context, status=422 if form.errors else 200)


def propose(request: AuthenticatedHttpRequest, agreement: Agreement, form: AmendForm) -> Amendment | None:
    try:
        return propose_amendment(agreement_id=agreement.pk, proposal=form.proposal(), by=request.user, at=timezone.now())
    except NothingChanges:
        form.add_error(None, _("Nothing differs from the terms that hold already."))
    except BelowThreshold as refused:
        words = _("The base year changes by %(change)s, which is less than the %(threshold)s%% the agreement asks for.")
        form.refuse("base_emissions", words % {"change": percent(refused.change, 1), "threshold": agreement.recalculation_threshold})
    except YearsReported:
        form.refuse("ends_on", _("A year that was reported would lie outside the term."))
    except YearsDoNotFit:
        form.refuse("ends_on", _("The base year lies before the first year of the agreement."))
    except AlreadyProposed:
        form.add_error(None, _("Another amendment is offered and not yet signed by both sides. Withdraw it first."))
    except Agreement.IllegalTransition:
        form.add_error(None, _("The agreement is not in force any more."))
    return None


def base_now(agreement: Agreement) -> Actual | None:
    """The base year as the activity data have it now."""
    try:
        return actual_of(agreement, Period(agreement.base_year))
    except NotCalculable:
        return None


@require_GET
def amendment(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find_amendment(request, pk)
    agreement = found.agreement
    note_look(request, agreement)
    signatures = list(agreement.signatures.filter(content_sha256=found.content_sha256).order_by("signed_at", "pk"))
    side = own_side(request)
    is_open = found.status == Amendment.Status.OFFERED and agreement.is_in_force
    context: dict[str, Any] = {
        "amendment": found,
        "agreement": agreement,
        "changes": changed_terms(found),
        "series": series_of(found),
        "terms": terms_page(found.terms),
        "signatures": signatures,
        "papers": agreement.papers.filter(content_sha256=found.content_sha256).order_by("pk"),
        "is_open": is_open,
        "may_sign": is_open and side is not None and side not in {each.side for each in signatures},
        "may_withdraw": is_open and has(request.user, Permission.PILOT_EDIT),
    }
    return render(request, "pilots/amendment.html", context)


@require_POST
def amendment_withdraw(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find_amendment(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    try:
        withdraw_amendment(amendment_id=pk, by=request.user, at=timezone.now())
        messages.success(request, _("The amendment is withdrawn. The terms that hold go on holding."))
    except Amendment.IllegalTransition:
        messages.error(request, _("Only an amendment that is not signed by both sides can be withdrawn."))
    return redirect(found)
