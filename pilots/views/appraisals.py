"""Appraisals: what waits for whom, one appraisal, and the steps of the two people and of the supplier."""

from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from pilots import appraisal as appraisals
from pilots.appraisal_forms import CommentForm, ProposeForm
from pilots.appraisal_page import part_rows
from pilots.models import Appraisal
from pilots.views.agreements import find, note_look
from runs import engine


PAGE_SIZE = 50


def find_appraisal(request: AuthenticatedHttpRequest, pk: int) -> Appraisal:
    people = ("agreement__supplier", "scheme", "proposed_by", "commented_by", "confirmed_by")
    return get_object_or_404(Appraisal.objects.visible_to(request.user).select_related(*people), pk=pk)


@require_GET
def appraisal_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """What is still to be done first of all: `?status=` chooses."""
    require(request.user, Permission.PILOT_VIEW)
    status = request.GET.get("status", "")
    rows = Appraisal.objects.visible_to(request.user).select_related("agreement__supplier")
    counts = dict(rows.values_list("status").annotate(count=models.Count("pk")).order_by("status"))
    rows = rows.filter(status=status) if status in Appraisal.Status.values else rows
    context = {
        "page": page_by(rows, "-pk", request.GET.dict(), size=PAGE_SIZE),
        "status": status,
        "tabs": [(value, label, counts.get(value, 0)) for value, label in Appraisal.Status.choices],
        "may_edit": has(request.user, Permission.PILOT_EDIT),
    }
    return render(request, "pilots/appraisal_list.html", context)


@require_GET
def appraisal(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return page(request, find_appraisal(request, pk))


def page(request: AuthenticatedHttpRequest, found: Appraisal, *, form: Any = None, status: int = 200) -> HttpResponse:
    note_look(request, found.agreement)
    may_edit = has(request.user, Permission.PILOT_EDIT)
    is_proposed = found.status == Appraisal.Status.PROPOSED
    is_open = found.status != Appraisal.Status.CONFIRMED
    wait_until = found.proposed_at + appraisals.TO_COMMENT if is_proposed and found.proposed_at and not found.commented_at else None
    is_to_be_heard = wait_until is not None and timezone.now() < wait_until
    may_comment = is_proposed and not request.user.is_buyer and has(request.user, Permission.ACTIVITY_EDIT)
    context = {
        "appraisal": found,
        "agreement": found.agreement,
        "parts": part_rows(found),
        "papers": found.agreement.papers.filter(content_sha256=found.content_sha256).order_by("pk") if found.content_sha256 else [],
        "propose_form": (form if isinstance(form, ProposeForm) else ProposeForm(instance=found)) if may_edit and is_open else None,
        "comment_form": (form if isinstance(form, CommentForm) else CommentForm(initial={"text": found.comment})) if may_comment else None,
        "may_confirm": may_edit and is_proposed and found.proposed_by_id != request.user.pk and not is_to_be_heard,
        "is_own_proposal": may_edit and is_proposed and found.proposed_by_id == request.user.pk,
        "heard_until": wait_until if is_to_be_heard else None,
    }
    return render(request, "pilots/appraisal.html", context, status=status)


@require_POST
def propose(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find_appraisal(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    form = ProposeForm(request.POST, instance=found)
    if not form.is_valid():
        return page(request, found, form=form, status=422)
    try:
        appraisals.propose(appraisal_id=pk, by=request.user, at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("The appraisal is proposed. The supplier may comment on it, and another person confirms it."))
    except appraisals.AlreadyConfirmed:
        messages.error(request, _("The appraisal is confirmed and stays as it is."))
    return redirect(found)


@require_POST
def comment(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find_appraisal(request, pk)
    require(request.user, Permission.ACTIVITY_EDIT)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return page(request, found, form=form, status=422)
    try:
        appraisals.comment(appraisal_id=pk, text=form.cleaned_data["text"], by=request.user, at=timezone.now())
        messages.success(request, _("Your comment stands in the appraisal."))
    except Appraisal.IllegalTransition:
        messages.error(request, _("The appraisal can be commented on between its proposal and its confirmation."))
    return redirect(found)


@require_POST
@confirmed("POST")
def confirm(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find_appraisal(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    try:
        appraisals.confirm(appraisal_id=pk, by=request.user, at=timezone.now())
        messages.success(request, _("The appraisal is confirmed. Its paper is printed in a moment."))
    except appraisals.SamePerson:
        messages.error(request, _("Another person than the one who proposed it confirms an appraisal."))
    except appraisals.StillToBeHeard:
        messages.error(request, _("The supplier may still comment on it."))
    except Appraisal.IllegalTransition:
        messages.error(request, _("Only what is proposed can be confirmed."))
    return redirect(found)


@require_POST
def appraise(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """A run for this agreement; a button pressed twice is one run."""
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    parameters = {"agreement": agreement.pk}
    run = engine.start_or_join("appraise_pilots", parameters=parameters, by=request.user, at=timezone.now(), title=agreement.number)
    messages.success(request, _("The appraisals of the periods that are over are being calculated."))
    return redirect(run)
