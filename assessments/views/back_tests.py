"""What a version of a questionnaire would change, before anybody is asked by it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from assessments.models import BackTest, QuestionnaireVersion
from assessments.publication import back_testing
from assessments.publication.back_test_report import DIMENSIONS, report


@require_POST
def back_test_start(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.QUESTIONNAIRE_PUBLISH)
    version = get_object_or_404(QuestionnaireVersion.objects.defer("content"), pk=pk)
    try:
        back_test = back_testing.start(version=version, by=request.user, at=timezone.now())
    except back_testing.NothingToTest:
        messages.error(request, _("Nobody has answered a version of this questionnaire yet, so there is nothing to test it on."))
        return redirect(version)
    return redirect(back_test)


@require_GET
def back_test(request: AuthenticatedHttpRequest, pk: int, number: int) -> HttpResponse:
    visible = BackTest.objects.visible_to(request.user).select_related("questionnaire", "run", "requested_by")
    found = get_object_or_404(visible.defer("questionnaire__content"), questionnaire=pk, pk=number)
    labels_only = request.GET.get("labels") == "1"
    shown = report(found, by=request.GET.get("by", ""), value=request.GET.get("group"), labels_only=labels_only)
    context = {
        "back_test": found,
        "version": found.questionnaire,
        "report": shown,
        "dimensions": DIMENSIONS,
        "labels_only": labels_only,
        "is_stale": found.ruleset_sha256 != found.questionnaire.sha256,
    }
    return render(request, "assessments/back_test.html", context)
