"""Lists of agreements, one agreement, and its end."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.confirmation import confirmed
from accounts.http import AuthenticatedHttpRequest
from accounts.kept_html import kept_html, key_of, put_together
from accounts.permissions import Permission, has, require
from accounts.reasons import why_of
from accounts.seek import page_by
from audit import trail
from pilots import agreements
from pilots.forms import PilotFilterForm
from pilots.goals import goals_of, totals_of
from pilots.models import Agreement, AgreementQuerySet, AgreementSignature, Appraisal
from pilots.portfolio import COLUMNS, rows_of
from pilots.progress import progress_of
from pilots.signing_forms import ReasonForm
from pilots.stamps import stamp_of
from pilots.terms import content_of
from pilots.terms_page import terms_page
from pilots.trajectory import AT_RISK_FROM
from suppliers.models import Supplier
from suppliers.views.files import table_response


PAGE_SIZE = 50
Side = AgreementSignature.Side


def find(request: AuthenticatedHttpRequest, pk: int) -> Agreement:
    visible = Agreement.objects.visible_to(request.user).select_related("supplier", "factor_set", "template", "scheme", "drafted_by")
    return get_object_or_404(visible, pk=pk)


def note_look(request: AuthenticatedHttpRequest, agreement: Agreement) -> None:
    """A draft is the buyer's own paper, but what it begins with are the supplier's emissions."""
    if agreement.status == Agreement.Status.DRAFT:
        note_look_at_emissions(request, agreement.supplier, year=agreement.base_year)
    elif request.user.is_buyer:
        trail.record("agreement.viewed", actor=request.user, target=agreement, supplier_id=agreement.supplier_id)


def note_look_at_emissions(request: AuthenticatedHttpRequest, supplier: Supplier, *, year: int) -> None:
    if request.user.is_buyer:
        trail.record("inventory.viewed", actor=request.user, target=supplier, supplier_id=supplier.pk, detail={"year": year})


def own_side(request: AuthenticatedHttpRequest) -> str | None:
    """The side a person may sign for."""
    if has(request.user, Permission.AGREEMENT_SIGN_AS_BUYER):
        return Side.BUYER
    if has(request.user, Permission.AGREEMENT_SIGN_AS_SUPPLIER):
        return Side.SUPPLIER
    return None


# --- lists ------------------------------------------------------------------------------------------------------------


@require_GET
@vary_on_headers("HX-Request")
def pilot_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    require(request.user, Permission.PILOT_VIEW)
    form = PilotFilterForm(request.GET)
    today = timezone.localdate()
    page = page_by(form.found_in(listed(request, today)), "-pk", request.GET.dict(), size=PAGE_SIZE)
    owners = sorted({row.supplier_id for row in page.rows})
    trail.record_each("pilot.viewed", supplier_ids=owners, actor=request.user, at=timezone.now())
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": rows_of(page.rows, today=today),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "may_edit": has(request.user, Permission.PILOT_EDIT),
        "may_export": has(request.user, Permission.PORTFOLIO_EXPORT),
    }
    if is_part(request):
        return render(request, "pilots/_table.html", context)
    visible = Agreement.objects.visible_to(request.user)
    context["totals"], (context["intensity"], context["clean_power"]) = totals_of(visible), goals_of(visible)
    return render(request, "pilots/list.html", context)


def listed(request: AuthenticatedHttpRequest, today: date) -> AgreementQuerySet:
    return Agreement.objects.visible_to(request.user).with_track().with_next_dates(today).select_related("supplier")


@require_POST
@confirmed("POST")
def pilot_export(request: AuthenticatedHttpRequest) -> HttpResponse:
    """The rows of the list with the same filters, which come along as the query string."""
    require(request.user, Permission.PORTFOLIO_EXPORT)
    why, today = why_of(request), timezone.localdate()
    found = PilotFilterForm(request.GET).found_in(listed(request, today)).order_by("-pk")
    rows = rows_of(found, today=today)
    owners = sorted({row.supplier_id for row in rows})
    trail.record_each("pilot.exported", supplier_ids=owners, actor=request.user, detail={"why": why}, at=timezone.now())
    form = "csv" if request.POST.get("format") == "csv" else "xlsx"
    return table_response(form, f"pilots-{today:%Y%m%d}", COLUMNS, rows, title=_("Carbon pilots"))


def is_part(request: HttpRequest) -> bool:
    """The table alone for an htmx request; the whole page when the browser restores its history."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


