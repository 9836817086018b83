from contextlib import suppress

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from accounts.seek import page_by
from runs.models import Run
from suppliers import importing
from suppliers.import_forms import ColumnsForm, UploadForm
from suppliers.import_report import rows_as_csv, template_csv, template_xlsx
from suppliers.import_rows import sample
from suppliers.models import Import, ImportRow


PAGE_SIZE = 50
TEMPLATES = {
    "csv": (template_csv, "text/csv; charset=utf-8"),
    "xlsx": (template_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


def import_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.SUPPLIER_IMPORT)
    page = page_by(Import.objects.select_related("created_by", "run", "dry_run"), "-pk", request.GET, size=PAGE_SIZE)
    context = {"page": page, "imports": [(source, state_of(source)) for source in page.rows], "kinds": Import.Kind.choices}
    return render(request, "suppliers/import_list.html", context)


def state_of(source: Import) -> Run | None:
    """The run that says how far the list is: the import, else the dry run, else nothing was started."""
    return source.run or source.dry_run


def steps(current: int) -> list[dict[str, object]]:
    """The way from file to register; `current` counts from 1, and 5 means that all of it is done."""
    labels = (_("Upload"), _("Columns"), _("Dry run"), _("Import"))
    states = ["done" if number < current else "current" if number == current else "todo" for number in range(1, 5)]
    return [{"label": label, "state": state} for label, state in zip(labels, states, strict=True)]


def import_new(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.SUPPLIER_IMPORT)
    wanted = {"kind": request.GET["kind"]} if request.GET.get("kind") in Import.Kind.values else {}
    form = UploadForm(request.POST if request.method == "POST" else None, request.FILES or None, initial=wanted)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            source = importing.upload(kind=form.cleaned_data["kind"], data=file.read(), name=file.name, by=request.user, at=timezone.now())
        except ValidationError as error:
            form.add_error("file", error)
        else:
            return redirect("suppliers:import_columns", pk=source.pk)
    return render(request, "suppliers/import_form.html", {"form": form, "kinds": Import.Kind.choices, "steps": steps(1)})


def import_columns(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Which column is which, as recognised or as staff choose; then the dry run."""
    require(request.user, Permission.SUPPLIER_IMPORT)
    source = get_object_or_404(Import, pk=pk)
    if source.is_imported:
        return redirect(source)
    sheet = importing.sheet_of(source, first=importing.PEEK_ROWS)
    form = ColumnsForm(request.POST if request.method == "POST" else None, source=source, headings=sheet.headings)
    if request.method == "POST" and form.is_valid():
        with suppress(importing.AlreadyImported):  # somebody pressed "import" meanwhile, and the list's page says so
            importing.choose_columns(source, mapping=form.mapping(), defaults=form.defaults())
            importing.check(source_id=source.pk, by=request.user, at=timezone.now())
        return redirect(source)
    unread = [heading for heading in sheet.headings if heading and heading not in source.mapping.values()]
    context = {"source": source, "form": form, "sheet": sheet, "sample": list(sample(sheet)), "unread": unread, "steps": steps(2)}
    return render(request, "suppliers/import_columns.html", context)


def import_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.SUPPLIER_IMPORT)
    source = get_object_or_404(Import.objects.select_related("run", "dry_run", "created_by"), pk=pk)
    run = state_of(source)
    if run is None and not source.is_imported:
        return redirect("suppliers:import_columns", pk=source.pk)
    is_dry_run = not source.is_imported
    is_open = run is not None and run.is_open
    counts = source.counts.get("dry_run" if is_dry_run else "import", {}) if not is_open else {}
    outcome = chosen_outcome(request, counts)
    rows = source.rows.filter(is_dry_run=is_dry_run, outcome=outcome)
    page = page_by(rows, "number", request.GET, size=PAGE_SIZE)
    for row in page.rows:
        row.source = source
    context = {
        "source": source,
        "run": run,
        "is_dry_run": is_dry_run,
        "counts": counts,
        "tabs": [(each.value, each.label, counts.get(each, 0)) for each in source.outcomes if each != ImportRow.Outcome.UNCHANGED],
        "outcome": outcome,
        "page": page,
        "nothing_to_do": bool(counts) and not any(counts.get(outcome) for outcome in ("created", "updated", "held")),
        "total": sum(counts.values()),
        "steps": steps(3 if is_dry_run else 4 if is_open else 5),
    }
    return render(request, "suppliers/import_detail.html", context)


def chosen_outcome(request: AuthenticatedHttpRequest, counts: dict[str, int]) -> str:
    """What the reader chose; at first, what needs a look most."""
    if request.GET.get("outcome") in ImportRow.Outcome.values:
        return request.GET["outcome"]
    looked_at = (ImportRow.Outcome.REJECTED, ImportRow.Outcome.HELD, ImportRow.Outcome.UPDATED, ImportRow.Outcome.CREATED)
    return str(next((outcome for outcome in looked_at if counts.get(outcome)), ImportRow.Outcome.REJECTED))


@require_POST
def import_begin(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.SUPPLIER_IMPORT)
    source = get_object_or_404(Import, pk=pk)
    try:
        importing.begin(source_id=source.pk, by=request.user, at=timezone.now())
    except importing.NotChecked:
        messages.error(request, _("Check the list first: the dry run has not come to its end."))
    except importing.AlreadyImported:
        messages.info(request, _("This list is imported already."))
    return redirect(source)


@confirmed("GET")
def import_rows(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
    """The rows with their reasons, as CSV: what staff send back to whoever made the list."""
    require(request.user, Permission.SUPPLIER_IMPORT)
    source = get_object_or_404(Import, pk=pk)
    rows = source.rows.filter(is_dry_run=not source.is_imported).select_related("source").order_by("number")
    if request.GET.get("outcome") in ImportRow.Outcome.values:
        rows = rows.filter(outcome=request.GET["outcome"])
    response = StreamingHttpResponse(rows_as_csv(rows.iterator(chunk_size=2000)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{source.pk}-rows.csv"'
    return response


def import_template(request: AuthenticatedHttpRequest, kind: str, form: str) -> HttpResponse:
    require(request.user, Permission.SUPPLIER_IMPORT)
    if kind not in Import.Kind.values or form not in TEMPLATES:
        raise Http404
    make, content_type = TEMPLATES[form]
    response = HttpResponse(make(kind), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{kind}-template.{form}"'
    return response
