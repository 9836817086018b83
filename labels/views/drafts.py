"""Drafting a green standard in the browser, trying it on the portfolio, and publishing it by two people."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from assessments.models import QuestionnaireVersion
from labels import drafting, standard_testing, standards
from labels.deciding import SamePerson
from labels.models import Standard, StandardTest, StandardTestRow
from labels.rules import InvalidStandard
from labels.standard_forms import (
    KIND_TITLES,
    CriterionForm,
    GeneralForm,
    NewDraftForm,
    PublicationForm,
    criterion_initial,
    general_initial,
)
from suppliers.models import Category


PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
def draft_new(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.STANDARD_EDIT)
    source = get_object_or_404(Standard.objects.visible_to(request.user), pk=pk)
    form = NewDraftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafting.begin(source_id=source.pk, by=request.user, at=timezone.now(), **form.cleaned_data)
        except drafting.VersionTaken:
            form.add_error("version", _("There is a version of this name already."))
        else:
            return redirect("labels:draft", draft.pk)
    return render(request, "labels/draft_new.html", {"source": source, "form": form})


def _draft(request: AuthenticatedHttpRequest, pk: int) -> Standard:
    require(request.user, Permission.STANDARD_EDIT)
    return get_object_or_404(Standard.objects.visible_to(request.user).filter(status=Standard.Status.DRAFT), pk=pk)


@require_http_methods(["GET", "POST"])
def draft(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The whole draft: its texts and times to change at once, its criteria one by one."""
    found = _draft(request, pk)
    rules = standards.rules_of(found)
    form = GeneralForm(request.POST or None, initial={"seen": found.sha256, **general_initial(found.content, rules.ledger)})
    if request.method == "POST" and form.is_valid():
        edit = drafting.put_general(form.texts("title"), form.texts("summary"), form.ledger())
        if _changed(request, found, form, edit):
            return redirect("labels:draft", found.pk)
    context = {
        "standard": found,
        "form": form,
        "kinds": KIND_TITLES.items(),
        "lines": [(line, KIND_TITLES[line["kind"]]) for line in found.content["criteria"]],
        "tests": found.tests.select_related("run", "requested_by").order_by("-requested_at", "-pk")[:5],
    }
    return render(request, "labels/draft.html", context)


def _changed(request: AuthenticatedHttpRequest, found: Standard, form: Any, edit: Callable[[dict[str, Any]], None]) -> bool:
    try:
        drafting.change(standard_id=found.pk, seen=form.cleaned_data["seen"], edit=edit, by=request.user, at=timezone.now())
    except drafting.ChangedMeanwhile:
        form.add_error(
            None, _("Somebody changed the draft after you opened this page. Nothing was saved: open it again and repeat your change.")
        )
    except InvalidStandard as error:
        for problem in error.problems:
            form.add_error(None, problem)
    else:
        messages.success(request, _("The draft is changed."))
        return True
    return False


@require_http_methods(["GET", "POST"])
def criterion_new(request: AuthenticatedHttpRequest, pk: int, kind: str) -> HttpResponse:
    found = _draft(request, pk)
    if kind not in KIND_TITLES:
        raise Http404
    initial = {"seen": found.sha256, "categories": Category.values, "effect": "warn"}
    form = _criterion_form(request, found, kind, initial, is_new=True)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"]
        if drafting.find_criterion(found.content, key):
            form.add_error("key", _("There is a criterion with this key already."))
        elif _changed(request, found, form, drafting.put_criterion(form.line(key))):
            return redirect("labels:draft", found.pk)
    return render(request, "labels/criterion_form.html", {"standard": found, "form": form, "kind_title": KIND_TITLES[kind]})


@require_http_methods(["GET", "POST"])
def criterion_edit(request: AuthenticatedHttpRequest, pk: int, key: str) -> HttpResponse:
    found = _draft(request, pk)
    line = drafting.find_criterion(found.content, key)
    if line is None:
        raise Http404
    form = _criterion_form(request, found, line["kind"], {"seen": found.sha256, **criterion_initial(line)}, is_new=False)
    form.old = line
    if request.method == "POST" and form.is_valid() and _changed(request, found, form, drafting.put_criterion(form.line(key))):
        return redirect("labels:draft", found.pk)
    context = {"standard": found, "form": form, "line": line, "kind_title": KIND_TITLES[line["kind"]]}
    return render(request, "labels/criterion_form.html", context)


def _criterion_form(
    request: AuthenticatedHttpRequest, found: Standard, kind: str, initial: dict[str, Any], *, is_new: bool
) -> CriterionForm:
    known = _known(found)
    return CriterionForm(request.POST or None, initial=initial, kind=kind, content=found.content, known=known, is_new=is_new)


def _known(found: Standard) -> dict[str, dict[str, str]]:
    """What the questionnaire in force has to offer, and what the draft names already, each with what it is called."""
    in_force = QuestionnaireVersion.Status.IN_FORCE
    version = QuestionnaireVersion.objects.filter(key=found.content["questionnaire"], status=in_force).first()
    content: dict[str, Any] = version.content if version else {"areas": [], "questions": []}
    hits = [hit for question in content["questions"] for hit in question.get("triggers", ())]
    rules = standards.rules_of(found)
    gates = sorted({*(hit["key"] for hit in hits if hit["kind"] == "gate"), *rules.gates})
    return {
        "areas": {area: area for area in rules.areas} | _named(content["areas"], "title"),
        "gates": {gate: gate for gate in gates},
        "questions": {question: question for question, _field in rules.questions} | _named(content["questions"], "topic"),
    }


