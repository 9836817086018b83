"""The forecast of every supplier as a row the portfolio can filter and show: what would be lost first, and when."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction

from labels import forecast
from labels.forecast import Loss
from reports.models import Risk


def to_be_forecast(on: date) -> Iterable[int]:
    """Suppliers with a document that ends soon, and those who had: their rows may have to go."""
    return sorted({*forecast.suppliers_to_forecast(on), *Risk.objects.values_list("supplier", flat=True)})


@transaction.atomic
def keep(supplier_ids: Sequence[int], *, on: date, at: datetime) -> int:
    """Forecast these suppliers anew. How many have something to lose. Doing it twice leaves the same rows."""
    losses = forecast.losses_of(supplier_ids, on=on, at=at)
    Risk.objects.filter(supplier__in=supplier_ids).delete()
    Risk.objects.bulk_create([_row(supplier_id, found, on) for supplier_id, found in losses.items()])
    return len(losses)


def _row(supplier_id: int, losses: Sequence[Loss], on: date) -> Risk:
    points = next((loss for loss in losses if loss.costs_points), None)
    label = next((loss for loss in losses if loss.costs_label), None)
    return Risk(
        supplier_id=supplier_id,
        forecast_on=on,
        first_on=losses[0].day,
        score_on=points.day if points else None,
        score_before=points.before if points else None,
        score_after=points.after if points else None,
        label_on=label.day if label else None,
        level_before=label.level_before if label else "",
        level_after=label.level_after if label else "",
    )
