"""The supplier's way through an assessment: what to do, the eight areas, checking, signing, the results."""

from urllib.parse import quote, urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.kept_html import put_together
from accounts.models import Membership, Role
from accounts.permissions import Permission, has, require
from assessments.answering import answer_times, last_year, overviews
from assessments.answering.carrying import Pick
from assessments.answering.inputs import name_of
from assessments.answering.saving import NotOpen, detach_evidence
from assessments.answering.worksheet import Worksheet, open_worksheet
from assessments.editor import page_saving
from assessments.editor.area_page import read_page
from assessments.editor.presenters import Attempt
from assessments.evidence.renewing import take_newest
from assessments.forms import SignForm
from assessments.models import Assessment, Finding
from assessments.publication import news
from assessments.questionnaires.questions import Area, Question
from assessments.questionnaires.wording import listed
from assessments.scores import outlook, results
from assessments.submission import submitting
from assessments.teamwork import presence, team
from assessments.teamwork.team_notes import notes_of
from assessments.views.answers import closed_message, rules_or_404
from assessments.views.carrying import confirm_posted, say
from assessments.views.teamwork import change_mark
from audit import trail
from suppliers.expiry import ending_soon
from suppliers.models import PublicRecord


def find(request: AuthenticatedHttpRequest, pk: int) -> Assessment:
    visible = Assessment.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("campaign", "supplier"), pk=pk)


# --- what there is to do ----------------------------------------------------------------------------------------------


