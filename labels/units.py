"""Buying units: how many of their suppliers hold a label, day by day, and who buys for which of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from charts import share_lines
from labels.models import UnitShare, UnitWatch
from suppliers.models import BuyingUnit


if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from accounts.models import User

# Suppliers in business; a label counts while it holds and its term runs.
_RECORD = """
    INSERT INTO labels_unitshare (unit_id, day, suppliers, labelled, leaders)
    SELECT unit.id, %(day)s, count(supplier.id),
           count(supplier.id) FILTER (WHERE label.state IN ('awarded', 'warned') AND label.valid_to >= %(day)s),
           count(supplier.id) FILTER (WHERE label.state IN ('awarded', 'warned') AND label.valid_to >= %(day)s
                                        AND label.level = 'green_leader')
    FROM suppliers_buyingunit unit
    LEFT JOIN suppliers_supplier_units used ON used.buyingunit_id = unit.id
    LEFT JOIN suppliers_supplier supplier ON supplier.id = used.supplier_id AND supplier.state IN ('registered', 'active')
    LEFT JOIN labels_label label ON label.supplier_id = supplier.id
    GROUP BY unit.id
    ON CONFLICT (unit_id, day) DO UPDATE
    SET (suppliers, labelled, leaders) = ROW (excluded.suppliers, excluded.labelled, excluded.leaders)
"""
SHOWN = timedelta(days=400)
MOST_POINTS = 60


def record_shares(on: date) -> int:
    """One statement for all units. Recorded twice on a day, the later one counts."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, {"day": on})
        return int(cursor.rowcount)


@dataclass(frozen=True)
class UnitLine:
    unit: BuyingUnit
    suppliers: int
    labelled: int
    leaders: int
    is_mine: bool

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.labelled) / self.suppliers if self.suppliers else None


def lines(user: "User") -> list[UnitLine]:
    """Each unit by its newest day, one's own first."""
    mine = set(UnitWatch.objects.filter(user=user).values_list("unit_id", flat=True))
    newest = UnitShare.objects.visible_to(user).order_by("unit_id", "-day").distinct("unit_id").select_related("unit")
    found = [UnitLine(one.unit, one.suppliers, one.labelled, one.leaders, one.unit_id in mine) for one in newest]
    return sorted(found, key=lambda line: (not line.is_mine, line.unit.code))


@dataclass(frozen=True)
class Course:
    """A unit's share over time, thinned to what a chart can show."""

    points: list[UnitShare]
    chart: "SafeString | None"


def course(unit: BuyingUnit, user: "User", on: date) -> Course:
    shares = list(UnitShare.objects.visible_to(user).filter(unit=unit, day__gte=on - SHOWN).order_by("day"))
    step = max(1, -(-len(shares) // MOST_POINTS))
    # The newest day is always among them.
    points = shares[::-1][::step][::-1]
    return Course(points, _chart(points, unit) if len(points) > 1 else None)


def _chart(points: Sequence[UnitShare], unit: BuyingUnit) -> "SafeString":
    labels = [date_format(point.day, "SHORT_DATE_FORMAT") for point in points]
    series = {
        _("With a label"): [_percent(point.labelled, point.suppliers) for point in points],
        _("Green leaders"): [_percent(point.leaders, point.suppliers) for point in points],
    }
    return share_lines(labels, series, title=_("Share of labelled suppliers: %(unit)s") % {"unit": unit})


def _percent(part: int, whole: int) -> Decimal | None:
    return Decimal(100 * part) / whole if whole else None


@transaction.atomic
def watch(*, unit_ids: Sequence[int], by: "User") -> int:
    """The units this person buys for: these and no others."""
    UnitWatch.objects.filter(user=by).exclude(unit__in=unit_ids).delete()
    wanted = BuyingUnit.objects.filter(pk__in=unit_ids)
    UnitWatch.objects.bulk_create([UnitWatch(user=by, unit=unit) for unit in wanted], ignore_conflicts=True)
    return UnitWatch.objects.filter(user=by).count()
