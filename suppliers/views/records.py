"""Public records: the supplier reads and replies, the buyer's people decide, and say whose a row is that has no known code."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from accounts.seek import page_by
from audit import trail
from audit.models import Event
from suppliers import public_records, record_sections
from suppliers.filters import RecordFilter
from suppliers.import_records import from_json, is_former_name
from suppliers.models import Document, HeldRecord, PublicRecord, Supplier
from suppliers.record_forms import DecisionForm, MatchForm, ReplyForm
from suppliers.views.common import documents_of


PAGE_SIZE = 50
HELD_SHOWN = 50


@require_GET
def record_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    visible = PublicRecord.objects.visible_to(request.user).select_related("supplier")
    narrowed = RecordFilter(request.GET, queryset=visible, request=request)
    context = {
        "filter": narrowed,
        "page": page_by(narrowed.qs, "-pk", request.GET, size=PAGE_SIZE),
        "held": list(HeldRecord.objects.visible_to(request.user).waiting().order_by("-pk")[:HELD_SHOWN]),
        "may_import": has(request.user, Permission.SUPPLIER_IMPORT),
        "now": timezone.now(),
    }
    return render(request, "suppliers/record_list.html", context)


# --- one record -------------------------------------------------------------------------------------------------------


@require_GET
def record(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    return show(request, find(request, pk))


def find(request: AuthenticatedHttpRequest, pk: int) -> PublicRecord:
    visible = PublicRecord.objects.visible_to(request.user)
    return get_object_or_404(visible.select_related("supplier", "source", "answered_by", "judged_by"), pk=pk)


def show(request: AuthenticatedHttpRequest, found: PublicRecord, *, status: int = 200, **forms: Any) -> HttpResponse:
    now = timezone.now()
    if request.user.is_buyer:
        detail = {"authority": found.authority}
        trail.record("public_record.viewed", actor=request.user, target=found, supplier_id=found.supplier_id, detail=detail, at=now)
    return render(request, "suppliers/record.html", context_of(request, found, at=now) | forms, status=status)


def context_of(request: AuthenticatedHttpRequest, found: PublicRecord, *, at: datetime) -> dict[str, Any]:
    may_answer = has(request.user, Permission.RECORD_ANSWER) and found.is_undecided
    may_decide = has(request.user, Permission.RECORD_DECIDE)
    chosen = {"answer": found.answer, "documents": list(found.evidence.values_list("document", flat=True))}
    return {
        "record": found,
        "evidence": list(found.evidence.select_related("document").order_by("added_at", "pk")),
        "sections": record_sections.sections(found, viewer=request.user, at=at),
        "is_former_name": is_former_name(found),
        "events": timeline(found),
        "is_over": found.status == PublicRecord.Status.WAITING and found.reply_until < at,
        "may_answer": may_answer,
        "may_decide": may_decide,
        "may_be_upheld": found.may_be_upheld(at),
        "reply_form": ReplyForm(library=library_of(request), initial=chosen) if may_answer else None,
        "decision_form": DecisionForm(record=found, at=at) if may_decide else None,
    }


def library_of(request: AuthenticatedHttpRequest) -> Any:
    return Document.objects.visible_to(request.user).current()


def timeline(found: PublicRecord) -> list[dict[str, Any]]:
    """What happened to it, the newest first."""
    titles = {"record.answered": (_("The supplier replied"), "message-circle"), "record.decided": (_("Decided"), "gavel")}
    events = Event.objects.filter(target_type="suppliers.publicrecord", target_id=str(found.pk), action__in=titles).select_related("actor")
    drawn = [
        {"title": titles[e.action][0], "icon": titles[e.action][1], "at": e.at, "actor": e.actor, "detail": said(e)}
        for e in events.order_by("-at", "-pk")
    ]
    return [*drawn, {"title": _("Matched to the supplier"), "icon": "table-import", "at": found.created_at, "detail": ""}]


def said(event: Event) -> str:
    if event.action == "record.decided":
        return f"{PublicRecord.Status(event.detail['outcome']).label}: {event.detail['reason']}"
    return str(event.detail.get("answer", ""))


@require_POST
def record_reply(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.RECORD_ANSWER)
    form = ReplyForm(request.POST, request.FILES or None, library=library_of(request))
    try:
        if form.is_valid():
            given = {"answer": form.cleaned_data["answer"], "documents": documents_of(request, found.supplier, form)}
            public_records.reply(record_id=pk, by=request.user, at=timezone.now(), **given)
            messages.success(request, _("Your reply is with the buyer. You may add to it until somebody decides."))
            return redirect(found)
    except ValidationError as error:
        form.add_error("upload", error)
    except PublicRecord.IllegalTransition:
        messages.error(request, _("This record is decided already."))
        return redirect(found)
    finally:
        form.close()
    return show(request, found, status=422, reply_form=form)


@require_POST
def record_decide(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    require(request.user, Permission.RECORD_DECIDE)
    now = timezone.now()
    form = DecisionForm(request.POST, record=found, at=now)
    if not form.is_valid():
        return show(request, found, status=422, decision_form=form)
    try:
        public_records.decide(record_id=pk, by=request.user, at=now, **form.cleaned_data)
    except (public_records.RightOfReply, public_records.NoReply):
        messages.error(request, _("The record has moved on meanwhile; please look at it again."))
    else:
        messages.success(request, _("Decided. The supplier is told, with your reason."))
    return redirect(found)


# --- rows that wait for their company ---------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def record_match(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    require(request.user, Permission.RECORD_DECIDE)
    held = get_object_or_404(HeldRecord.objects.visible_to(request.user).select_related("record", "decided_by"), pk=pk)
    form = MatchForm(request.POST if request.method == "POST" else None, held=held)
    if request.method == "POST" and form.is_valid():
        given = {"supplier_id": form.supplier_id, "reason": form.cleaned_data["reason"]}
        try:
            done = public_records.match(held_id=pk, by=request.user, at=timezone.now(), **given)
        except public_records.AlreadyMatched:
            messages.error(request, _("Somebody has decided on this row meanwhile."))
            return redirect(held)
        messages.success(request, _("The record is the supplier's now, who may reply.") if done.record else _("The row is laid aside."))
        return redirect(done.record or "suppliers:record_list")
    context = {"held": held, "form": form, "companies": companies_of(held), "shown": record_of(held) if held.values else None}
    return render(request, "suppliers/record_match.html", context, status=422 if form.errors else 200)


def companies_of(held: HeldRecord) -> list[tuple[Supplier, bool]]:
    """The suppliers that come into question, and whether the name is a former one."""
    found = Supplier.objects.in_bulk([each["supplier"] for each in held.candidates])
    return [(found[each["supplier"]], each["is_former"]) for each in held.candidates if each["supplier"] in found]


def record_of(held: HeldRecord) -> PublicRecord:
    """The row as the record it would become."""
    names = {field.name for field in PublicRecord._meta.fields}
    return PublicRecord(**{name: value for name, value in from_json(held.values).items() if name in names})
