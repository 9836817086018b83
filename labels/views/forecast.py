"""What the end of documents would cost a supplier: for itself, and for the buyer's people."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import AuthenticatedHttpRequest
from assessments.models import SecondReview
from assessments.models.blinds import blind
from assessments.views.parts import page_or_part
from audit import trail
from labels import forecast as forecasts
from labels.dates import ledger_day
from suppliers.models import Supplier


@require_GET
def forecast(request: AuthenticatedHttpRequest, supplier_id: int) -> HttpResponse:
    supplier = get_object_or_404(Supplier.objects.visible_to(request.user), pk=supplier_id)
    if request.user.is_buyer:
        # The label in it follows the findings that the first reviewer has raised, which the second must not know.
        if second := SecondReview.objects.blinding(request.user).filter(assessment__supplier=supplier).first():
            raise blind(second.assessment_id)
        trail.record("supplier.viewed", actor=request.user, target=supplier, supplier_id=supplier.pk)
    now = timezone.now()
    context = {"supplier": supplier, "losses": forecasts.losses(supplier.pk, on=ledger_day(now), at=now)}
    return page_or_part(request, "labels/forecast.html", "labels/_forecast.html", context)
