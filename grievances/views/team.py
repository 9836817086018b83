from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from accounts.seek import page_by
from grievances import handling
from grievances.forms import TOPICS, StateForm, TeamMessageForm
from grievances.models import Case
from grievances.sealing import unseal


PAGE_SIZE = 25


@never_cache
@require_GET
def case_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Numbers, clocks and who has them in hand. What was written opens with the case, where each look is noted."""
    require(request.user, Permission.CASE_HANDLE)
    form = StateForm(request.GET)
    found = _found(request, form).defer("report").select_related("acknowledged_by")
    page = page_by(found, "-pk", request.GET.dict(), size=PAGE_SIZE)
    now = timezone.now()
    lines = [{"case": case, "is_late": case.is_late(now)} for case in page.rows]
    return render(request, "grievances/case_list.html", {"form": form, "lines": lines, "page": page})


def _found(request: AuthenticatedHttpRequest, form: StateForm) -> "QuerySet[Case]":
    cases, now = Case.objects.visible_to(request.user), timezone.now()
    state = form.cleaned_data["state"] if form.is_valid() else ""
    if state == "closed":
        return cases.filter(state=Case.State.CLOSED)
    if state == "late":
        late = Q(acknowledged_at__isnull=True, acknowledge_by__lt=now) | Q(feedback_at__isnull=True, feedback_by__lt=now)
        return cases.filter(late, state__in=Case.OPEN)
    return cases if state == "all" else cases.filter(state__in=Case.OPEN)


def _readable(case: Case) -> dict[str, str]:
    """Empty where no key of ours opens it."""
    report: dict[str, str] = unseal(case.report) or {}
    return report | {"topic": str(dict(TOPICS).get(report.get("topic", ""), ""))}


@never_cache
@require_http_methods(["GET", "POST"])
def case(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Reading it is noted, for the rest of the team to see. So a look writes one line, and nothing else."""
    found = _find(request, pk)
    form = TeamMessageForm(request.POST) if request.method == "POST" else TeamMessageForm.fresh()
    if request.method == "POST" and form.is_valid():
        try:
            handling.write(case_id=pk, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Case.IllegalTransition:
            messages.error(request, _("This case is closed."))
        else:
            messages.success(request, _("Written. The person reads it with the case code."))
        return redirect(found)
    handling.note_look(case=found, by=request.user, at=timezone.now())
    looks = found.looks.select_related("by").order_by("-pk")[:20]
    context = {"case": found, "report": _readable(found), "lines": handling.lines_of(found), "form": form, "looks": looks}
    context["is_late"] = found.is_late(timezone.now())
    return render(request, "grievances/case.html", context, status=422 if form.errors else 200)


@require_POST
def acknowledge(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    try:
        handling.acknowledge(case_id=pk, by=request.user, at=timezone.now())
    except Case.IllegalTransition:
        messages.info(request, _("This was acknowledged already, or the case is closed."))
    else:
        messages.success(request, _("Acknowledged. The person reads so with the case code."))
    return redirect(found)


@require_POST
def close(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    try:
        handling.close(case_id=pk, by=request.user, at=timezone.now())
    except Case.IllegalTransition:
        messages.error(request, _("A case is closed once, and after feedback."))
    else:
        messages.success(request, _("The case is closed."))
    return redirect(found)


def _find(request: AuthenticatedHttpRequest, pk: int) -> Case:
    """To everybody else there is no such thing as a case."""
    return get_object_or_404(
        Case.objects.visible_to(request.user).select_related("acknowledged_by", "feedback_given_by", "closed_by"), pk=pk
    )
