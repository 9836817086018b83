"""An agreement against its trajectory, year by year: what the page, its chart and its tables show."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from charts import TrajectoryPoint, trajectory
from pilots.models import Agreement, AgreementSignature, JointAction, ReportedYear
from pilots.terms import is_as_offered, target_years
from pilots.trajectory import Verdict, achieved, judge, meets_1_5, required_1_5


@dataclass(frozen=True)
class YearRow:
    year: int
    target: Decimal | None
    reported: ReportedYear | None
    actual: Decimal | None
    # Only of full years: a part of a year compares with nothing.
    verdict: Verdict | None
    achieved: Decimal | None

    @property
    def exact_target(self) -> Decimal | None:
        """All digits that are signed for, and no zeros after them."""
        return None if self.target is None else self.target.normalize()


@dataclass(frozen=True)
class AgreementProgress:
    agreement: Agreement
    rows: list[YearRow]
    verdict: Verdict
    chart: SafeString | None
    signatures: list[AgreementSignature]
    joint_actions: list[JointAction]
    is_as_offered: bool
    required_1_5: Decimal | None
    meets_1_5: bool

    @property
    def places(self) -> int:
        """Tonnes are shown to one place, an intensity to four."""
        return 4 if self.agreement.measure == Agreement.Measure.INTENSITY else 1

    @property
    def reported(self) -> list[ReportedYear]:
        return [row.reported for row in self.rows if row.reported]


def progress_of(agreement: Agreement) -> AgreementProgress:
    targets = {target.year: target.emissions for target in agreement.targets.all()}
    reported = {each.year: each for each in agreement.reported_years.select_related("reported_by")}
    rows = [_row(agreement, year, targets.get(year), reported.get(year)) for year in sorted({*targets, *reported})]
    last = max(target_years(agreement))
    total = (agreement.total_reduction or Decimal(0)) / 100
    absolute = agreement.measure == Agreement.Measure.ABSOLUTE
    return AgreementProgress(
        agreement=agreement,
        rows=rows,
        verdict=judge(agreement.base_figure, targets, [each.progress(agreement) for each in reported.values()]),
        chart=_chart(agreement, rows) if rows else None,
        signatures=list(agreement.signatures.order_by("-signed_at", "-pk")),
        joint_actions=list(agreement.joint_actions.order_by("-year", "-pk")),
        is_as_offered=is_as_offered(agreement),
        required_1_5=required_1_5(base_year=agreement.base_year, target_year=last) if absolute else None,
        meets_1_5=absolute and meets_1_5(total, base_year=agreement.base_year, target_year=last),
    )


def _row(agreement: Agreement, year: int, target: Decimal | None, reported: ReportedYear | None) -> YearRow:
    done = reported.progress(agreement) if reported else None
    verdict = judge(agreement.base_figure, {year: target}, [done]) if done and target is not None else None
    share = achieved(agreement.base_figure, target, done.actual) if done and done.actual is not None and target is not None else None
    full = done is not None and done.months_covered == 12
    return YearRow(year, target, reported, done.actual if done else None, verdict, share if full else None)


def _chart(agreement: Agreement, rows: list[YearRow]) -> SafeString:
    """From the base year on; a year that is not complete has no dot."""
    base = TrajectoryPoint(str(agreement.base_year), agreement.base_figure, agreement.base_figure)
    points = [TrajectoryPoint(str(row.year), row.target, row.actual if row.verdict and row.verdict.year else None) for row in rows]
    return trajectory([base, *points], title=_("Targets and actual emissions"), unit=agreement.unit)