def _named(entries: list[dict[str, Any]], words: str) -> dict[str, str]:
    language = "en" if get_language() == "en" else "zh"
    return {entry["code"]: " · ".join(filter(None, [entry["code"], entry.get(words, {}).get(language)])) for entry in entries}


@require_POST
def criterion_drop(request: AuthenticatedHttpRequest, pk: int, key: str) -> HttpResponse:
    found = _draft(request, pk)
    seen, edit = request.POST.get("seen", ""), drafting.drop_criterion(key)
    try:
        drafting.change(standard_id=found.pk, seen=seen, edit=edit, by=request.user, at=timezone.now())
    except drafting.ChangedMeanwhile:
        messages.error(request, _("Somebody changed the draft after you opened this page. Nothing was changed."))
    except InvalidStandard as error:
        messages.error(request, " ".join(error.problems))
    else:
        messages.success(request, _("The criterion is taken out of the draft."))
    return redirect("labels:draft", found.pk)


# --- publishing -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def publication(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """The first person asks; on the same page the second one publishes, or either takes it back."""
    found = _draft(request, pk)
    now = timezone.now()
    earliest = standards.earliest_start(standards.rules_of(found), at=now)
    is_asking = request.method == "POST" and "in_force_from" in request.POST
    form = PublicationForm(request.POST if is_asking else None, earliest=earliest)
    if is_asking and form.is_valid():
        seen, day = request.POST.get("seen", ""), form.cleaned_data["in_force_from"]
        try:
            drafting.submit(standard_id=found.pk, seen=seen, in_force_from=day, by=request.user, at=now)
        except drafting.ChangedMeanwhile:
            form.add_error(None, _("Somebody changed the draft after you opened this page. Nothing was changed."))
        except InvalidStandard as error:
            for problem in error.problems:
                form.add_error("in_force_from" if "days of notice" in problem else None, problem)
        else:
            messages.success(request, _("You asked to publish. A second person has to do it."))
            return redirect("labels:publication", found.pk)
    context = {"standard": found, "form": form, "earliest": earliest, "is_own": found.submitted_by_id == request.user.pk}
    return render(request, "labels/publication.html", context)


@require_POST
def publish(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = _draft(request, pk)
    try:
        published = drafting.publish(standard_id=found.pk, seen=request.POST.get("seen", ""), by=request.user, at=timezone.now())
    except SamePerson:
        messages.error(request, _("You asked to publish. Somebody else has to do it."))
    except drafting.NotSubmitted:
        messages.error(request, _("Nobody asks to publish this draft any more."))
    except drafting.ChangedMeanwhile:
        messages.error(request, _("Somebody changed the draft after you opened this page. Nothing was changed."))
    except InvalidStandard as error:
        messages.error(request, " ".join(error.problems))
    else:
        messages.success(request, _("The standard is published. It never changes again."))
        return redirect(published)
    return redirect("labels:publication", found.pk)


@require_POST
def publication_withdraw(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = _draft(request, pk)
    try:
        drafting.withdraw(standard_id=found.pk, by=request.user, at=timezone.now())
    except drafting.NotSubmitted:
        messages.info(request, _("Nobody asks to publish this draft any more."))
    else:
        messages.success(request, _("The draft is not to be published for now."))
    return redirect("labels:draft", found.pk)


# --- back-tests -----------------------------------------------------------------------------------------------------------


@require_POST
def standard_test_start(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.STANDARD_EDIT)
    found = get_object_or_404(Standard.objects.visible_to(request.user), pk=pk)
    try:
        test = standard_testing.start(standard=found, by=request.user, at=timezone.now())
    except standards.NoStandardInForce:
        messages.error(request, _("No green standard is in force today, so there is nothing to compare with."))
        return redirect(found)
    return redirect(test)


@require_GET
def standard_test(request: AuthenticatedHttpRequest, pk: int, number: int) -> HttpResponse:
    visible = StandardTest.objects.visible_to(request.user).select_related("standard", "against", "run", "requested_by")
    test = get_object_or_404(visible, standard=pk, pk=number)
    move, category = request.GET.get("move", "loses"), request.GET.get("category", "")
    move = move if move in ("gains", "loses") else "loses"
    rows = StandardTestRow.objects.visible_to(request.user).filter(test=test, move=move).select_related("supplier")
    if category in Category.values:
        rows = rows.filter(category=category)
    context = {
        "test": test,
        "standard": test.standard,
        "report": standard_testing.report(test),
        "move": move,
        "category": category,
        "categories": Category.choices,
        "page": page_by(rows, "pk", request.GET, size=PAGE_SIZE),
        "moves": [(value, title) for value, title in StandardTestRow.Move.choices if value in ("gains", "loses")],
        "is_stale": test.sha256 != test.standard.sha256,
        "may_edit": has(request.user, Permission.STANDARD_EDIT),
    }
    return render(request, "labels/standard_test.html", context)
