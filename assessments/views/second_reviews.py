"""The blind second review: what is drawn, one's own page, both beside each other, and how far reviewers agree."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Barred, Permission, has, require
from assessments.answering.inputs import split_key
from assessments.models import Answer, Campaign, SecondReview, SecondVerdict
from assessments.paging import page_of
from assessments.review import second_review
from assessments.review.agreement_report import report
from assessments.review.blind_desk import BlindDesk, open_desk
from assessments.review.comparison import Comparison, Difference, compare, outcomes_for
from assessments.review.forms import AppointForm, CallOffForm, SecondVerdictForm, SettleForm
from assessments.reviewers import assigning
from assessments.selectors import AnsweredArea, AnsweredQuestion
from audit import trail


Status = SecondReview.Status


# --- lists ------------------------------------------------------------------------------------------------------------


@require_GET
def second_review_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.REVIEW_VIEW)
    visible = SecondReview.objects.visible_to(request.user)
    related = ("assessment__supplier", "assessment__campaign", "reviewer", "third", "first_finished_by")
    mine = Q(status=Status.OPEN, reviewer=request.user, finished_at=None) | Q(status=Status.DIFFERS, third=request.user)
    status = request.GET.get("status", "")
    shown = visible.filter(status=status) if status in Status.values else visible
    context = {
        "mine": visible.filter(mine).select_related(*related).order_by("drawn_at", "pk")[:50],
        "counts": {key: visible.filter(status=key).count() for key in Status.values},
        "statuses": Status.choices,
        "status": status,
        "page": page_of(shown.select_related(*related), by="drawn_at", descending=True, query=request.GET),
    }
    return render(request, "assessments/second_reviews.html", context)


@require_GET
def agreement(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.REVIEW_VIEW)
    campaigns = Campaign.objects.exclude(status=Campaign.Status.DRAFT).order_by("-cycle", "-pk")
    asked = request.GET.get("campaign", "")
    chosen = campaigns.filter(pk=asked).first() if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    context = {"report": report(request.user, campaign=chosen), "campaigns": campaigns, "campaign": chosen}
    return render(request, "assessments/agreement.html", context)


# --- one second review ------------------------------------------------------------------------------------------------


def find(request: AuthenticatedHttpRequest, pk: int) -> SecondReview:
    """`pk` is the assessment's."""
    require(request.user, Permission.REVIEW_VIEW)
    related = ("assessment__supplier", "assessment__campaign", "reviewer", "third", "first_finished_by")
    return get_object_or_404(SecondReview.objects.visible_to(request.user).select_related(*related), assessment=pk)


@require_GET
def show(request: AuthenticatedHttpRequest, pk: int, code: str = "") -> HttpResponse:
    """For the second reviewer the desk, for the others how it stands, and when both have finished what each said."""
    second = find(request, pk)
    if may_judge(request, second):
        return desk(request, second, code)
    if code:
        raise Http404(code)
    if second.is_comparable:
        return draw_comparison(request, second, compare(second))
    context = {"second": second, "may_manage": may_manage(request, second)}
    return render(request, "assessments/second_review_compare.html", context)


def may_manage(request: AuthenticatedHttpRequest, second: SecondReview) -> bool:
    return has(request.user, Permission.REVIEW_MANAGE) and second.ended_at is None


def may_judge(request: AuthenticatedHttpRequest, second: SecondReview) -> bool:
    is_theirs = second.status == Status.OPEN and second.reviewer_id == request.user.pk and second.finished_at is None
    return is_theirs and has(request.user, Permission.REVIEW_DECIDE)


def note_look(request: AuthenticatedHttpRequest, second: SecondReview, **detail: Any) -> None:
    supplier_id = second.assessment.supplier_id
    trail.record("assessment.viewed", actor=request.user, target=second.assessment, supplier_id=supplier_id, detail=detail)


# --- judging ----------------------------------------------------------------------------------------------------------


