"""What proves renewable electricity: certificates, green power, contracts. A claim above its proof is asked about, not cut."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from audit import trail
from emissions.coverage import fiscal_months
from emissions.models import RenewableInstrument
from suppliers.models import Supplier


if TYPE_CHECKING:
    from accounts.models import User

# RE100: a plant that has run for longer adds nothing new to the grid.
OLDEST_PLANT_YEARS = 15


class SerialTaken(ValueError):
    """This certificate is reported already; whether by somebody else is nobody's business."""


@transaction.atomic
def save_instrument(*, instrument: RenewableInstrument, by: "User", at: datetime) -> RenewableInstrument:
    """Raises `SerialTaken`."""
    instrument.reported_by, instrument.reported_at = by, at
    try:
        with transaction.atomic():
            instrument.save()
    except IntegrityError as error:
        if "renewable_serial_once" in str(error):
            raise SerialTaken from error
        raise
    detail = {"kind": instrument.kind, "serial": instrument.serial, "mwh": str(instrument.mwh)}
    trail.record("renewable_instrument.saved", actor=by, target=instrument, supplier_id=instrument.supplier_id, detail=detail, at=at)
    return instrument


@transaction.atomic
def remove_instrument(*, instrument: RenewableInstrument, by: "User", at: datetime) -> None:
    detail = {"kind": instrument.kind, "serial": instrument.serial}
    trail.record("renewable_instrument.removed", actor=by, target=instrument, supplier_id=instrument.supplier_id, detail=detail, at=at)
    instrument.delete()


@dataclass(frozen=True)
class Proof:
    """kWh of a fiscal year: bought, said to be renewable, and proven by instruments generated in that year."""

    bought: Decimal
    claimed: Decimal
    proven: Decimal

    @property
    def exceeds_consumption(self) -> bool:
        return self.proven > self.bought

    @property
    def unproven(self) -> Decimal:
        return max(self.claimed - self.proven, Decimal(0))


def proof_of(supplier: Supplier, year: int, *, bought: Decimal | None, claimed: Decimal | None) -> Proof:
    return Proof(bought or Decimal(0), claimed or Decimal(0), sum((each.mwh for each in of_year(supplier, year)), Decimal(0)) * 1000)


def of_year(supplier: Supplier, year: int) -> Iterable[RenewableInstrument]:
    """Of electricity generated, by its last day, in the fiscal year."""
    months = fiscal_months(year, supplier.fiscal_year_start)
    first, last = months[0], _end_of(months[-1])
    found = RenewableInstrument.objects.filter(supplier=supplier, generated_to__range=(first, last))
    return found.select_related("site", "evidence").order_by("generated_from", "kind", "serial")


def _end_of(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
