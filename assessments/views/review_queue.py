"""The review queue, who has what, and giving cases to other people."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.permissions import Permission, has, require
from accounts.reasons import why_of
from assessments.filters import ReviewQueueFilter
from assessments.models import Absence, Amendment, Assessment
from assessments.paging import page_of
from assessments.review.forms import ReassignForm
from assessments.reviewers import assigning
from assessments.reviewers.board import board
from assessments.reviewers.deadlines import Pace, with_deadlines
from assessments.reviewers.table import COLUMNS
from assessments.views.parts import page_or_part
from audit import trail
from runs import engine
from runs.calendar import buyers_day
from suppliers.views.files import table_response


# More than these change hands in a run.
REASSIGNED_AT_ONCE = 200


# --- the queue --------------------------------------------------------------------------------------------------------


@require_GET
def queue(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.REVIEW_VIEW)
    narrowed = found_by(request)
    context = {
        "filter": narrowed,
        "page": page_of(narrowed.qs, by="submitted_at", descending=False, query=request.GET),
        "counts": counts(request.user),
        "may_reassign": has(request.user, Permission.REVIEW_MANAGE),
        "may_export": has(request.user, Permission.PORTFOLIO_EXPORT),
        **wishes(request.user),
    }
    return page_or_part(request, "assessments/review_queue.html", "assessments/_review_queue_table.html", context)


def found_by(request: AuthenticatedHttpRequest) -> ReviewQueueFilter:
    waiting = Assessment.objects.visible_to(request.user).in_review_queue().with_coverage()
    rows = with_deadlines(waiting, at=timezone.now()).select_related("supplier", "campaign", "reviewer")
    return ReviewQueueFilter(request.GET, queryset=rows, request=request)


@require_POST
@confirmed("POST")
def queue_file(request: AuthenticatedHttpRequest) -> HttpResponse:
    """What the page finds, all of it: the filter comes along as the query string."""
    require(request.user, Permission.REVIEW_VIEW)
    require(request.user, Permission.PORTFOLIO_EXPORT)
    detail = {"of": "review queue", "why": why_of(request)}
    rows = list(found_by(request).qs.order_by("submitted_at", "pk"))
    trail.record_each("portfolio.exported", supplier_ids={row.supplier_id for row in rows}, actor=request.user, detail=detail)
    form = "csv" if request.POST.get("format") == "csv" else "xlsx"
    return table_response(form, f"review-queue-{buyers_day(timezone.now()):%Y%m%d}", COLUMNS, rows, title=_("Review queue"))


def counts(user: User) -> dict[str, int]:
    waiting = with_deadlines(Assessment.objects.visible_to(user).in_review_queue(), at=timezone.now())
    return waiting.aggregate(
        all=Count("pk"),
        free=Count("pk", filter=Q(reviewer=None)),
        mine=Count("pk", filter=Q(reviewer=user)),
        overdue=Count("pk", filter=Q(pace=Pace.OVERDUE)),
    )


def wishes(user: User) -> dict[str, Any]:
    """What suppliers want back: requests to answer, and what they took out of the queue in the last two weeks."""
    amendments = Amendment.objects.visible_to(user).select_related("assessment__supplier", "assessment__campaign", "asked_by")
    since = timezone.now() - timedelta(days=14)
    taken_back = amendments.filter(state=Amendment.State.TAKEN_BACK, decided_at__gte=since).order_by("-decided_at", "-pk")
    return {
        "requests": amendments.filter(state=Amendment.State.ASKED).order_by("asked_at", "pk")[:50],
        "taken_back": taken_back[:20],
    }


# --- who has what -----------------------------------------------------------------------------------------------------


@require_GET
def review_board(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.REVIEW_VIEW)
    now = timezone.now()
    coming = Absence.objects.visible_to(request.user).filter(last_day__gte=buyers_day(now))
    context = {
        "board": board(at=now),
        "absences": coming.select_related("user", "set_by").order_by("first_day", "user__name", "pk"),
        "today": buyers_day(now),
        "may_enter": has(request.user, Permission.REVIEW_DECIDE),
        "may_manage": has(request.user, Permission.REVIEW_MANAGE),
    }
    return render(request, "assessments/review_board.html", context)


# --- giving cases to other people -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def hand_over(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """One case. Anybody who may decide reviews may do so: the reviewer may be away."""
    require(request.user, Permission.REVIEW_VIEW)
    handed_in = Assessment.objects.visible_to(request.user).filter(submitted_at__isnull=False)
    assessment = get_object_or_404(handed_in.select_related("supplier", "campaign", "reviewer"), pk=pk)
    require(request.user, Permission.REVIEW_DECIDE)
    form = ReassignForm(request.POST or None, people=may_have(assessment))
    if request.method == "POST" and form.is_valid():
        try:
            done = assigning.reassign(ids=[pk], **form.cleaned_data, by=request.user, at=timezone.now())
        except assigning.Unavailable:
            form.add_error("to", _("This person is away, or does not review any more."))
        else:
            tell(request, done, form.cleaned_data["to"])
            return redirect("assessments:review", pk)
    return render(request, "assessments/review_hand_over.html", {"assessment": assessment, "form": form})


def may_have(assessment: Assessment) -> QuerySet[User]:
    """The people who may decide reviews and are there, but for the one who has it and those who may not."""
    kept_out = assigning.barred([assessment])[assessment.pk]
    return assigning.free_reviewers(at=timezone.now()).exclude(Q(pk=assessment.reviewer_id or 0) | Q(pk__in=kept_out))


@require_POST
def reassign(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Many cases. First they are chosen in the queue, then somebody and a reason; both come here."""
    require(request.user, Permission.REVIEW_MANAGE)
    ids = chosen(request)
    if not ids:
        messages.error(request, _("Choose at least one case of the queue."))
        return redirect("assessments:review_queue")
    form = ReassignForm(request.POST if "to" in request.POST else None, people=assigning.free_reviewers(at=timezone.now()))
    if form.is_bound and form.is_valid():
        return give(request, ids, form)
    context = {"form": form, "ids": ids if "all" not in request.POST else [], "count": len(ids), "query": request.GET.urlencode()}
    return render(request, "assessments/review_reassign.html", context, status=422 if form.is_bound else 200)