def desk(request: AuthenticatedHttpRequest, second: SecondReview, code: str) -> HttpResponse:
    opened = open_desk(second)
    areas = opened.dossier.areas
    area = opened.dossier.area(code) if code else next((each.area for each in opened.areas if each.left), areas[0])
    if area is None:
        raise Http404(code)
    return draw_desk(request, opened, area)


def draw_desk(
    request: AuthenticatedHttpRequest, opened: BlindDesk, area: AnsweredArea, wrong: SecondVerdictForm | None = None
) -> HttpResponse:
    note_look(request, opened.second, area=area.code)
    return render(request, "assessments/second_review.html", desk_context(opened, area, wrong), status=422 if wrong else 200)


def desk_context(opened: BlindDesk, area: AnsweredArea, wrong: SecondVerdictForm | None) -> dict[str, Any]:
    is_open = opened.second.assessment.is_in_queue
    return {
        "second": opened.second,
        "assessment": opened.second.assessment,
        "dossier": opened.dossier,
        "desk": opened,
        "area": area,
        "left": len(opened.left_in(area)),
        "next_area": opened.next_after(area),
        "cards": [card(opened, answer, is_open, wrong) for answer in area.answers],
        "is_open": is_open,
    }


def card(opened: BlindDesk, question: AnsweredQuestion, is_open: bool, wrong: SecondVerdictForm | None) -> dict[str, Any]:
    given = opened.verdicts.get(question.code)
    if wrong and wrong.prefix == question.code:
        return {"question": question, "verdict": given, "form": wrong}
    initial = {"outcome": given.outcome, "reason": given.reason} if given else {}
    form = SecondVerdictForm(initial=initial, prefix=question.code) if is_open and question.has_answer else None
    return {"question": question, "verdict": given, "form": form}


def mine(request: AuthenticatedHttpRequest, pk: int) -> SecondReview:
    """Everybody else is refused, whatever they may do elsewhere."""
    second = find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    if second.reviewer_id != request.user.pk:
        raise Barred(_("This second review is not yours."))
    return second


