"""An agreement against its trajectory, year by year: what the page, its chart and its tables show."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from charts import TrajectoryPoint, trajectory
from emissions.coverage import fiscal_year_of
from emissions.insight import Forecast
from pilots.actuals import outlook
from pilots.models import Agreement, AgreementSignature, JointAction, Milestone, ReportedYear
from pilots.terms import is_as_offered
from pilots.trajectory import Verdict, achieved, figure, judge, required_1_5


@dataclass(frozen=True)
class YearRow:
    year: int
    target: Decimal | None
    reported: ReportedYear | None
    actual: Decimal | None
    # Only of full years: a part of a year compares with nothing.
    verdict: Verdict | None
    achieved: Decimal | None


@dataclass(frozen=True)
class YearForecast:
    """Where the year in progress will end, in the agreement's measure; `tonnes` is the forecast it comes from."""

    year: int
    tonnes: Forecast
    expected: Decimal
    low: Decimal
    high: Decimal
    target: Decimal | None
    # An intensity supposes the quantity of this reported year.
    quantity_of: int | None

    @property
    def gap(self) -> Decimal | None:
        return None if self.target is None else self.expected - self.target

    @property
    def gap_share(self) -> Decimal | None:
        return abs(self.gap) / self.target if self.gap is not None and self.target else None


@dataclass(frozen=True)
class Line15:
    """The reduction that the last target asks for beside the 1.5 °C line; None of an intensity, which the line does not speak of."""

    agreed: Decimal
    required: Decimal
    last_year: int
    counts_both_scopes: bool

    @property
    def is_met(self) -> bool:
        return self.agreed >= self.required


@dataclass(frozen=True)
class LedgerRow:
    """Three ledgers of a year, in their order: what was reduced directly, what was removed, what was offset."""

    reported: ReportedYear
    reduced: Decimal
    reduced_share: Decimal

    @property
    def is_full(self) -> bool:
        return self.reported.months_covered == 12

    @property
    def is_neutral(self) -> bool:
        """Nothing is left after removals and offsets. It says nothing about what was reduced: that stands beside it."""
        return self.is_full and self.reported.residual <= 0


@dataclass(frozen=True)
class MilestoneRow:
    milestone: Milestone
    actual: Decimal | None
    state: str  # reached, missed, planned, or no_data


@dataclass(frozen=True)
class AgreementProgress:
    agreement: Agreement
    rows: list[YearRow]
    verdict: Verdict
    chart: SafeString | None
    forecast: YearForecast | None
    line: Line15 | None
    ledgers: list[LedgerRow]
    milestones: list[MilestoneRow]
    signatures: list[AgreementSignature]
    joint_actions: list[JointAction]
    is_as_offered: bool

    @property
    def places(self) -> int:
        return self.agreement.figure_places

    @property
    def reported(self) -> list[ReportedYear]:
        return [row.reported for row in self.rows if row.reported]

    @property
    def claim(self) -> LedgerRow | None:
        """Of the newest full year."""
        return next((row for row in reversed(self.ledgers) if row.is_full), None)


def progress_of(agreement: Agreement, *, today: date) -> AgreementProgress:
    targets = {target.year: target.emissions for target in agreement.targets.all()}
    reported = {each.year: each for each in agreement.reported_years.select_related("reported_by")}
    rows = [_row(agreement, year, targets.get(year), reported.get(year)) for year in sorted({*targets, *reported})]
    forecast = _forecast(agreement, targets, rows, today=today) if agreement.is_in_force else None
    return AgreementProgress(
        agreement=agreement,
        rows=rows,
        verdict=judge(agreement.base_figure, targets, [each.progress(agreement) for each in reported.values()]),
        chart=_chart(agreement, rows, forecast) if rows else None,
        forecast=forecast,
        line=line_1_5(agreement, targets),
        ledgers=[_ledgers(agreement, each) for _year, each in sorted(reported.items())],
        milestones=[_milestone(agreement, each, rows, today=today) for each in agreement.milestones.all()],
        signatures=list(agreement.signatures.order_by("-signed_at", "-pk")),
        joint_actions=list(agreement.joint_actions.order_by("-year", "-pk")),
        is_as_offered=is_as_offered(agreement),
    )


