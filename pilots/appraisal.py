"""Appraisals of a quarter and of a year: calculated by a run, proposed and confirmed by two people, with the supplier heard between."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from django.db import transaction
from django.db.models import Count, Q

from assessments import canonical
from emissions.models import ActivityRecord
from pilots import appraising, papers
from pilots.actuals import Actual, NotCalculable, Period, actual_of
from pilots.agreements import locked, note
from pilots.appraising import Part, State
from pilots.models import Agreement, Appraisal, AppraisalScheme, JointAction, ReportedYear
from pilots.terms import target_years
from pilots.trajectory import figure
from runs.calendar import NIGHT_ZONE, buyers_day


if TYPE_CHECKING:
    from accounts.models import User

SCHEMES = Path(__file__).parent / "appraisal_schemes.yaml"
# Data are due so long after a period's end, and so long the supplier may comment on what is proposed.
DATA_DUE = timedelta(days=30)
TO_COMMENT = timedelta(days=7)
# An intensity by the energy of the IT load is known by the quarter too.
IT_LOAD = "MWh IT"
Status = Appraisal.Status


class NoScheme(LookupError):
    """No version of the weights is published."""


class SamePerson(Exception):
    """Who proposed the appraisal does not confirm it."""


class StillToBeHeard(Exception):
    """The supplier has not commented, and may still do so."""


class AlreadyConfirmed(Exception):
    """A confirmed appraisal stays."""


# --- schemes ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def load_schemes(*, at: datetime, path: Path = SCHEMES) -> int:
    """Publishes the versions that are not there yet; says how many."""
    known = set(AppraisalScheme.objects.values_list("version", flat=True))
    new = [declared for declared in yaml.safe_load(path.read_text(encoding="utf-8")) if declared["version"] not in known]
    for declared in new:
        AppraisalScheme.objects.create(
            version=declared["version"],
            **{name: Decimal(weight) for name, weight in declared["weights"].items()},
            grades=declared["grades"],
            approved_by=declared["approved"]["by"],
            approved_on=declared["approved"]["day"],
            published_at=at,
        )
    return len(new)


def newest_scheme() -> AppraisalScheme:
    """Raises `NoScheme`."""
    found = AppraisalScheme.objects.order_by("-version").first()
    if found is None:
        raise NoScheme
    return found


# --- periods ----------------------------------------------------------------------------------------------------------


def last_day(agreement: Agreement, period: Period) -> date:
    """Of a year or a quarter."""
    month = period.months(agreement)[-1]
    return date(month.year + month.month // 12, month.month % 12 + 1, 1) - timedelta(days=1)


def ended_periods(agreement: Agreement, *, on: date, since: timedelta = DATA_DUE) -> Iterator[Period]:
    """Those whose last day lies at least so far back, the oldest first."""
    for year in target_years(agreement):
        quarters = [1, 2, 3, 4] if agreement.is_by_quarter else []
        for quarter in [*quarters, None]:
            period = Period(year, quarter)
            if last_day(agreement, period) + since <= on:
                yield period


# --- calculating ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Look:
    """What was found of a period."""

    agreement: Agreement
    period: Period
    actual: Actual | None
    base: Actual | None
    reported: ReportedYear | None

    @property
    def months(self) -> list[date]:
        return self.period.months(self.agreement)

    @property
    def is_complete(self) -> bool:
        return self.actual is not None and self.actual.coverage.is_complete


def to_appraise(*, at: datetime) -> list[int]:
    """Agreements with a period that is over, its data due, and its appraisal not proposed yet."""
    running = Agreement.objects.in_force().select_related("supplier").order_by("pk")
    settled = set(Appraisal.objects.exclude(status=Status.CALCULATED).values_list("agreement_id", "year", "quarter"))
    on = buyers_day(at)
    return [
        each.pk for each in running if any((each.pk, period.year, period.quarter) not in settled for period in ended_periods(each, on=on))
    ]


@transaction.atomic
def calculate_appraisals(*, agreement_id: int, at: datetime) -> int:
    """All periods of the agreement that are due and not proposed yet; says how many. Calculated again, it is the same row.

    Raises `NoScheme`.
    """
    agreement = locked(agreement_id)
    if not agreement.is_in_force:
        return 0
    scheme = agreement.scheme or newest_scheme()
    stored = {(each.year, each.quarter): each for each in agreement.appraisals.all()}
    base = _actual(agreement, Period(agreement.base_year))
    count = 0
    for period in ended_periods(agreement, on=buyers_day(at)):
        appraisal = stored.get((period.year, period.quarter)) or Appraisal(agreement=agreement, year=period.year, quarter=period.quarter)
        if appraisal.status != Status.CALCULATED:
            continue
        parts = list(_parts(_look(agreement, period, base), scheme))
        appraisal.scheme, appraisal.parts, appraisal.calculated_at = scheme, [part.to_json() for part in parts], at
        appraisal.score = appraising.score(parts)
        appraisal.grade = appraising.grade(appraisal.score, scheme.grades)
        appraisal.save()
        count += 1
    return count


def _look(agreement: Agreement, period: Period, base: Actual | None) -> _Look:
    reported = agreement.reported_years.filter(year=period.year).first() if period.quarter is None else None
    return _Look(agreement, period, _actual(agreement, period), base, reported)


def _actual(agreement: Agreement, period: Period) -> Actual | None:
    try:
        return actual_of(agreement, period)
    except NotCalculable:
        return None


def _parts(look: _Look, scheme: AppraisalScheme) -> Iterator[Part]:
    weights = scheme.weights
    for key, part in (
        ("reduction", _reduction),
        ("renewable_share", _renewable),
        ("pue", _pue),
        ("data_quality", _quality),
        ("actions", _actions),
    ):
        state, share, figures = part(look)
        yield Part(key, weights[key], state, share, figures)


_Found = tuple[State, Decimal | None, dict[str, str]]


def _reduction(look: _Look) -> _Found:
    agreement, period = look.agreement, look.period
    target = agreement.targets.filter(year=period.year).values_list("emissions", flat=True).first()
    actual = _in_measure(look)
    weight = agreement.quarter_weights[period.quarter - 1] / 100 if period.quarter and agreement.measure == "absolute" else Decimal(1)
    if target is None or actual is None:
        covered = len(look.actual.coverage.covered) if look.actual else 0
        return State.MISSING, None, {"months_covered": str(covered), "months": str(len(look.months))}
    base, due = agreement.base_figure * weight, target * weight
    figures = {"base": _plain(base), "target": _plain(due), "actual": _plain(actual), "unit": agreement.unit}
    return State.SCORED, appraising.share_of(base - actual, base - due), figures


def _in_measure(look: _Look) -> Decimal | None:
    """Of the whole period, or nothing: what was reported of the year, else the activity data."""
    agreement = look.agreement
    if look.reported is not None and look.reported.months_covered == 12:
        return look.reported.progress(agreement).actual
    if look.actual is None or not look.is_complete:
        return None
    if agreement.measure == Agreement.Measure.ABSOLUTE:
        return look.actual.emissions
    it_energy = look.actual.calculation.it_energy_kwh
    if agreement.intensity_unit != IT_LOAD or not it_energy:
        return None
    return figure(look.actual.emissions, it_energy / 1000)


def _renewable(look: _Look) -> _Found:
    target = look.agreement.renewable_share_target
    if not target:
        return State.NOT_AGREED, None, {}
    share = look.actual.calculation.renewable_share if look.actual and look.is_complete else None
    actual = 100 * share if share is not None else look.reported.renewable_share if look.reported else None
    if actual is None:
        return State.MISSING, None, {"target": _plain(target)}
    return State.SCORED, appraising.share_of(actual, target), {"target": _plain(target), "actual": _plain(actual)}


def _pue(look: _Look) -> _Found:
    target = look.agreement.pue_target
    if target is None:
        return State.NOT_AGREED, None, {}
    found = look.actual.calculation.pue if look.actual and look.is_complete else None
    actual = found if found is not None else look.reported.pue if look.reported else None
    # Below 1 a meter is missing: that is no PUE.
    if actual is None or actual < 1:
        return State.MISSING, None, {"target": _plain(target)}
    base = look.base.calculation.pue if look.base else None
    figures = {"target": _plain(target), "actual": _plain(actual)} | ({"base": _plain(base)} if base else {})
    return State.SCORED, appraising.pue_share(actual, target, base), figures


def _quality(look: _Look) -> _Found:
    """Late is a fact, also where nothing came at all."""
    known = {"on_time": _on_time(look)}
    if look.actual is not None and look.actual.measured_share is not None:
        known["measured"] = look.actual.measured_share
    if look.period.quarter is None and look.agreement.verification != Agreement.Verification.NONE:
        known["verified"] = Decimal(1 if look.reported and look.reported.is_verified else 0)
    share = sum(known.values(), Decimal(0)) / len(known)
    return State.SCORED, share, {name: _plain(100 * value) for name, value in known.items()}


def _on_time(look: _Look) -> Decimal:
    """Share of the records that were there when they were due."""
    agreement = look.agreement
    due = last_day(agreement, look.period) + DATA_DUE
    until = datetime(due.year, due.month, due.day, tzinfo=NIGHT_ZONE) + timedelta(days=1)
    records = ActivityRecord.objects.filter(supplier_id=agreement.supplier_id, month__range=(look.months[0], look.months[-1]))
    if site_ids := list(agreement.sites.values_list("pk", flat=True)):
        records = records.filter(site_id__in=site_ids)
    counted = records.aggregate(all=Count("pk"), in_time=Count("pk", filter=Q(reported_at__lt=until)))
    if counted["all"]:
        return Decimal(counted["in_time"]) / Decimal(counted["all"])
    # Entered by hand, the report itself is what was due.
    return Decimal(1 if look.reported is not None and look.reported.reported_at < until else 0)


def _actions(look: _Look) -> _Found:
    actions = look.agreement.joint_actions.exclude(status__in=JointAction.NOT_TAKEN_PART)
    if look.period.quarter is None:
        due = actions.filter(year=look.period.year)
    else:
        due = actions.filter(due_on__range=(look.months[0], last_day(look.agreement, look.period)))
    count = due.count()
    if not count:
        return State.NOT_AGREED, None, {}
    delivered = due.filter(status=JointAction.Status.DELIVERED).count()
    return State.SCORED, Decimal(delivered) / count, {"delivered": str(delivered), "due": str(count)}


def _plain(value: Decimal) -> str:
    text = f"{value:.4f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- two people and the supplier --------------------------------------------------------------------------------------


def _locked(appraisal_id: int) -> Appraisal:
    rows = Appraisal.objects.select_for_update(of=("self",)).select_related("agreement__supplier", "scheme")
    return rows.get(pk=appraisal_id)


@transaction.atomic
def propose(*, appraisal_id: int, reasons: str, consequence: str, by: "User", at: datetime) -> Appraisal:
    """Shown to the supplier from here on. Proposed again by whoever, it replaces what was proposed before. Raises `AlreadyConfirmed`."""
    appraisal = _locked(appraisal_id)
    if appraisal.status == Status.CONFIRMED:
        raise AlreadyConfirmed
    appraisal.status, appraisal.reasons, appraisal.consequence = Status.PROPOSED, reasons, consequence
    appraisal.proposed_by, appraisal.proposed_at = by, at
    # The supplier is heard on what is proposed now.
    appraisal.comment, appraisal.commented_by, appraisal.commented_at = "", None, None
    appraisal.save()
    _note("appraisal.proposed", appraisal, by=by, at=at)
    return appraisal


@transaction.atomic
def comment(*, appraisal_id: int, text: str, by: "User", at: datetime) -> Appraisal:
    """Raises `Appraisal.IllegalTransition` before it is proposed and once it is confirmed."""
    appraisal = _locked(appraisal_id)
    if appraisal.status != Status.PROPOSED:
        raise Appraisal.IllegalTransition(appraisal.status)
    appraisal.comment, appraisal.commented_by, appraisal.commented_at = text, by, at
    appraisal.save()
    _note("appraisal.commented", appraisal, by=by, at=at)
    return appraisal


@transaction.atomic
def confirm(*, appraisal_id: int, by: "User", at: datetime) -> Appraisal:
    """Raises `Appraisal.IllegalTransition`, `SamePerson`, `StillToBeHeard`."""
    appraisal = _locked(appraisal_id)
    if appraisal.status != Status.PROPOSED or appraisal.proposed_at is None:
        raise Appraisal.IllegalTransition(appraisal.status)
    if appraisal.proposed_by_id == by.pk:
        raise SamePerson
    if appraisal.commented_at is None and at < appraisal.proposed_at + TO_COMMENT:
        raise StillToBeHeard
    appraisal.status, appraisal.confirmed_by, appraisal.confirmed_at = Status.CONFIRMED, by, at
    appraisal.content_sha256 = canonical.sha256(appraisal.content())
    appraisal.save()
    # Also marks the supplier's label to be looked at again.
    agreement = locked(appraisal.agreement_id)
    agreement.appraised_at = at
    agreement.save(update_fields=["appraised_at"])
    _note("appraisal.confirmed", appraisal, by=by, at=at, grade=appraisal.grade, consequence=appraisal.consequence)
    papers.print_soon(at=at)
    return appraisal


def _note(action: str, appraisal: Appraisal, *, by: "User", at: datetime, **detail: Any) -> None:
    note(action, appraisal.agreement, by=by, at=at, year=appraisal.year, quarter=appraisal.quarter, **detail)
