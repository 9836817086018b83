"""What reviewer and supplier write to each other about one answer: one page for both sides."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments.models import Answer, Assessment
from assessments.questionnaires.questions import Question
from assessments.questionnaires.wording import describe, local
from assessments.review import queries
from assessments.rules import rulesets
from assessments.teamwork.forms import QueryForm
from assessments.views.answers import asked_or_404, id_of, label_of
from audit import trail
from suppliers.models import Site


@require_http_methods(["GET", "POST"])
def query(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    assessment = find(request, pk)
    question, site = asked_or_404(rulesets.for_version(assessment.campaign.questionnaire_id), code, assessment.supplier_id, still=False)
    form = QueryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(request.user, Permission.REVIEW_DECIDE if request.user.is_buyer else Permission.ASSESSMENT_ANSWER)
        if form.is_valid():
            said: dict[str, Any] = {"question": question.code, "site": id_of(site), "text": form.cleaned_data["text"]}
            try:
                queries.say(assessment_id=pk, by=request.user, at=timezone.now(), **said)
            except queries.NotNow:
                messages.error(request, _("Nothing can be written here at the moment. Your text was not sent."))
            else:
                messages.success(request, _("It is sent. The other side is told by e-mail."))
            return redirect("assessments:query", pk, code)
    if request.user.is_buyer:
        detail = {"question": code}
        trail.record("assessment.viewed", actor=request.user, target=assessment, supplier_id=assessment.supplier_id, detail=detail)
    return render(request, "assessments/query.html", context_of(request, assessment, question, site, form))


def find(request: AuthenticatedHttpRequest, pk: int) -> Assessment:
    """The supplier's own; and for the buyer's people, what was handed in once."""
    visible = Assessment.objects.visible_to(request.user).select_related("campaign", "supplier", "reviewer")
    found = get_object_or_404(visible, pk=pk)
    require(request.user, Permission.REVIEW_VIEW if request.user.is_buyer else Permission.ASSESSMENT_ANSWER)
    if request.user.is_buyer and found.submitted_at is None:
        raise Http404(pk)
    return found


def context_of(
    request: AuthenticatedHttpRequest, assessment: Assessment, question: Question, site: Site | None, form: QueryForm
) -> dict[str, Any]:
    answer = Answer.objects.filter(assessment=assessment, question=question.code, site=site).first()
    may = has(request.user, Permission.REVIEW_DECIDE if request.user.is_buyer else Permission.ASSESSMENT_ANSWER)
    page, anchor = ("assessments:review_area", "q-") if request.user.is_buyer else ("assessments:area", "")
    key = request.resolver_match.kwargs["code"] if request.resolver_match else question.code
    return {
        "assessment": assessment,
        "key": key,
        "label": label_of(question, site),
        "text": local(question.text),
        "said": describe(question, answer.value) if answer else [],
        "note": answer.note if answer else "",
        "talk": queries.talk(assessment.pk, question.code, id_of(site)),
        "form": form,
        "may_write": may and queries.may_write(assessment, question.code, request.user),
        "back_url": f"{reverse(page, args=[assessment.pk, question.area])}#{anchor}{key}",
    }
