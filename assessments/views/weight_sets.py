"""Weight sets: drafted in the browser or loaded from a file; what becomes of the draft is on its publication page."""

import io

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from assessments.models import QuestionnaireVersion
from assessments.questionnaires.questionnaire import QuestionnaireError
from assessments.questionnaires.wording import local
from assessments.rules import loading, rulesets, weight_sets, weight_workbook
from assessments.rules.weight_forms import WeightsForm
from assessments.staff_forms import QuestionnaireFileForm
from assessments.views.questionnaires import is_published, line_of
from assessments.views.workbooks import XLSX
from suppliers.inspection import safe_name
from suppliers.workbook_opening import WorkbookRefused


def find(request: AuthenticatedHttpRequest, pk: int, *, permission: Permission) -> QuestionnaireVersion:
    require(request.user, permission)
    return get_object_or_404(QuestionnaireVersion.objects.defer("content"), pk=pk)


@require_http_methods(["GET", "POST"])
def weight_set_edit(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Other weights for a published version; or, where `pk` is the draft of a weight set, that draft once more."""
    version = find(request, pk, permission=Permission.QUESTIONNAIRE_PUBLISH)
    is_draft = version.status == QuestionnaireVersion.Status.DRAFT
    try:
        base = weight_sets.base_of(version)
    except weight_sets.NoBase:
        messages.error(request, _("Weights are set for a published questionnaire. In a draft, change the file."))
        return redirect(version)
    questionnaire = rulesets.questionnaire_of(base.pk)
    form = WeightsForm(
        request.POST or None,
        base=questionnaire,
        rules=rulesets.questionnaire_of(pk),
        fixed_version=version.version if is_draft else "",
        initial={"version": weight_sets.next_name(questionnaire, version.key), "seen": version.sha256},
    )
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["seen"] if is_draft else ""
        try:
            kept = weight_sets.load_weight_set(form.document(), base=base, by=request.user, at=timezone.now(), seen=seen)
        except QuestionnaireError as error:
            form.take(error.problems)
        except loading.DraftChanged:
            form.refuse_as_changed()
        except loading.PublishedVersionDiffers as error:
            form.add_error("version" if "version" in form.fields else None, is_published(error))
        else:
            messages.success(request, _("The weights are kept as a draft. Back-test them before they are announced."))
            return redirect("assessments:publication", kept.pk)
    context = {"version": version, "base": base, "form": form, "is_draft": is_draft}
    return render(request, "assessments/weight_set.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
def weight_set_load(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.QUESTIONNAIRE_PUBLISH)
    form = QuestionnaireFileForm(request.POST or None, request.FILES or None)
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            version = weight_sets.load_weight_set(form.cleaned_data["file"], by=request.user, at=timezone.now())
        except QuestionnaireError as error:
            problems = [line_of(found) for found in error.problems]
        except WorkbookRefused as refusal:
            form.add_error("file", refusal)
        except UnicodeDecodeError:
            form.add_error("file", _("This file is neither a spreadsheet nor text in UTF-8."))
        except weight_sets.NoBase:
            form.add_error("file", _("The file does not name a published questionnaire: see questionnaire and of under weight_set."))
        except loading.PublishedVersionDiffers as error:
            form.add_error("file", is_published(error))
        else:
            messages.success(request, _("The weights are kept as a draft. Back-test them before they are announced."))
            return redirect("assessments:publication", version.pk)
    context = {"form": form, "problems": problems, "file_name": form.file_name}
    return render(request, "assessments/weight_set_load.html", context, status=422 if request.method == "POST" else 200)


@require_GET
def weight_set_file(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The weights of a version as a spreadsheet, to be changed and loaded again."""
    version = find(request, pk, permission=Permission.QUESTIONNAIRE_VIEW)
    try:
        document = weight_sets.document_of(version)
    except weight_sets.NoBase:
        messages.error(request, _("Weights are set for a published questionnaire. In a draft, change the file."))
        return redirect(version)
    texts = {each.code: local(each.text) for each in rulesets.questionnaire_of(pk).questions}
    content = io.BytesIO(weight_workbook.write_xlsx(document, texts=texts))
    name = safe_name(f"{version.key}-{document['weight_set']['version']}-weights.xlsx")
    return FileResponse(content, as_attachment=True, filename=name, content_type=XLSX)
