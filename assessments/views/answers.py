"""Saving one answer while the person goes on, the evidence behind it, and its earlier values."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest, require_author
from accounts.permissions import Permission, require
from assessments.answering import year_on_year
from assessments.answering.inputs import answer_key, digest, name_of, pairs, split_key
from assessments.answering.saving import (
    Conflict,
    NotOpen,
    Saved,
    attach_evidence,
    detach_evidence,
    paper_of,
    restore_version,
    upload_evidence,
    versions_of,
)
from assessments.answering.worksheet import Reading, Worksheet, open_worksheet, read_states
from assessments.editor import page_saving
from assessments.editor.presenters import Attempt, QuestionView, question_view
from assessments.evidence.renewing import take_newest
from assessments.models import Answer, Assessment, EvidenceUse
from assessments.questionnaires.questions import NOTE, Question
from assessments.questionnaires.wording import check_messages, describe, local
from assessments.rules import rulesets
from assessments.scoring.dependencies import dependencies_of
from assessments.scoring.scorer import RuleSet
from assessments.scoring.site_answers import sites_of
from suppliers.inspecting.types import ACCEPT
from suppliers.models import Document, Site
from suppliers.refusals import FileRefused


LIBRARY_SHOWN = 50


# --- one answer -------------------------------------------------------------------------------------------------------


@require_POST
def save_answer(request: AuthenticatedHttpRequest, pk: int, code: str) -> JsonResponse:
    """Form-encoded inputs of one question in, its state out.

    200 saved (or already so); 409 somebody else's answer stands there, or the assessment is not open; 422 not readable,
    with what is wrong per input. Whatever could be saved was saved in every case.
    """
    require(request.user, Permission.ASSESSMENT_ANSWER)
    require_author(request)
    rules = rules_or_404(request, pk)
    question, site = asked_or_404(rules, code, paper_of(pk).supplier_id)
    try:
        saved, attempt = page_saving.save_question(
            assessment_id=pk, question=question, site=id_of(site), data=request.POST, by=request.user, at=timezone.now()
        )
    except NotOpen:
        return JsonResponse({"closed": closed_message()}, status=409)
    if attempt and attempt.conflict:
        return JsonResponse(conflict_json(question, attempt.conflict), status=409)
    body: dict[str, Any] = saved_json(saved) if saved else {}
    body["questions"] = states_after(rules, pk, question, id_of(site), saved)
    if attempt:
        body["errors"] = {name_of(code, *path.split(".")) if path else "": text for path, text in attempt.errors.items()}
        return JsonResponse(body, status=422)
    return JsonResponse(body)


def rules_or_404(request: AuthenticatedHttpRequest, pk: int) -> RuleSet:
    """The rules of an assessment of this person's company."""
    try:
        paper = paper_of(pk)
    except Assessment.DoesNotExist:
        raise Http404(pk) from None
    if paper.supplier_id != request.user.supplier_id:
        raise Http404(pk)
    return rulesets.for_version(paper.questionnaire_id)


def question_or_404(rules: RuleSet, code: str) -> Question:
    question = rules.questionnaire.by_code.get(code)
    if question is None:
        raise Http404(code)
    return question


def asked_or_404(rules: RuleSet, key: str, supplier_id: int, *, still: bool = True) -> tuple[Question, Site | None]:
    """What the key of an answer names: a question and, where it is asked per site, one of the supplier's sites.

    `still`: the question is asked about that site now; without, also about one that has closed.
    """
    code, site_id = split_key(key)
    question = question_or_404(rules, code)
    if site_id is None:
        return question, None
    site = get_object_or_404(Site, pk=site_id, supplier=supplier_id)
    is_asked = site.closed_on is None and sites_of(question, {site.pk: site.type})
    if not question.per_site or (still and not is_asked):
        raise Http404(key)
    return question, site


def id_of(site: Site | None) -> int | None:
    return site.pk if site else None


def label_of(question: Question, site: Site | None) -> str:
    return f"{question.code} · {site}" if site else question.code


def closed_message() -> str:
    return _("This self-assessment is not open for answers any more. What you see was not saved.")


def saved_json(saved: Saved) -> dict[str, Any]:
    return {"version": saved.version, "at": saved.at.isoformat(), "by": saved.by, "was": digest(saved.value)}


def conflict_json(question: Question, conflict: Conflict) -> dict[str, Any]:
    stored = conflict.stored
    view = {"code": answer_key(question.code, stored.site_id), "other": other_answer(question, conflict)}
    return {
        "version": stored.version,
        "at": stored.updated_at.isoformat(),
        "was": digest(stored.value),
        "is_kept": conflict.is_kept,
        "pairs": pairs(question, stored.value, stored.site_id),
        "html": render_to_string("assessments/_conflict.html", {"question": view}),
    }


