"""The staff's list of pilots: its rows with their next date, and the same rows as a table to take along."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise

from pilots.actuals import Period
from pilots.appraisal import DATA_DUE, last_day
from pilots.models import Agreement
from pilots.terms import target_years
from suppliers.table_files import Column


@dataclass(frozen=True)
class NextDate:
    on: date
    what: StrOrPromise


@dataclass(frozen=True)
class PilotRow:
    agreement: Agreement
    next: NextDate | None

    @property
    def supplier_id(self) -> int:
        return self.agreement.supplier_id


def rows_of(agreements: Iterable[Agreement], *, today: date) -> list[PilotRow]:
    """Of rows that `with_track` and `with_next_dates` made; asks nothing more."""
    return [PilotRow(each, next_date(each, today=today)) for each in agreements]


def next_date(agreement: Agreement, *, today: date) -> NextDate | None:
    if agreement.status in (Agreement.Status.DRAFT, Agreement.Status.OFFERED, Agreement.Status.SIGNED):
        return NextDate(agreement.starts_on, _("begins"))
    if not agreement.is_in_force:
        return None
    dates = [
        (next_data_due(agreement, today=today), _("data due")),
        (agreement.next_milestone, _("milestone")),
        (agreement.next_action, _("joint action")),
        (agreement.ends_on, _("ends")),
    ]
    ahead = [NextDate(on, what) for on, what in dates if on is not None and on >= today]
    return min(ahead, key=lambda each: each.on, default=None)


def next_data_due(agreement: Agreement, *, today: date) -> date | None:
    """The first day on which the data of a period are due, from today on."""
    quarters: list[int | None] = [1, 2, 3, 4] if agreement.is_by_quarter else [None]
    periods = (Period(year, quarter) for year in target_years(agreement) for quarter in quarters)
    due = (last_day(agreement, period) + DATA_DUE for period in periods)
    return next((day for day in due if day >= today), None)


COLUMNS = (
    Column(pgettext_lazy("pilot", "Agreement"), lambda row: row.agreement.number, 16),
    Column(_("Supplier"), lambda row: row.agreement.supplier.name, 40),
    Column(_("Category"), lambda row: str(row.agreement.supplier.get_category_display()), 22),
    Column(_("State"), lambda row: str(row.agreement.get_status_display()), 16),
    Column(_("Starts on"), lambda row: row.agreement.starts_on),
    Column(_("Ends on"), lambda row: row.agreement.ends_on),
    Column(_("Unit"), lambda row: row.agreement.unit, 18),
    Column(_("Base year"), lambda row: row.agreement.base_year, digits="0"),
    Column(_("Base"), lambda row: row.agreement.base, digits="0.0000"),
    Column(_("Total reduction (%)"), lambda row: row.agreement.total_reduction),
    Column(_("Trajectory"), lambda row: str(row.agreement.track_verdict.track.label) if row.agreement.has_track else None, 20),
    Column(_("Latest full year"), lambda row: row.agreement.latest_year, digits="0"),
    Column(_("Target of that year"), lambda row: row.agreement.latest_target, digits="0.0000"),
    Column(_("Actual of that year"), lambda row: row.agreement.latest_figure, digits="0.0000"),
    Column(_("Gap"), lambda row: row.agreement.track_verdict.gap, digits="0.0000"),
    Column(_("Emissions of that year (tCO₂e)"), lambda row: row.agreement.latest_tonnes, digits="0.0"),
    Column(_("Next date"), lambda row: row.next.on if row.next else None),
    Column(_("What is next"), lambda row: str(row.next.what) if row.next else None, 18),
)