def chosen(request: AuthenticatedHttpRequest) -> list[int]:
    """The ticked rows, or all that the filter in the address finds. Nothing that this person does not see."""
    rows = found_by(request).qs.order_by("pk") if "all" in request.POST else Assessment.objects.visible_to(request.user).in_review_queue()
    if "all" not in request.POST:
        rows = rows.filter(pk__in=numbers(request.POST)).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def numbers(sent: QueryDict) -> list[int]:
    return [int(text) for text in sent.getlist("case") if text.isascii() and text.isdigit() and len(text) < 10]


def give(request: AuthenticatedHttpRequest, ids: list[int], form: ReassignForm) -> HttpResponse:
    to, reason, now = form.cleaned_data["to"], form.cleaned_data["reason"], timezone.now()
    if len(ids) > REASSIGNED_AT_ONCE:
        parameters = {"ids": ids, "to": to.pk, "reason": reason}
        return redirect(engine.start("reassign_reviews", parameters=parameters, by=request.user, at=now))
    tell(request, assigning.reassign(ids=ids, to=to, reason=reason, by=request.user, at=now), to)
    return redirect("assessments:review_queue")


def tell(request: AuthenticatedHttpRequest, done: assigning.Reassigned, to: User) -> None:
    moved = ngettext("%(count)s case went to %(name)s.", "%(count)s cases went to %(name)s.", done.moved)
    messages.success(request, moved % {"count": done.moved, "name": to})
    if done.conflicts:
        left = ngettext(
            "%(count)s case stays where it was: %(name)s has a conflict of interest, or another part in it.",
            "%(count)s cases stay where they were: %(name)s has a conflict of interest, or another part in them.",
            done.conflicts,
        )
        messages.warning(request, left % {"count": done.conflicts, "name": to})
