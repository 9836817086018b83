"""The public page behind the QR code: whether a label is in force. Never a score, never an answer."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from labels.dates import ledger_day
from labels.models import Label, LabelState


@login_not_required  # anybody who holds the certificate, by its unguessable address
@require_safe
def verify(request: HttpRequest, public_id: UUID) -> HttpResponse:
    awarded = Label.objects.exclude(state__in=[LabelState.NONE, LabelState.PROPOSED]).select_related("supplier", "standard")
    label = get_object_or_404(awarded, public_id=public_id)
    today = ledger_day(timezone.now())
    return render(request, "labels/verify.html", {"label": label, "supplier": label.supplier, "status": status_of(label), "today": today})


def status_of(label: Label) -> str:
    """live, suspended, expired or revoked. A warning is between the buyer and the supplier: the label still holds."""
    if label.state in (LabelState.SUSPENDED, LabelState.REVOKED):
        return label.state
    return "live" if label.is_live(ledger_day(timezone.now())) else "expired"
