"""What is reported under an agreement: a year's figures, calculated from activity data or entered, and joint actions."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from pilots.actuals import Period, actual_of
from pilots.agreements import locked, note
from pilots.models import Agreement, JointAction, ReportedYear
from pilots.terms import target_years


if TYPE_CHECKING:
    from accounts.models import User

Basis = ReportedYear.Basis


class YearOutside(ValueError):
    """The agreement has no target for this year."""


class QuantityMissing(ValueError):
    """An intensity needs the quantity of the year."""


@dataclass(frozen=True)
class Figures:
    emissions: Decimal
    months_covered: int
    renewable_share: Decimal | None = None
    pue: Decimal | None = None


@dataclass(frozen=True)
class YearReport:
    """What somebody reports. Without `figures` they are calculated from the activity data of the agreement's sites."""

    year: int
    figures: Figures | None = None
    denominator: Decimal | None = None
    removals: Decimal = Decimal(0)
    offsets: Decimal = Decimal(0)
    is_verified: bool = False
    note: str = ""


def calculated_figures(agreement: Agreement, year: int) -> Figures:
    """What the agreement counts of its sites, with its own factor set. Raises `NotCalculable`."""
    actual = actual_of(agreement, Period(year))
    return Figures(
        emissions=actual.emissions,
        months_covered=len(actual.coverage.covered),
        renewable_share=_rounded(actual.calculation.renewable_share, "0.01", factor=100),
        pue=_pue(actual.calculation.pue),
    )


def _rounded(value: Decimal | None, places: str, *, factor: int = 1) -> Decimal | None:
    return None if value is None else (value * factor).quantize(Decimal(places), ROUND_HALF_UP)


def _pue(value: Decimal | None) -> Decimal | None:
    """Below 1 a meter is missing: that is no PUE to report."""
    return _rounded(value, "0.001") if value is not None and 1 <= value < 10 else None


@transaction.atomic
def report_year(*, agreement_id: int, report: YearReport, by: "User", at: datetime) -> ReportedYear:
    """Reports a year, or corrects what was reported; the row's history keeps what was said before.

    Raises `IllegalTransition` when the agreement is not in force, `YearOutside`, `NotCalculable` and `QuantityMissing`.
    """
    agreement = locked(agreement_id)
    if not agreement.is_in_force:
        raise Agreement.IllegalTransition(agreement.status)
    if report.year not in target_years(agreement):
        raise YearOutside(report.year)
    if agreement.measure == Agreement.Measure.INTENSITY and not report.denominator:
        raise QuantityMissing
    figures = report.figures or calculated_figures(agreement, report.year)
    reported, _created = ReportedYear.objects.update_or_create(
        agreement=agreement,
        year=report.year,
        defaults={
            "emissions": figures.emissions,
            "basis": Basis.ENTERED if report.figures else Basis.CALCULATED,
            "months_covered": figures.months_covered,
            "renewable_share": figures.renewable_share,
            "pue": figures.pue,
            "denominator": report.denominator,
            "removals": report.removals,
            "offsets": report.offsets,
            "is_verified": report.is_verified,
            "note": report.note,
            "reported_by": by,
            "reported_at": at,
        },
    )
    note("agreement.year_reported", agreement, by=by, at=at, year=report.year, emissions=str(figures.emissions), basis=reported.basis)
    return reported


# --- joint actions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ActionPlan:
    year: int
    title: str
    description: str = ""
    expected_reduction: Decimal | None = None
    status: str = JointAction.Status.PLANNED
    due_on: date | None = None
    delivered_reduction: Decimal | None = None


@transaction.atomic
def save_joint_action(*, agreement_id: int, plan: ActionPlan, by: "User", at: datetime, action_id: int | None = None) -> JointAction:
    """Plans a joint action, or says how it goes. Raises `IllegalTransition` once the agreement has ended."""
    agreement = locked(agreement_id)
    if agreement.ended_at:
        raise Agreement.IllegalTransition(agreement.status)
    if not action_id and (same := agreement.joint_actions.filter(**vars(plan)).first()):
        return same  # the form was sent twice
    action = agreement.joint_actions.get(pk=action_id) if action_id else JointAction(agreement=agreement)
    for name, value in vars(plan).items():
        setattr(action, name, value)
    action.save()
    note("joint_action.changed" if action_id else "joint_action.planned", agreement, by=by, at=at, title=action.title, status=action.status)
    return action
