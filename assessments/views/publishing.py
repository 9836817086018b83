"""The steps of a version into force: where it stands, announcing it, withdrawing it. And what everybody may read of it: the method."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments.models import Publication, QuestionnaireVersion, WeightSet
from assessments.publication import publication_page, publishing
from assessments.publication.back_test_report import report
from assessments.publication.forms import AnnouncementForm
from assessments.publication.publication_page import Status
from assessments.rules import method, rulesets
from assessments.staff_forms import ReasonForm


def find(request: AuthenticatedHttpRequest, pk: int) -> QuestionnaireVersion:
    require(request.user, Permission.QUESTIONNAIRE_VIEW)
    return get_object_or_404(QuestionnaireVersion.objects.select_related("changed_by").defer("content"), pk=pk)


@require_GET
def publication_steps(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    version = find(request, pk)
    announced = publication_page.publication_of(version)
    test = announced.back_test if announced else publishing.newest_test(version)
    compared = publication_page.changes(version, announced)
    missing = publishing.what_is_missing(version, by=request.user) if version.status == Status.DRAFT else ""
    context = {
        "version": version,
        "publication": announced,
        "weight_set": WeightSet.objects.filter(version=version).select_related("base").defer("base__content").first(),
        "steps": publication_page.steps(version, announced, test),
        "test": test,
        "report": report(test) if test else None,
        "compared": compared,
        "missing": _(missing) if missing else "",
        "running": version.back_tests.filter(ruleset_sha256=version.sha256).select_related("run").order_by("-pk").first(),
        "may_publish": has(request.user, Permission.QUESTIONNAIRE_PUBLISH),
    }
    return render(request, "assessments/publication.html", context)


@require_http_methods(["GET", "POST"])
def questionnaire_announce(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    version = find(request, pk)
    require(request.user, Permission.QUESTIONNAIRE_PUBLISH)
    replaces, at = publishing.in_force(version.key), timezone.now()
    earliest = publishing.earliest_start(replaces, at=at)
    form = AnnouncementForm(request.POST or None, initial={"in_force_from": earliest}, earliest=earliest)
    if request.method == "POST" and form.is_valid():
        try:
            publishing.announce(version_id=pk, by=request.user, at=at, **form.cleaned_data)
        except publishing.NotReady as refusal:
            form.add_error(refusal.field or None, _(str(refusal)))
        else:
            messages.success(request, _("The version is announced. It never changes from here."))
            return redirect("assessments:publication", pk)
    refusal_now = publishing.what_is_missing(version, by=request.user)
    if request.method == "GET" and refusal_now:
        messages.error(request, _(refusal_now))
        return redirect("assessments:publication", pk)
    context = {"version": version, "form": form, "replaces": replaces, "notice": publishing.NOTICE.days}
    return render(request, "assessments/announce.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
def questionnaire_withdraw(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    version = find(request, pk)
    require(request.user, Permission.QUESTIONNAIRE_PUBLISH)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            publishing.withdraw(version_id=pk, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        except publishing.NotReady as refusal:
            messages.error(request, _(str(refusal)))
        else:
            messages.success(request, _("The version is withdrawn and will not come into force. Suppliers are told."))
        return redirect("assessments:publication", pk)
    if version.status != Status.ANNOUNCED:
        messages.error(request, _("Only what is announced and not yet in force can be withdrawn."))
        return redirect("assessments:publication", pk)
    context = {"version": version, "form": form}
    return render(request, "assessments/withdraw.html", context, status=422 if request.method == "POST" else 200)


# --- the method, for everybody ----------------------------------------------------------------------------------------


@login_not_required  # what is published is published: the holder of a receipt compares its hash without an account
@require_safe
def methods(request: HttpRequest) -> HttpResponse:
    published = QuestionnaireVersion.objects.exclude(status=Status.DRAFT).select_related("publication").defer("content")
    context = {"versions": published.order_by("key", "-published_at", "-pk")[:200], **_frame(request)}
    return render(request, "assessments/methods.html", context)


@login_not_required  # as above
@require_safe
def method_page(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(QuestionnaireVersion.objects.exclude(status=Status.DRAFT).defer("content"), pk=pk)
    announced = publication_page.publication_of(version)
    coming = Publication.objects.coming().filter(version__key=version.key).exclude(version=version)
    context = {
        "version": version,
        "publication": announced,
        "compared": publication_page.changes(version, announced),
        "coming": coming.select_related("version").defer("version__content").first() if version.status == Status.IN_FORCE else None,
        "method": method.describe(rulesets.questionnaire_of(pk)),
        "rules_sha256": rulesets.rules_sha256(pk),
        **_frame(request),
    }
    return render(request, "assessments/method.html", context)


def _frame(request: HttpRequest) -> Mapping[str, Any]:
    """With the menu for those who are signed in."""
    is_public = not request.user.is_authenticated
    return {"is_public": is_public, "frame_template": "base_public.html" if is_public else "base.html"}
