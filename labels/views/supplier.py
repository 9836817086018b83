"""What a supplier sees of its own label, and the certificate, which its buyer sees too."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.permissions import Permission, has, require
from audit import trail
from labels import appealing, certificates, explaining, standard_news
from labels import publishing as publish
from labels.dates import ledger_day
from labels.forms import PublicationForm
from labels.models import Announcement, Appeal, Decision, Label, LabelEvent, Publication, Standard
from suppliers.models import Supplier


@require_GET
def mine(request: AuthenticatedHttpRequest) -> HttpResponse:
    supplier = get_object_or_404(Supplier, pk=request.user.supplier_id)
    now = timezone.now()
    today = ledger_day(now)
    label = Label.objects.visible_to(request.user).filter(supplier=supplier).select_related("standard", "supplier").first()
    decision = Decision.objects.visible_to(request.user).filter(supplier=supplier).select_related("standard").first()
    events = LabelEvent.objects.visible_to(request.user).filter(supplier=supplier).select_related("standard")
    context = {
        "supplier": supplier,
        "label": label,
        "is_live": label is not None and label.is_live(today),
        "explanation": explaining.explain(decision) if decision else None,
        # Who at the buyer decided is the buyer's matter; that people did, and why, is told.
        "history": explaining.happenings_for_supplier(list(events.order_by("-number"))),
        "standard": Standard.objects.in_force(today),
        "coming": standard_news.coming_for(supplier.pk, at=now),
        "contestable": _contestable(supplier, today) if has(request.user, Permission.LABEL_APPEAL) else None,
        "appeals": Appeal.objects.visible_to(request.user).open().filter(supplier=supplier),
        "announcements": Announcement.objects.visible_to(request.user).for_pages().filter(supplier=supplier),
        "qr_code": certificates.qr_code(label) if label and label.is_live(today) else None,
        "verification_url": certificates.verification_url(label) if label else "",
        "may_publish": has(request.user, Permission.LABEL_PUBLISH),
        "agreed": Publication.objects.visible_to(request.user).filter(supplier=supplier).first(),
    }
    return render(request, "labels/mine.html", context)


def _contestable(supplier: Supplier, today: date) -> LabelEvent | None:
    """The newest step that takes something, while its time to appeal runs."""
    kinds = (*appealing.APPEALABLE, LabelEvent.Kind.ANNOUNCED)
    steps = LabelEvent.objects.filter(supplier=supplier, kind__in=kinds).select_related("standard", "appeal").order_by("-number")
    newest = next(filter(appealing.takes_something, steps), None)
    return newest if newest is not None and appealing.may_be_appealed(newest, today) else None


@require_GET
def step(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """A step of the ledger, explained from what was kept with it: years later, and in both languages."""
    events = LabelEvent.objects.visible_to(request.user).select_related("supplier", "standard", "actor", "second_actor", "appeal")
    event = get_object_or_404(events, pk=pk)
    if request.user.is_buyer:
        trail.record("label.viewed", actor=request.user, target=event, supplier_id=event.supplier_id)
    told = explaining.happenings if request.user.is_buyer else explaining.happenings_for_supplier
    today = ledger_day(timezone.now())
    explains = event.standard is not None and bool(event.snapshot.get("criteria"))
    context = {
        "event": event,
        "supplier": event.supplier,
        "step": told([event])[0],
        "effect_day": explaining.effect_day(event),
        "explanation": explaining.explain_snapshot(event.standard, event.snapshot, event.at) if explains and event.standard else None,
        "last_day": appealing.last_day_to_appeal(event),
        "appeal": getattr(event, "appeal", None),
        "may_appeal": appealing.may_be_appealed(event, today) and has(request.user, Permission.LABEL_APPEAL),
    }
    return render(request, "labels/step.html", context)


@require_http_methods(["GET", "POST"])
def publishing(request: AuthenticatedHttpRequest) -> HttpResponse:
    supplier = get_object_or_404(Supplier, pk=request.user.supplier_id)
    require(request.user, Permission.LABEL_PUBLISH)
    agreed = Publication.objects.visible_to(request.user).filter(supplier=supplier).first()
    # Nothing is shown without a word; the form proposes the name, without which a certificate says little.
    form = PublicationForm(request.POST or None, instance=agreed, initial=None if agreed else {"name": True})
    if request.method == "POST" and form.is_valid():
        publish.agree(supplier_id=supplier.pk, choices=form.cleaned_data, by=request.user, at=timezone.now())
        messages.success(request, _("The public page shows what you agreed to."))
        return redirect("labels:mine")
    return render(request, "labels/publishing.html", {"form": form})


@require_GET
def certificate(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    """One page for the wall, in both languages. Only a label in force has one."""
    labels = Label.objects.visible_to(request.user).select_related("supplier", "standard")
    label = get_object_or_404(labels, supplier_id=supplier_id)
    if not label.is_live(ledger_day(timezone.now())):
        raise Http404
    if request.user.is_buyer:
        trail.record("certificate.viewed", actor=request.user, target=label, supplier_id=supplier_id)
    context = {
        "label": label,
        "supplier": label.supplier,
        "qr_code": certificates.qr_code(label),
        "verification_url": certificates.verification_url(label),
    }
    return render(request, "labels/certificate.html", context)
