from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from django_stubs_ext import StrOrPromise

from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from runs import engine, schedules
from runs.forms import ScheduleForm
from runs.models import Chunk, Run, load_progress
from runs.registry import registered_kinds, title_of
from runs.schedules import schedule_lines


PAGE_SIZE = 50
MOST_FAILURES = 100


def run_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.RUN_VIEW)
    runs = Run.objects.visible_to(request.user).select_related("started_by")
    if (kind := request.GET.get("kind", "")) in registered_kinds():
        runs = runs.filter(kind=kind)
    page = page_by(runs, "-pk", request.GET, size=PAGE_SIZE)
    load_progress(page.rows)
    kinds = [(kind, title_of(kind)) for kind in registered_kinds()]
    return render(request, "runs/run_list.html", {"runs": page.rows, "page": page, "kinds": kinds, "kind": kind})


def schedule_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.RUN_VIEW)
    lines = schedule_lines(at=timezone.now())
    return render(request, "runs/schedule_list.html", {"schedules": lines, "may_manage": has(request.user, Permission.RUN_MANAGE)})


@require_http_methods(["GET", "POST"])
def schedule(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.RUN_MANAGE)
    row = get_object_or_404(schedules.schedule_rows(), pk=pk)
    form = ScheduleForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        schedules.change(schedule_id=row.pk, by=request.user, at=timezone.now(), **form.clock())
        messages.success(request, _("The schedule is changed. It takes effect within a few seconds."))
        return redirect("runs:schedule_list")
    return render(request, "runs/schedule_form.html", {"schedule": row, "name": _(row.name), "form": form})


def run_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run.objects.visible_to(request.user).select_related("started_by"), pk=pk)
    failures = run.chunks.filter(status=Chunk.Status.FAILED).order_by("number")[:MOST_FAILURES]
    context = {"run": run, "failures": failures, "may_manage": may_handle(run, request.user)}
    return render(request, "runs/run_detail.html", context)


def may_handle(run: Run, user: User) -> bool:
    """Whose run it is may stop it and let it go on; so may those who look after all runs."""
    return run.started_by_id == user.pk or has(user, Permission.RUN_MANAGE)


def _require_hand_on(run: Run, user: User) -> None:
    if run.started_by_id != user.pk:
        require(user, Permission.RUN_MANAGE)


def run_progress(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The part that pages with a progress bar fetch again and again while the run is open."""
    run = get_object_or_404(Run.objects.visible_to(request.user), pk=pk)
    response = render(request, "runs/_progress.html", {"run": run})
    response["Cache-Control"] = "no-store"
    if not run.is_open:
        # The whole page has news now: results, failures, other buttons.
        response["HX-Refresh"] = "true"
    return response


@dataclass(frozen=True)
class Hand:
    """What a person does to a run by a button: the verb, what is said when it is done, and when it is not possible any more."""

    verb: Callable[..., object]
    done: StrOrPromise
    too_late: StrOrPromise


HANDS = {
    "cancel": Hand(
        engine.cancel,
        gettext_lazy("The run is cancelled. What is in work at this moment comes to its end."),
        gettext_lazy("The run had ended already."),
    ),
    "pause": Hand(
        engine.pause,
        gettext_lazy("The run is paused. What is in work at this moment comes to its end."),
        gettext_lazy("The run is not under way."),
    ),
    "resume": Hand(
        engine.resume,
        done=gettext_lazy("The run goes on."),
        too_late=gettext_lazy("The run is not paused."),
    ),
    "retry": Hand(
        engine.retry_failed,
        done=gettext_lazy("What failed is being tried again."),
        too_late=gettext_lazy("Nothing in this run has failed."),
    ),
}


@require_POST
def run_hand(request: AuthenticatedHttpRequest, pk: int, what: str) -> HttpResponse:
    run = get_object_or_404(Run.objects.visible_to(request.user), pk=pk)
    _require_hand_on(run, request.user)
    hand = HANDS[what]
    try:
        hand.verb(run_id=run.pk, by=request.user, at=timezone.now())
    except engine.IllegalTransition:
        messages.info(request, hand.too_late)
    else:
        messages.success(request, hand.done)
    return _back(request, run)


def _back(request: AuthenticatedHttpRequest, run: Run) -> HttpResponse:
    """To the page the button stands on: the run's own, or that of what it makes."""
    page = request.POST.get("next", "")
    is_ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return redirect(page if is_ours else run.get_absolute_url())
