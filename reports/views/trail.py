"""The auditors' pages: the trail, a file of it, and the timeline of any object."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, require
from accounts.scope import SYSTEM, acting
from accounts.seek import page_by
from audit import trail
from audit.sealing import newest_seal, rows_to_seal
from reports.object_timeline import timeline_of
from reports.trail_table import COLUMNS, MOST_LINES, TrailForm, all_lines, are_too_many, lines_of
from suppliers.models import Supplier
from suppliers.table_files import CONTENT_TYPES, table_bytes


PAGE_SIZE = 50


@require_GET
def audit_trail(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.AUDIT_VIEW)
    form = TrailForm(request.GET)
    page = page_by(form.found(), "-pk", request.GET.dict(), size=PAGE_SIZE)
    lines = list(lines_of(page.rows, Supplier.objects.filter(pk__in={event.supplier_id for event in page.rows})))
    with acting(SYSTEM):  # those of the case team count too
        rows_since = rows_to_seal()
    context = {"form": form, "page": page, "lines": lines, "seal": newest_seal(), "rows_since": rows_since}
    return render(request, "reports/audit_trail.html", context, status=422 if form.errors else 200)


@require_GET
@confirmed("GET")
def audit_trail_file(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The lines the filter finds, as the screen has them."""
    require(request.user, Permission.AUDIT_VIEW)
    form = TrailForm(request.GET)
    kind = "csv" if request.GET.get("format") == "csv" else "xlsx"
    back = f"{reverse('reports:audit_trail')}?{request.GET.urlencode()}"
    if not form.is_valid():
        return redirect(back)
    if are_too_many(form):
        text = _("A file takes up to %(count)s lines. Please choose fewer, for example by their dates.")
        messages.error(request, text % {"count": f"{MOST_LINES:,}"})
        return redirect(back)
    content = table_bytes(kind, COLUMNS, all_lines(form), title=_("Audit trail"))
    asked = {name: str(value) for name, value in form.cleaned_data.items() if value}
    trail.record("audit_trail.exported", actor=request.user, detail={"format": kind, "query": asked})
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="audit-trail-{timezone.localdate():%Y%m%d}.{kind}"'
    return response


@require_GET
def timeline(request: AuthenticatedHttpRequest, label: str, pk: str) -> HttpResponse:
    require(request.user, Permission.AUDIT_VIEW)
    found = timeline_of(label, pk, user=request.user)
    if found is None:
        raise Http404
    if found.supplier_id:
        trail.record("history.viewed", actor=request.user, supplier_id=found.supplier_id, detail={"object": f"{label} {pk}"})
    return render(request, "reports/timeline.html", {"timeline": found, "label": label, "number": pk})