def other_answer(question: Question, conflict: Conflict) -> dict[str, Any]:
    stored = conflict.stored
    return {
        "is_own": conflict.is_own,
        "version": stored.version,
        "by": str(stored.updated_by or ""),
        "at": stored.updated_at,
        "said": describe(question, stored.value),
        "note": stored.note,
    }


def states_after(rules: RuleSet, pk: int, question: Question, site: int | None, saved: Saved | None) -> dict[str, dict[str, Any]]:
    """What the page has to show differently now: of this answer, and of those that look at it."""
    dependencies = dependencies_of(rules)
    if saved is None or dependencies.concern_others(question.code):
        touched = dependencies.touched_by(question.code)
        reading = read_states(pk, paper_of(pk).supplier_id, rules, dependencies.needed_by(touched))
        others = [each for each in reading.candidates_in(question.area) if each.code in touched]
        return states_of(reading, others) | {answer_key(question.code, site): state_json(reading, question, site)}
    code, value = question.code, saved.value
    return {
        answer_key(code, site): {
            "hidden": False,
            "answered": (site is not None and not value) or rules.answered(code, value, saved.has_evidence),
            "lacks_evidence": not saved.has_evidence and rules.evidence_asked(code, value),
            "checks": (*check_messages(question, rules.failed_checks(code, value)), *changes_since_last_year(rules, pk, question, value)),
        }
    }


def changes_since_last_year(rules: RuleSet, pk: int, question: Question, value: Mapping[str, Any]) -> tuple[str, ...]:
    """Costs a query where the question is about a quantity and there is a last year."""
    if question.code not in year_on_year.questions_about_quantities(rules):
        return ()
    return year_on_year.changes(question, value, year_on_year.before(pk, [question.code]).get(question.code))


def states_of(reading: Reading, questions: Iterable[Question]) -> dict[str, dict[str, Any]]:
    """How every answer to these stands, those of single sites among them."""
    return {
        answer_key(each.code, site): state_json(reading, each, site)
        for each in questions
        for site in (None, *reading.of_sites.get(each.code, ()))
    }


def state_json(reading: Reading, question: Question, site: int | None = None) -> dict[str, Any]:
    code = question.code
    return {
        "hidden": code in reading.hidden,
        "answered": reading.is_given(code, site),
        "lacks_evidence": reading.wants_evidence(code, site),
        "checks": reading.remarks(code, site),
    }


# --- evidence ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def evidence(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    """The documents behind one answer: upload, choose one that is there already, take one away."""
    require(request.user, Permission.ASSESSMENT_ANSWER)
    require_author(request)
    assessment = get_object_or_404(Assessment.objects.visible_to(request.user).select_related("campaign", "supplier"), pk=pk)
    question, site = asked_or_404(rulesets.for_version(assessment.campaign.questionnaire_id), code, assessment.supplier_id)
    if request.GET.get("part") == "library":
        return render(request, "assessments/_library.html", library_context(request, assessment, question, site) | {"is_dialog": True})
    refused: list[str] = []
    if request.method == "POST":
        try:
            refused = change_evidence(request, assessment, question, site)
        except NotOpen:
            if request.headers.get("X-Requested-With") == "fetch":
                return JsonResponse({"error": closed_message()}, status=409)
            messages.error(request, closed_message())
            return redirect("assessments:overview", pk)
        if request.headers.get("X-Requested-With") == "fetch":
            return evidence_part(request, assessment, question, site, refused)
        if not refused:
            return redirect("assessments:evidence", pk, code)
    context = {
        "assessment": assessment,
        "question": evidence_view(open_worksheet(assessment), question, site, refused),
        "label": label_of(question, site),
        "accept": ACCEPT,
        "area_url": f"{reverse('assessments:area', args=[pk, question.area])}#{code}",
        "can_edit": assessment.may_answer(question.code),
    }
    return render(request, "assessments/evidence.html", context | library_context(request, assessment, question, site))


