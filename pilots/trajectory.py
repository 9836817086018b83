"""Targets along a path, and whether what was reported keeps to them. Pure: Decimal in, Decimal out, no database.

Figures are in one measure throughout: tonnes CO2e, or tonnes CO2e per unit. E0 is the base year's figure, T(y) the target of year y.

    linear       T(y) = E0 x (1 - r x (y - y0))      r = R / n
    compounding  T(y) = E0 x (1 - r)^(y - y0)        r = 1 - (1 - R)^(1/n)

for a total reduction R after n years. The two differ: 4.2 % a year over ten years leaves 0.580 or 0.651 of the base.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


Path = Literal["linear", "compounding"]

EXACT = Context(prec=40)
PLACES = Decimal("0.000001")
# From this share of the reduction that was due, an agreement behind its trajectory is at risk; below it, it is off track.
AT_RISK_FROM = Decimal("0.75")
# SBTi's near-term line to 1.5 °C: 4.2 percentage points a year, and none off for a base year after 2020.
LINE_1_5_RATE = Decimal("0.042")
LINE_1_5_START = 2020


class Track(TextChoices):
    ON_TRACK = "on_track", _("On track")
    AT_RISK = "at_risk", _("At risk")
    OFF_TRACK = "off_track", _("Off track")
    NO_DATA = "no_data", _("No full year reported")


@dataclass(frozen=True)
class Progress:
    """What was reported of a year, in the agreement's measure; None where the figure cannot be formed."""

    year: int
    actual: Decimal | None
    months_covered: int = 12


@dataclass(frozen=True)
class Verdict:
    """Whether the latest full year keeps to its target, and by how much it does or does not."""

    track: Track
    year: int | None = None
    target: Decimal | None = None
    actual: Decimal | None = None
    # Share of the reduction due by that year which was achieved. Raw: below 0 and above 1 are possible. None when none was due.
    achieved: Decimal | None = None

    @property
    def gap(self) -> Decimal | None:
        """Above zero: so much more than the target allows."""
        return None if self.actual is None or self.target is None else self.actual - self.target

    @property
    def gap_below_share(self) -> Decimal | None:
        """How far below the target, for words like "3 % below"."""
        return -self.gap_share if self.gap_share is not None else None

    @property
    def gap_share(self) -> Decimal | None:
        """The gap as a share of the target."""
        return self.gap / self.target if self.gap is not None and self.target else None


def figure(emissions: Decimal, quantity: Decimal | None = None) -> Decimal:
    """Tonnes, or tonnes per unit to six places where a quantity is given."""
    return emissions if quantity is None else to_places(EXACT.divide(emissions, quantity))


def to_places(value: Decimal) -> Decimal:
    return value.quantize(PLACES, ROUND_HALF_UP, EXACT)


def yearly_rate(total: Decimal, *, years: int, path: Path) -> Decimal:
    """The yearly rate that reduces by `total` (0 to 1) in so many years."""
    if not 0 <= total <= 1 or years < 1:
        raise ValueError(f"{total} in {years} years")
    if path == "linear":
        return EXACT.divide(total, Decimal(years))
    return 1 - EXACT.power(1 - total, EXACT.divide(Decimal(1), Decimal(years))) if total < 1 else Decimal(1)


def reduction_words(path: Path) -> str:
    """What a yearly rate means on a path; `rate` is to be filled in."""
    return gettext("%(rate)s %% of the base year, each year") if path == "linear" else gettext("%(rate)s %% of the year before, each year")


def target(base: Decimal, *, rate: Decimal, years: int, path: Path) -> Decimal:
    """T(y) of the year so many years after the base year, unrounded. A linear path ends at zero."""
    if path == "linear":
        return max(Decimal(0), EXACT.multiply(base, 1 - rate * years))
    return EXACT.multiply(base, EXACT.power(1 - rate, years)) if years else base


def targets(base: Decimal, *, base_year: int, first: int, last: int, total: Decimal, path: Path) -> dict[int, Decimal]:
    """The targets of the years `first` to `last`: the total reduction is reached in the last year, counted from the base year."""
    if not base_year < first <= last:
        raise ValueError(f"base year {base_year}, targets {first} to {last}")
    rate = yearly_rate(total, years=last - base_year, path=path)
    found = {year: to_places(target(base, rate=rate, years=year - base_year, path=path)) for year in range(first, last + 1)}
    # The root of a compounding path is not exact: what was agreed for the last year is.
    found[last] = to_places(EXACT.multiply(base, 1 - total))
    return found


def achieved(base: Decimal, due: Decimal, actual: Decimal) -> Decimal | None:
    """A = (E0 - E) / (E0 - T), raw; None when no reduction was due."""
    return EXACT.divide(base - actual, base - due) if base != due else None


def judge(base: Decimal, targets: Mapping[int, Decimal], reported: Iterable[Progress]) -> Verdict:
    """On track: the latest full year is at or below its target. At risk: at least three quarters of the reduction due are achieved.

    A year with months missing is not judged: a part of a year is always below the whole.
    """
    full = {each.year: each.actual for each in reported if each.year in targets and each.months_covered == 12 and each.actual is not None}
    if not full:
        return Verdict(Track.NO_DATA)
    year = max(full)
    due, actual = targets[year], full[year]
    if actual <= due:
        track = Track.ON_TRACK
    elif base > due and base - actual >= AT_RISK_FROM * (base - due):
        track = Track.AT_RISK
    else:
        track = Track.OFF_TRACK
    return Verdict(track, year, due, actual, achieved(base, due, actual))


def meets_1_5(total: Decimal, *, base_year: int, target_year: int) -> bool:
    """Whether an absolute reduction meets the 1.5 °C line: 4.2 % x (target year - the earlier of base year and 2020)."""
    return total >= required_1_5(base_year=base_year, target_year=target_year)


def required_1_5(*, base_year: int, target_year: int) -> Decimal:
    return min(Decimal(1), LINE_1_5_RATE * (target_year - min(base_year, LINE_1_5_START)))
