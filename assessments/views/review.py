"""The review queue, and the workbench where one assessment is judged area by area."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.models import Role, User
from accounts.permissions import ROLE_PERMISSIONS, Permission, has, require
from assessments import review
from assessments.filters import ReviewQueueFilter
from assessments.inputs import split_key
from assessments.models import Amendment, Answer, Assessment, Verdict
from assessments.paging import page_of
from assessments.selectors import AnsweredArea, AnsweredQuestion, Dossier, open_dossier
from assessments.staff_forms import HandOverForm, ReasonForm, VerdictForm
from assessments.views.parts import is_from_htmx, page_or_part
from audit import trail


# --- the queue --------------------------------------------------------------------------------------------------------


@require_GET
def queue(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.REVIEW_VIEW)
    waiting = Assessment.objects.visible_to(request.user).in_review_queue().select_related("supplier", "campaign", "reviewer")
    narrowed = ReviewQueueFilter(request.GET, queryset=waiting, request=request)
    context = {
        "filter": narrowed,
        "page": page_of(narrowed.qs, by="submitted_at", descending=False, query=request.GET),
        "counts": counts(request.user),
        **wishes(request.user),
        "now": timezone.now(),
    }
    return page_or_part(request, "assessments/review_queue.html", "assessments/_review_queue_table.html", context)


def counts(user: User) -> dict[str, int]:
    waiting = Assessment.objects.visible_to(user).in_review_queue()
    return {
        "free": waiting.filter(status=Assessment.Status.SUBMITTED).count(),
        "mine": waiting.filter(status=Assessment.Status.IN_REVIEW, reviewer=user).count(),
        "all": waiting.count(),
    }


def wishes(user: User) -> dict[str, Any]:
    """What suppliers want back: requests to answer, and what they took out of the queue in the last two weeks."""
    amendments = Amendment.objects.visible_to(user).select_related("assessment__supplier", "assessment__campaign", "asked_by")
    since = timezone.now() - timedelta(days=14)
    taken_back = amendments.filter(state=Amendment.State.TAKEN_BACK, decided_at__gte=since).order_by("-decided_at", "-pk")
    return {
        "requests": amendments.filter(state=Amendment.State.ASKED).order_by("asked_at", "pk")[:50],
        "taken_back": taken_back[:20],
    }


# --- the workbench ----------------------------------------------------------------------------------------------------


def find(request: AuthenticatedHttpRequest, pk: int) -> Assessment:
    """What was never handed in is not for the buyer to read."""
    require(request.user, Permission.REVIEW_VIEW)
    submitted = Assessment.objects.visible_to(request.user).filter(submitted_at__isnull=False)
    return get_object_or_404(submitted.select_related("supplier", "campaign", "reviewer"), pk=pk)


@require_GET
def workbench(request: AuthenticatedHttpRequest, pk: int, code: str = "") -> HttpResponse:
    assessment = find(request, pk)
    dossier = open_dossier(assessment)
    area = dossier.area(code) if code else next((a for a in dossier.areas if not a.is_judged), dossier.areas[0])
    if area is None:
        raise Http404(code)
    trail.record("assessment.viewed", actor=request.user, target=assessment, supplier_id=assessment.supplier_id, detail={"area": area.code})
    context = workbench_context(request, dossier, area)
    return render(request, "assessments/review.html", context)


def workbench_context(request: AuthenticatedHttpRequest, dossier: Dossier, area: AnsweredArea) -> dict[str, Any]:
    may_decide = can_decide(request.user, dossier.assessment)
    return {
        "assessment": dossier.assessment,
        "dossier": dossier,
        "area": area,
        "cards": [card(answer, may_decide=may_decide) for answer in area.answers],
        "not_asked": [question for question in area.questions if not question.is_asked],
        "next_area": next_area(dossier, area),
        "may_decide": may_decide,
        "waiting": dossier.assessment.amendments.filter(state=Amendment.State.ASKED).select_related("asked_by").first(),
        "may_take": has(request.user, Permission.REVIEW_DECIDE) and dossier.assessment.status == Assessment.Status.SUBMITTED,
        "may_hand_over": has(request.user, Permission.REVIEW_DECIDE) and dossier.assessment.status == Assessment.Status.IN_REVIEW,
        "may_raise": has(request.user, Permission.FINDING_MANAGE),
        "left": len(area.to_judge) - area.judged,
    }


def can_decide(user: User, assessment: Assessment) -> bool:
    is_reviewer = assessment.reviewer_id == user.pk and assessment.status == Assessment.Status.IN_REVIEW
    return is_reviewer and has(user, Permission.REVIEW_DECIDE)


def next_area(dossier: Dossier, area: AnsweredArea) -> AnsweredArea | None:
    place = dossier.areas.index(area) + 1
    return dossier.areas[place] if place < len(dossier.areas) else None


def card(question: AnsweredQuestion, *, may_decide: bool, form: VerdictForm | None = None) -> dict[str, Any]:
    if form is None and may_decide and question.has_answer:
        given = question.verdict
        initial = {"outcome": given.outcome, "reason": given.reason} if given else {}
        form = VerdictForm(initial=initial, prefix=question.code)
    return {"question": question, "form": form}


# --- deciding ---------------------------------------------------------------------------------------------------------


@require_POST
def decide(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    assessment = find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    question, site = split_key(code)
    form: VerdictForm | None = VerdictForm(request.POST, prefix=code)
    if form and form.is_valid():
        try:
            review.decide(
                assessment_id=pk,
                question=question,
                site=site,
                outcome=form.cleaned_data["outcome"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except Answer.DoesNotExist as error:
            raise Http404(code) from error
        except (review.TakenByAnother, Assessment.IllegalTransition) as refusal:
            messages.error(request, refusal_text(refusal))
            return back_to(request, pk, code)
        form = None
    return after_verdict(request, assessment, code, form)


def after_verdict(request: AuthenticatedHttpRequest, assessment: Assessment, code: str, form: VerdictForm | None) -> HttpResponse:
    """The question as it stands now, with the figures beside it; the whole page at its place where there is no script."""
    dossier = open_dossier(assessment)
    area, question = place_of(dossier, code)
    if form is None and not is_from_htmx(request):
        return redirect(f"{reverse('assessments:review_area', args=[assessment.pk, area.code])}#q-{code}")
    context = workbench_context(request, dossier, area)
    if not is_from_htmx(request):
        context["cards"] = [card(each, may_decide=True, form=form if each.code == code else None) for each in area.answers]
        return render(request, "assessments/review.html", context, status=422)
    context |= {"card": card(question, may_decide=True, form=form), "is_part": True, "just_saved": form is None}
    return render(request, "assessments/_review_saved.html", context)


def place_of(dossier: Dossier, code: str) -> tuple[AnsweredArea, AnsweredQuestion]:
    for area in dossier.areas:
        for answer in area.answers:
            if answer.code == code:
                return area, answer
    raise Http404(code)


@require_POST
def accept_rest(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    assessment = find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    area = open_dossier(assessment).area(code)
    if area is None:
        raise Http404(code)
    keys = [answer.code for answer in area.to_judge if answer.verdict is None]
    try:
        accepted = review.accept_rest(assessment_id=pk, keys=keys, by=request.user, at=timezone.now())
    except (review.TakenByAnother, Assessment.IllegalTransition) as refusal:
        messages.error(request, refusal_text(refusal))
    else:
        done = ngettext("%(count)s answer was accepted.", "%(count)s answers were accepted.", accepted)
        messages.success(request, done % {"count": accepted})
    return redirect("assessments:review_area", pk, code)


# --- taking, handing over, giving back --------------------------------------------------------------------------------


@require_POST
def take(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    try:
        review.take(assessment_id=pk, by=request.user, at=timezone.now())
    except (review.TakenByAnother, Assessment.IllegalTransition) as refusal:
        messages.error(request, refusal_text(refusal))
    return redirect("assessments:review", pk)


@require_POST
def give_back(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    try:
        review.give_back(assessment_id=pk, by=request.user, at=timezone.now())
    except (review.TakenByAnother, Assessment.IllegalTransition) as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("assessments:review", pk)
    messages.success(request, _("The assessment is back in the queue."))
    return redirect("assessments:review_queue")


@require_http_methods(["GET", "POST"])
def hand_over(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    assessment = find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    form = HandOverForm(request.POST or None, colleagues=colleagues(assessment))
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to"]
        try:
            review.hand_over(assessment_id=pk, to=to, by=request.user, at=timezone.now())
        except Assessment.IllegalTransition as refusal:
            messages.error(request, refusal_text(refusal))
        else:
            messages.success(request, _("%(name)s reviews this assessment now.") % {"name": to})
        return redirect("assessments:review", pk)
    return render(request, "assessments/review_hand_over.html", {"assessment": assessment, "form": form})


def colleagues(assessment: Assessment) -> QuerySet[User]:
    """The people who may decide reviews, but for the one who does it now."""
    roles = [role for role in Role.values if Permission.REVIEW_DECIDE in ROLE_PERMISSIONS.get(role, frozenset())]
    people = User.objects.filter(is_active=True, memberships__role__in=roles).distinct()
    return people.exclude(pk=assessment.reviewer_id or 0).order_by("name", "pk")


# --- the end of the review --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def finish(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """What was decided so far; from here the assessment goes back to the supplier, or is closed."""
    assessment = find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    form = ReasonForm(request.POST if request.POST.get("step") == "return" else None)
    if request.method == "POST":
        try:
            if request.POST.get("step") == "close":
                review.close(assessment_id=pk, by=request.user, at=timezone.now())
                messages.success(request, _("The review is closed. The verified score stands."))
                return redirect("assessments:review", pk)
            if form.is_valid():
                reason = form.cleaned_data["reason"]
                review.return_to_supplier(assessment_id=pk, reason=reason, by=request.user, at=timezone.now())
                messages.success(request, _("The assessment went back to the supplier, who is told why by e-mail."))
                return redirect("assessments:review_queue")
        except (review.TakenByAnother, review.QueriesOpen, Assessment.IllegalTransition) as refusal:
            messages.error(request, refusal_text(refusal))
            return redirect("assessments:review_finish", pk)
    dossier = open_dossier(assessment)
    context = {
        "assessment": assessment,
        "dossier": dossier,
        "form": form,
        "may_decide": can_decide(request.user, assessment),
        "objections": objections(dossier),
        "open_queries": [q.label for q in objections(dossier) if q.verdict and q.verdict.outcome == Verdict.Outcome.QUERY],
        "verified_if_closed": verified_if_closed(dossier),
    }
    return render(request, "assessments/review_finish.html", context)


def objections(dossier: Dossier) -> list[AnsweredQuestion]:
    return [
        question
        for area in dossier.areas
        for question in area.to_judge
        if question.verdict and question.verdict.outcome != Verdict.Outcome.ACCEPT
    ]


def verified_if_closed(dossier: Dossier) -> Any:
    worksheet = dossier.worksheet
    return worksheet.rules.score(worksheet.facts, worksheet.states, True).verified


def refusal_text(refusal: Exception) -> str:
    if isinstance(refusal, review.TakenByAnother):
        if refusal.reviewer is None:
            return _("Take the assessment into review first.")
        return _("%(name)s reviews this assessment.") % {"name": refusal.reviewer}
    if isinstance(refusal, review.QueriesOpen):
        return _("These answers still have a question to the supplier: %(codes)s.") % {"codes": ", ".join(refusal.questions)}
    return _("This assessment is not in review any more.")


def back_to(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    url = reverse("assessments:review", args=[pk])
    if is_from_htmx(request):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return redirect(url)