@require_GET
def home(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    mine = Assessment.objects.visible_to(request.user).with_coverage().select_related("campaign", "supplier")
    newest = list(mine.order_by("-created_at", "-pk")[:20])
    today = timezone.localdate()
    worksheets = [open_worksheet(assessment) for assessment in newest if assessment.is_editable]
    work = [(worksheet, notes_of(worksheet.assessment, user=request.user, at=timezone.now())) for worksheet in worksheets]
    context = {
        "cards": [overviews.card(worksheet, notes.times, today) for worksheet, notes in work],
        "my_areas": team.my_areas(work, user=request.user, today=today),
        "waiting": [assessment for assessment in newest if assessment.status in ("submitted", "in_review")],
        "scored": next((assessment for assessment in newest if assessment.scored_at), None),
        "findings": Finding.objects.visible_to(request.user).open().order_by("next_due_on", "pk")[:20],
        "ending": ending_soon(request.user.supplier_id),
        "coming_rules": news.coming_for(request.user.supplier_id),
        "records": PublicRecord.objects.visible_to(request.user)
        .filter(status=PublicRecord.Status.WAITING)
        .order_by("reply_until", "pk")[:20],
    }
    return render(request, "assessments/home.html", context)


@require_GET
def list_mine(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    mine = Assessment.objects.visible_to(request.user).with_coverage().select_related("campaign")
    context = {"assessments": mine.order_by("-created_at", "-pk")[:200]}
    return render(request, "assessments/list_mine.html", context)


@require_GET
def overview(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    assessment = find(request, pk)
    if not has(request.user, Permission.ASSESSMENT_ANSWER):
        # The same address serves both sides; the buyer's people read what was handed in.
        return redirect("assessments:review" if assessment.submitted_at else "assessments:results", pk)
    notes, today = notes_of(assessment, user=request.user, at=timezone.now()), timezone.localdate()
    worksheet = open_worksheet(assessment)
    context = {
        "assessment": assessment,
        "progress": worksheet.progress(),
        "work": team.shared_work(
            worksheet, overviews.tasks(worksheet), notes, user=request.user, choice=request.GET.get("who", team.ALL), today=today
        ),
        "here": team.places(worksheet, notes.here),
        "beside": notes.beside,
        "waiting": team.waiting_in(worksheet, notes),
        "time_left": answer_times.time_left(worksheet, notes.times),
        "last": overviews.last_save(assessment),
        "signature": assessment.signatures.order_by("-signed_at", "-pk").first(),
        "queried": overviews.queried(worksheet),
        "days_left": (assessment.due_on - today).days,
        "may_submit": has(request.user, Permission.ASSESSMENT_SUBMIT),
        "last_year": last_year.desk(worksheet, today=timezone.localdate()) if assessment.is_editable else None,
        "amendments": assessment.amendments.select_related("asked_by", "decided_by").order_by("-asked_at", "-pk"),
    }
    return render(request, "assessments/overview.html", context)


# --- one area ---------------------------------------------------------------------------------------------------------


@never_cache  # the Back button must not bring back answers as they were
@require_http_methods(["GET", "POST"])
def area(request: AuthenticatedHttpRequest, pk: int, code: str) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    rules = rules_or_404(request, pk)
    this = get_object_or_404_in(rules.questionnaire.areas, code)
    attempts: dict[str, Attempt] = {}
    if request.method == "POST":
        worksheet = open_worksheet(find(request, pk))
        try:
            attempts = save_area(request, worksheet, this)
            if "confirm" in request.POST:
                say(request, confirm_posted(request, pk))
        except NotOpen:
            messages.error(request, closed_message())
            return redirect("assessments:overview", pk)
        if not attempts:
            if "confirm" not in request.POST:
                messages.success(request, _("All answers on the page are saved."))
            return redirect(next_stop(request, worksheet, this))
    now = timezone.now()  # before the reading: what is saved in between is then heard of once more, not missed
    try:
        page = read_page(
            assessment_id=pk, rules=rules, this=this, user=request.user, at=now, opened=opened_site(request), attempts=attempts
        )
    except Assessment.DoesNotExist:
        raise Http404(pk) from None
    context = {"page": page, "seen_at": now}
    return HttpResponse(put_together(lambda: render_to_string("assessments/area.html", context, request), get_token(request)))


def get_object_or_404_in(areas: tuple[Area, ...], code: str) -> Area:
    for each in areas:
        if each.code == code:
            return each
    raise Http404(code)


def save_area(request: AuthenticatedHttpRequest, worksheet: Worksheet, this: Area) -> dict[str, Attempt]:
    attempts = page_saving.save_page(
        assessment_id=worksheet.assessment.pk,
        asked=asked_on_page(worksheet, this),
        data=request.POST,
        files=request.FILES,
        by=request.user,
        at=timezone.now(),
    )
    if use := request.POST.get("remove"):
        detach_evidence(assessment_id=worksheet.assessment.pk, use_id=page_saving.whole_number(use))
    if use := request.POST.get("newest"):
        take_newest(assessment_id=worksheet.assessment.pk, use_id=page_saving.whole_number(use), by=request.user, at=timezone.now())
    change_mark(request, worksheet, this)
    presence.call(
        assessment_id=worksheet.assessment.pk, rules=worksheet.rules, area=this.code, question="", by=request.user, at=timezone.now()
    )
    return attempts


def asked_on_page(worksheet: Worksheet, this: Area) -> list[tuple[Question, int | None]]:
    """Every question of the area for all sites, and for each site it is about."""
    questions = worksheet.candidates_in(this.code)
    # What a return did not open is left alone; where nothing is open any more, the first save says so.
    assessment = worksheet.assessment
    open_ones = [question for question in questions if assessment.may_answer(question.code) or not assessment.is_editable]
    return [(question, site.pk if site else None) for question in open_ones for site in (None, *worksheet.sites_of(question))]


def opened_site(request: AuthenticatedHttpRequest) -> str:
    """Key of the answer which a person begins for a single site: chosen on the page, or in its address after saving."""
    code = request.POST.get("differ", "")
    return f"{code}@{request.POST.get(name_of(code, '-site'), '')}" if code else request.GET.get("differ", "")


def next_stop(request: AuthenticatedHttpRequest, worksheet: Worksheet, this: Area) -> str:
    """Where the button that was pressed leads: on to the next area, or back to where the person was."""
    assessment, areas = worksheet.assessment, worksheet.rules.questionnaire.areas
    here = reverse("assessments:area", args=[assessment.pk, this.code])
    if marked := request.POST.get("mark") or request.POST.get("unmark"):
        return f"{here}#{marked}"
    if pick := Pick.read(request.POST.get("confirm", "")):
        return f"{here}#{pick.code}"
    if opened := opened_site(request):
        return f"{here}?{urlencode({'differ': opened})}#{quote(opened)}"
    if "same" in request.POST:
        return f"{here}#{quote(request.POST['same'].partition('@')[0])}"
    if "next" not in request.POST:
        return here
    place = areas.index(this) + 1
    if place < len(areas):
        return reverse("assessments:area", args=[assessment.pk, areas[place].code])
    return reverse("assessments:check", args=[assessment.pk])


# --- check, sign, submit ----------------------------------------------------------------------------------------------


@require_GET
def check(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    assessment = find(request, pk)
    worksheet = open_worksheet(assessment)
    context = {
        "assessment": assessment,
        "areas": overviews.check_areas(worksheet),
        "waiting": team.waiting_in(worksheet, notes_of(assessment, user=request.user, at=timezone.now())),
        "outlook": outlook.outlook(worksheet) if assessment.is_editable else None,
        "summary": overviews.check_summary(worksheet),
        "may_submit": has(request.user, Permission.ASSESSMENT_SUBMIT),
        "signatories": signatories(assessment),
    }
    return render(request, "assessments/check.html", context)


def signatories(assessment: Assessment) -> str:
    """The names of those who may sign for this supplier."""
    members = Membership.objects.filter(supplier=assessment.supplier, role=Role.SUPPLIER_SIGNATORY, user__is_active=True)
    return listed(str(member.user) for member in members.select_related("user").order_by("user__name", "pk"))


@require_http_methods(["GET", "POST"])
@confirmed("POST")
def sign(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_SUBMIT)
    assessment = find(request, pk)
    if not assessment.is_editable:
        return redirect("assessments:submitted" if assessment.submitted_at else "assessments:overview", pk)
    worksheet = open_worksheet(assessment)
    summary = overviews.check_summary(worksheet)
    form = SignForm(request.POST or None, user=request.user, unanswered=len(worksheet.unanswered))
    if request.method == "POST" and form.is_valid():
        try:
            submitting.submit_assessment(assessment_id=pk, by=request.user, at=timezone.now(), **form.signature())
        except submitting.Blocked:
            messages.error(request, _("Something stands in the way of the submission. Please look at the list."))
            return redirect("assessments:check", pk)
        except Assessment.IllegalTransition:
            messages.error(request, _("This assessment was already submitted."))
        return redirect("assessments:submitted", pk)
    context = {"assessment": assessment, "form": form, "summary": summary, "statement": submitting.STATEMENT}
    context["outlook"] = outlook.outlook(worksheet)
    return render(request, "assessments/sign.html", context)


@require_GET
def submitted(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    assessment = find(request, pk)
    signature = assessment.signatures.select_related("signed_by").order_by("-signed_at", "-pk").first()
    if signature is None:
        return redirect("assessments:overview", pk)
    return render(request, "assessments/submitted.html", {"assessment": assessment, "signature": signature})


# --- results ----------------------------------------------------------------------------------------------------------


@require_GET
def newest_results(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.ASSESSMENT_ANSWER)
    handed_in = Assessment.objects.visible_to(request.user).filter(submitted_at__isnull=False)
    newest = handed_in.order_by("-created_at", "-pk").first()
    if newest is None:
        return render(request, "assessments/results_none.html")
    return redirect("assessments:results", newest.pk)


@require_GET
def results_page(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    assessment = find(request, pk)
    note_view(request, assessment, "assessment.viewed")
    return render(request, "assessments/results.html", results.context_of(assessment))


def note_view(request: AuthenticatedHttpRequest, assessment: Assessment, action: str) -> None:
    """The supplier can see which of the buyer's people looked at its answers."""
    if request.user.is_buyer:
        trail.record(action, actor=request.user, target=assessment, supplier_id=assessment.supplier_id)