@require_GET
def mine(request: AuthenticatedHttpRequest) -> HttpResponse:
    """A supplier's own agreements."""
    require(request.user, Permission.ACTIVITY_EDIT)
    own = Agreement.objects.visible_to(request.user).with_track().select_related("supplier").order_by("-starts_on", "-pk")
    return render(request, "pilots/mine.html", {"agreements": own[:100]})


# --- one agreement ----------------------------------------------------------------------------------------------------


# What stands above what is kept of the page.
FOR_THE_HEAD = ("number", "title_en", "title_zh", "status", "base_year", "content_sha256", "supplier__name_en", "supplier__name_zh")


@require_GET
def detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """What it shows is read and drawn again when something of it has changed, or the day."""
    visible = Agreement.objects.visible_to(request.user).select_related("supplier").only(*FOR_THE_HEAD)
    agreement = get_object_or_404(visible, pk=pk)
    note_look(request, agreement)
    side, may_edit = own_side(request), has(request.user, Permission.PILOT_EDIT)
    may_take = not request.user.is_buyer or has(request.user, Permission.PORTFOLIO_EXPORT)
    reader: dict[str, bool | str] = {"is_buyer": request.user.is_buyer, "may_edit": may_edit, "page_path": request.path if may_take else ""}
    key = key_of("pilots/_detail.html", {"agreement": agreement.pk, "stamp": stamp_of(agreement), **reader})
    context = {
        "agreement": agreement,
        "may_edit": may_edit,
        "may_sign": side is not None and agreement.status == Agreement.Status.OFFERED and not has_signed(agreement, side),
        "may_report": agreement.is_in_force and (may_edit or has(request.user, Permission.ACTIVITY_EDIT)),
    }

    def page() -> str:
        content = kept_html.get(key, lambda: drawn(request, pk, reader))
        return render_to_string("pilots/detail.html", context | {"content": content}, request)

    return HttpResponse(put_together(page, get_token(request)))


def has_signed(agreement: Agreement, side: str) -> bool:
    return agreement.signatures.filter(content_sha256=agreement.content_sha256, side=side).exists()


def drawn(request: AuthenticatedHttpRequest, pk: int, reader: dict[str, bool | str]) -> str:
    agreement = find(request, pk)
    prefetch_related_objects([agreement], "targets", "milestones", "sites")
    appraisals = Appraisal.objects.visible_to(request.user).filter(agreement=agreement)
    context = {
        "agreement": agreement,
        "progress": progress_of(agreement, today=timezone.localdate()),
        "terms": terms_page(content_now(agreement)),
        "amendments": list(agreement.amendments.all()),
        "appraisals": list(appraisals.order_by("-year", "-quarter", "-pk")),
        "papers": list(agreement.papers.order_by("-pk")),
        "at_risk_from": AT_RISK_FROM,
        **reader,
    }
    return render_to_string("pilots/_detail.html", context)


def content_now(agreement: Agreement) -> dict[str, Any]:
    """As offered; of a draft, as it stands."""
    if agreement.status != Agreement.Status.DRAFT and agreement.offered_terms:
        return dict(agreement.offered_terms)
    return content_of(agreement, offered_at=agreement.created_at)


# --- ending -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def terminate(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return end(request, pk, "terminate")


@require_http_methods(["GET", "POST"])
def close(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return end(request, pk, "close")


def end(request: AuthenticatedHttpRequest, pk: int, way: str) -> HttpResponse:
    agreement = find(request, pk)
    require(request.user, Permission.PILOT_EDIT)
    verb = agreements.terminate_agreement if way == "terminate" else agreements.close_agreement
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            verb(agreement_id=pk, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
            messages.success(request, _("The agreement is terminated.") if way == "terminate" else _("The agreement is closed."))
        except Agreement.IllegalTransition:
            messages.error(request, _("This step is not possible in the state the agreement is in."))
        return redirect(agreement)
    context = {"form": form, "agreement": agreement, "way": way}
    return render(request, "pilots/end.html", context, status=422 if request.method == "POST" else 200)