@require_POST
def judge(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    second = mine(request, pk)
    question, site = split_key(code)
    form = SecondVerdictForm(request.POST, prefix=code)
    opened = open_desk(second)
    area = next((area for area in opened.dossier.areas if code in {answer.code for answer in area.to_judge}), None)
    if area is None:
        raise Http404(code)
    if not form.is_valid():
        return draw_desk(request, opened, area, form)
    try:
        second_review.judge(second_id=second.pk, question=question, site=site, **form.cleaned_data, by=request.user, at=timezone.now())
    except Answer.DoesNotExist as error:
        raise Http404(code) from error
    except second_review.NotTheirs:
        messages.error(request, _("Nothing can be judged at the moment: it is finished, or with the supplier."))
        return redirect(second)
    return redirect(f"{reverse('assessments:second_review_area', args=[pk, area.code])}#q-{code}")


@require_POST
def accept_rest(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    second = mine(request, pk)
    opened = open_desk(second)
    area = opened.dossier.area(code)
    if area is None:
        raise Http404(code)
    keys = [answer.code for answer in opened.left_in(area)]
    try:
        accepted = second_review.accept_rest(second_id=second.pk, keys=keys, by=request.user, at=timezone.now())
    except second_review.NotTheirs:
        messages.error(request, _("Nothing can be judged at the moment: it is finished, or with the supplier."))
        return redirect(second)
    done = ngettext("%(count)s answer was accepted.", "%(count)s answers were accepted.", accepted)
    messages.success(request, done % {"count": accepted})
    return redirect("assessments:second_review_area", pk, code)


@require_POST
def finish(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    second = mine(request, pk)
    try:
        done = second_review.finish(second_id=second.pk, keys=open_desk(second).keys, by=request.user, at=timezone.now())
    except second_review.NotTheirs:
        messages.error(request, _("Nothing can be judged at the moment: it is finished, or with the supplier."))
    except second_review.NotFinished as left:
        said = ngettext("%(count)s answer is left without a verdict.", "%(count)s answers are left without a verdict.", len(left.keys))
        messages.error(request, said % {"count": len(left.keys)})
    else:
        messages.success(request, told_when(done))
    return redirect(second)


def told_when(second: SecondReview) -> str:
    if second.status == Status.SETTLED:
        return _("Both reviews say the same. The review is closed.")
    if second.status == Status.DIFFERS:
        return _("Both reviews are finished. What differs goes to a third person.")
    return _("Your review is finished. You see the other one as soon as it is finished too.")


# --- settling ---------------------------------------------------------------------------------------------------------


def draw_comparison(
    request: AuthenticatedHttpRequest, second: SecondReview, found: Comparison, wrong: SettleForm | None = None
) -> HttpResponse:
    note_look(request, second)
    may_settle = second.status == Status.DIFFERS and second.third_id == request.user.pk and has(request.user, Permission.REVIEW_DECIDE)
    context = {
        "second": second,
        "may_manage": may_manage(request, second),
        "comparison": found,
        "may_settle": may_settle,
        "cards": [settling(each, may_settle, wrong) for each in found.differences],
    }
    return render(request, "assessments/second_review_compare.html", context, status=422 if wrong else 200)


def settling(difference: Difference, may_settle: bool, wrong: SettleForm | None) -> dict[str, Any]:
    if wrong and wrong.prefix == difference.key:
        return {"difference": difference, "form": wrong}
    is_open = may_settle and not difference.is_settled
    form = SettleForm(outcomes=outcomes_for(difference.verdict), prefix=difference.key) if is_open else None
    return {"difference": difference, "form": form}


@require_POST
def settle(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    second = find(request, pk)
    require(request.user, Permission.REVIEW_DECIDE)
    if second.third_id != request.user.pk:
        raise Barred(_("Somebody else settles these differences."))
    found = compare(second) if second.is_comparable else None
    difference = next((each for each in found.differences if each.key == code), None) if found else None
    if found is None or difference is None:
        raise Http404(code)
    form = SettleForm(request.POST, outcomes=outcomes_for(difference.verdict), prefix=code)
    if not form.is_valid():
        return draw_comparison(request, second, found, form)
    question, site = split_key(code)
    try:
        done = second_review.settle(
            second_id=second.pk, question=question, site=site, **form.cleaned_data, by=request.user, at=timezone.now()
        )
    except (second_review.NotTheirs, second_review.AlreadySettled):
        messages.error(request, _("This was settled already."))
    except SecondVerdict.DoesNotExist as error:
        raise Http404(code) from error
    else:
        is_done = done.status == Status.SETTLED
        messages.success(request, _("Everything is settled. The review is closed.") if is_done else _("Settled."))
    return redirect(second)


# --- the ESG staff ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def manage(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Somebody else for the part that is open, or no second review after all."""
    second = find(request, pk)
    require(request.user, Permission.REVIEW_MANAGE)
    step = request.POST.get("step", "")
    appoint = AppointForm(request.POST if step == "appoint" else None, people=assigning.free_reviewers(at=timezone.now()))
    call_off = CallOffForm(request.POST if step == "call_off" else None)
    try:
        if appoint.is_bound and appoint.is_valid():
            second_review.appoint(second_id=second.pk, **appoint.cleaned_data, by=request.user, at=timezone.now())
            return redirect(second)
        if call_off.is_bound and call_off.is_valid():
            second_review.call_off(second_id=second.pk, **call_off.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, _("The second review is called off."))
            return redirect("assessments:second_reviews")
    except second_review.Unsuitable:
        appoint.add_error("person", _("This person has a part in the case, knows what was said of it, or has a conflict of interest."))
    except second_review.NotTheirs:
        messages.error(request, _("This second review has ended, or both have finished."))
        return redirect(second)
    return render(request, "assessments/second_review_manage.html", {"second": second, "appoint": appoint, "call_off": call_off})