def library_context(request: AuthenticatedHttpRequest, assessment: Assessment, question: Question, site: Site | None) -> dict[str, Any]:
    """The supplier's newest documents that are not behind this answer yet."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    documents = Document.objects.visible_to(request.user).filter(supplier=assessment.supplier).current().exclude(file="")
    attached = EvidenceUse.objects.filter(answer__assessment=assessment, answer__question=question.code, answer__site=site)
    documents = documents.exclude(pk__in=attached.values("document")).search(text)
    found = list(documents.order_by("-uploaded_at", "-pk")[: LIBRARY_SHOWN + 1])
    return {
        "evidence_url": reverse("assessments:evidence", args=[assessment.pk, answer_key(question.code, id_of(site))]),
        "library": found[:LIBRARY_SHOWN],
        "more": len(found) > LIBRARY_SHOWN,
        "q": text,
    }


def evidence_view(worksheet: Worksheet, question: Question, site: Site | None, refused: list[str]) -> QuestionView:
    key, answer = answer_key(question.code, id_of(site)), worksheet.answer(question.code, id_of(site))
    attempt = Attempt(dict(answer.value) if answer else {}, file_errors=refused)
    return question_view(worksheet, question, evidence=worksheet.evidence([question.code]).get(key, []), attempt=attempt, site=site)


def change_evidence(request: AuthenticatedHttpRequest, assessment: Assessment, question: Question, site: Site | None) -> list[str]:
    """Does what the form asks for; gives back why files were refused."""
    now, refused = timezone.now(), []
    common: dict[str, Any] = {"assessment_id": assessment.pk, "question": question.code, "site": id_of(site), "by": request.user, "at": now}
    for file in request.FILES.getlist("file"):
        try:
            upload_evidence(file=file, **common)
        except FileRefused as error:
            refused.append(_("%(file)s: %(reason)s") % {"file": file.name, "reason": " ".join(error.messages)})
    for document_id in request.POST.getlist("document"):
        try:
            attach_evidence(document_id=page_saving.whole_number(document_id), **common)
        except Document.DoesNotExist:
            raise Http404(document_id) from None
    for use_id in request.POST.getlist("remove"):
        detach_evidence(assessment_id=assessment.pk, use_id=page_saving.whole_number(use_id))
    for use_id in request.POST.getlist("newest"):
        take_newest(assessment_id=assessment.pk, use_id=page_saving.whole_number(use_id), by=request.user, at=now)
    return refused


def evidence_part(
    request: AuthenticatedHttpRequest, assessment: Assessment, question: Question, site: Site | None, refused: list[str]
) -> HttpResponse:
    worksheet = open_worksheet(assessment)
    view = evidence_view(worksheet, question, site, refused)
    html = render_to_string(
        "assessments/_evidence.html", {"assessment": assessment, "question": view, "accept": ACCEPT, "can_edit": True}, request
    )
    states = {view.code: state_json(worksheet, question, id_of(site))}
    return JsonResponse({"html": html, "questions": states}, status=422 if refused else 200)


# --- earlier values ---------------------------------------------------------------------------------------------------


@require_GET
def history(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    assessment = get_object_or_404(Assessment.objects.visible_to(request.user).select_related("campaign"), pk=pk)
    rules = rulesets.for_version(assessment.campaign.questionnaire_id)
    question, site = asked_or_404(rules, code, assessment.supplier_id, still=False)
    answer = Answer.objects.select_related("updated_by").filter(assessment=assessment, question=question.code, site=site).first()
    versions = [
        {"version": each, "said": describe(question, each.value), "note": "" if question.field(NOTE) else each.note}
        for each in (versions_of(answer) if answer else [])
    ]
    context = {
        "assessment": assessment,
        "code": code,
        "label": label_of(question, site),
        "text": local(question.text),
        "topic": local(question.topic),
        "versions": versions,
        "can_edit": assessment.may_answer(question.code),
        "area_url": f"{reverse('assessments:area', args=[pk, question.area])}#{code}",
    }
    return render(request, "assessments/history.html", context)


@require_POST
def restore(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    assessment = get_object_or_404(Assessment.objects.visible_to(request.user).select_related("campaign"), pk=pk)
    question, site = asked_or_404(rulesets.for_version(assessment.campaign.questionnaire_id), code, assessment.supplier_id)
    answer = get_object_or_404(Answer, assessment=assessment, question=question.code, site=site)
    try:
        restore_version(answer=answer, version=page_saving.whole_number(request.POST.get("version")), by=request.user, at=timezone.now())
    except LookupError:
        raise Http404(request.POST.get("version")) from None
    except NotOpen:
        messages.error(request, closed_message())
    except Conflict:
        messages.error(request, _("Somebody changed this answer at the same moment. Please look at the newest value first."))
        return redirect("assessments:history", pk, code)
    else:
        messages.success(request, _("The earlier answer to %(code)s is back.") % {"code": label_of(question, site)})
    return redirect(f"{reverse('assessments:area', args=[pk, question.area])}#{code}")