def _row(agreement: Agreement, year: int, target: Decimal | None, reported: ReportedYear | None) -> YearRow:
    done = reported.progress(agreement) if reported else None
    verdict = judge(agreement.base_figure, {year: target}, [done]) if done and target is not None else None
    share = achieved(agreement.base_figure, target, done.actual) if done and done.actual is not None and target is not None else None
    full = done is not None and done.months_covered == 12
    return YearRow(year, target, reported, done.actual if done else None, verdict, share if full else None)


def line_1_5(agreement: Agreement, targets: dict[int, Decimal]) -> Line15 | None:
    """By the last target as it stands, which may have been edited by hand."""
    if agreement.measure != Agreement.Measure.ABSOLUTE or not targets:
        return None
    last = max(targets)
    return Line15(
        agreed=1 - targets[last] / agreement.base_emissions,
        required=required_1_5(base_year=agreement.base_year, target_year=last),
        last_year=last,
        counts_both_scopes=agreement.counts_scope1 and agreement.counts_scope2,
    )


def _forecast(agreement: Agreement, targets: dict[int, Decimal], rows: list[YearRow], *, today: date) -> YearForecast | None:
    year = fiscal_year_of(today, agreement.supplier.fiscal_year_start)
    found = outlook(agreement, year) if year in targets else None
    if found is None:
        return None
    quantity, quantity_of = None, None
    if agreement.measure == Agreement.Measure.INTENSITY:
        known = [row.reported for row in rows if row.reported and row.reported.denominator and row.year < year]
        if not known:
            return None
        quantity, quantity_of = known[-1].denominator, known[-1].year
    expected, low, high = (figure(tonnes, quantity) for tonnes in (found.expected, found.low, found.high))
    return YearForecast(year, found, expected, low, high, targets[year], quantity_of)


def _ledgers(agreement: Agreement, reported: ReportedYear) -> LedgerRow:
    reduced = agreement.base_emissions - reported.emissions
    return LedgerRow(reported, reduced, reduced / agreement.base_emissions)


def _milestone(agreement: Agreement, milestone: Milestone, rows: list[YearRow], *, today: date) -> MilestoneRow:
    """By the report of the year its day lies in."""
    year = fiscal_year_of(milestone.due_on, agreement.supplier.fiscal_year_start)
    row = next((row for row in rows if row.year == year and row.reported and row.reported.months_covered == 12), None)
    actual = _measured(agreement, milestone, row) if row else None
    if actual is None:
        return MilestoneRow(milestone, None, "planned" if milestone.due_on >= today else "no_data")
    is_reached = actual <= milestone.value if milestone.kind == Milestone.Kind.PUE else actual >= milestone.value
    return MilestoneRow(milestone, actual, "reached" if is_reached else "missed")


def _measured(agreement: Agreement, milestone: Milestone, row: YearRow) -> Decimal | None:
    if milestone.kind == Milestone.Kind.REDUCTION:
        return None if row.actual is None else 100 * (1 - row.actual / agreement.base_figure)
    reported = row.reported
    return getattr(reported, "pue" if milestone.kind == Milestone.Kind.PUE else "renewable_share") if reported else None


def _chart(agreement: Agreement, rows: list[YearRow], forecast: YearForecast | None) -> SafeString:
    """From the base year on; a year that is not complete has no dot."""
    base = TrajectoryPoint(str(agreement.base_year), agreement.base_figure, agreement.base_figure)
    points = [
        TrajectoryPoint(
            str(row.year),
            row.target,
            row.actual if row.verdict and row.verdict.year else None,
            forecast.expected if forecast and forecast.year == row.year else None,
        )
        for row in rows
    ]
    return _drawn((base, *points), _("Targets and actual emissions"), agreement.unit)


@lru_cache(maxsize=300)
def _drawn(points: tuple[TrajectoryPoint, ...], title: str, unit: str) -> SafeString:
    """Drawing takes longer than everything else on the page, and shows the same until something is reported."""
    return trajectory(points, title=title, unit=unit)
