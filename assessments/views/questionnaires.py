"""Questionnaire versions: what is asked, what it is worth, how it is scored; loading a file."""

import io

from django.contrib import messages
from django.db.models import Count
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from assessments.models import QuestionnaireVersion
from assessments.questionnaires.messages import problem
from assessments.questionnaires.questionnaire import Problem, QuestionnaireError
from assessments.rules import loading, method, questionnaire_workbook, rulesets
from assessments.staff_forms import QuestionnaireFileForm
from assessments.views.workbooks import XLSX
from suppliers.inspection import safe_name
from suppliers.workbook_opening import WorkbookRefused


@require_GET
def questionnaire_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.QUESTIONNAIRE_VIEW)
    versions = QuestionnaireVersion.objects.defer("content").annotate(used=Count("campaigns")).order_by("key", "-created_at", "-pk")
    context = {"versions": versions[:200], "may_publish": has(request.user, Permission.QUESTIONNAIRE_PUBLISH)}
    return render(request, "assessments/questionnaire_list.html", context)


@require_GET
def questionnaire(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.QUESTIONNAIRE_VIEW)
    version = get_object_or_404(QuestionnaireVersion.objects.defer("content"), pk=pk)
    rules = rulesets.for_version(pk)
    context = {
        "version": version,
        "method": method.describe(rules.questionnaire),
        "back_tests": version.back_tests.visible_to(request.user)
        .select_related("run", "requested_by")
        .order_by("-requested_at", "-pk")[:5],
        "may_publish": has(request.user, Permission.QUESTIONNAIRE_PUBLISH),
    }
    return render(request, "assessments/questionnaire.html", context)


@require_GET
def questionnaire_file(request: AuthenticatedHttpRequest, pk: int) -> FileResponse:
    """The version as a spreadsheet, to be changed and loaded again under another version."""
    require(request.user, Permission.QUESTIONNAIRE_VIEW)
    version = get_object_or_404(QuestionnaireVersion, pk=pk)
    content = io.BytesIO(questionnaire_workbook.write_xlsx(version.content))
    return FileResponse(content, as_attachment=True, filename=safe_name(f"{version.key}-{version.version}.xlsx"), content_type=XLSX)


@require_http_methods(["GET", "POST"])
def questionnaire_load(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.QUESTIONNAIRE_PUBLISH)
    form = QuestionnaireFileForm(request.POST or None, request.FILES or None)
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            version = loading.load_questionnaire(form.cleaned_data["file"], by=request.user, at=timezone.now())
        except QuestionnaireError as error:
            problems = [line_of(found) for found in error.problems]
        except WorkbookRefused as refusal:
            form.add_error("file", refusal)
        except UnicodeDecodeError:
            form.add_error("file", _("This file is neither a spreadsheet nor text in UTF-8."))
        except loading.PublishedVersionDiffers as error:
            form.add_error("file", is_published(error))
        else:
            messages.success(request, _("The questionnaire is loaded."))
            return redirect(version)
    context = {"form": form, "problems": problems, "file_name": form.file_name}
    return render(request, "assessments/questionnaire_load.html", context, status=422 if request.method == "POST" else 200)


def is_published(error: loading.PublishedVersionDiffers) -> str:
    text = _("Version %(version)s is published and says something else: give the new text a new version.")
    return text % {"version": error.version.version}


def line_of(found: Problem) -> str:
    where = _("Line %(line)s") % {"line": found.line} if found.line else found.cell
    return ": ".join(filter(None, [where, found.path, problem(found)]))
