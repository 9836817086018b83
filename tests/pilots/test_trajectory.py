import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilots.trajectory import (
    Progress,
    Track,
    achieved,
    figure,
    judge,
    meets_1_5,
    required_1_5,
    target,
    targets,
    yearly_rate,
)


TEN_YEARS = {"base": Decimal(1), "rate": Decimal("0.042"), "years": 10}


def test_the_same_rate_leaves_0_580_or_0_651_of_the_base() -> None:
    assert target(Decimal(1), rate=Decimal("0.042"), years=10, path="linear") == Decimal("0.580")
    assert round(target(Decimal(1), rate=Decimal("0.042"), years=10, path="compounding"), 3) == Decimal("0.651")


def test_a_total_reduction_gives_its_yearly_rate() -> None:
    assert yearly_rate(Decimal("0.42"), years=10, path="linear") == Decimal("0.042")
    assert round(yearly_rate(Decimal("0.42"), years=10, path="compounding"), 4) == Decimal("0.0530")
    assert yearly_rate(Decimal(1), years=5, path="compounding") == 1


def test_a_linear_path_goes_down_by_the_same_tonnes() -> None:
    found = targets(Decimal(1000), base_year=2023, first=2024, last=2028, total=Decimal("0.5"), path="linear")

    assert found == {2024: 900, 2025: 800, 2026: 700, 2027: 600, 2028: 500}


def test_a_compounding_path_goes_down_by_the_same_share_and_ends_where_agreed() -> None:
    found = targets(Decimal(1000), base_year=2023, first=2024, last=2028, total=Decimal("0.5"), path="compounding")

    assert found[2028] == 500
    shares = [found[year] / found[year - 1] for year in range(2025, 2029)]
    assert max(shares) - min(shares) < Decimal("0.000001")


@pytest.mark.parametrize(("base_year", "first", "last"), [(2024, 2024, 2028), (2023, 2028, 2024)])
def test_years_out_of_order_are_refused(base_year: int, first: int, last: int) -> None:
    with pytest.raises(ValueError, match="base year"):
        targets(Decimal(1), base_year=base_year, first=first, last=last, total=Decimal("0.5"), path="linear")


@given(
    base=st.decimals(min_value=1, max_value=10**9, places=3),
    total=st.decimals(min_value=0, max_value=1, places=4),
    years=st.integers(min_value=1, max_value=30),
    path=st.sampled_from(["linear", "compounding"]),
)
def test_targets_never_rise_never_fall_below_zero_and_end_at_the_total(base, total, years, path) -> None:
    found = targets(base, base_year=2020, first=2021, last=2020 + years, total=total, path=path)
    values = [base, *found.values()]

    assert all(later <= earlier for earlier, later in itertools.pairwise(values))
    assert min(values) >= 0
    assert abs(found[2020 + years] - base * (1 - total)) <= Decimal("0.000001")


TARGETS = {2024: Decimal(900), 2025: Decimal(800)}


@pytest.mark.parametrize(
    ("actual", "track"),
    [("800", Track.ON_TRACK), ("750", Track.ON_TRACK), ("801", Track.AT_RISK), ("850", Track.AT_RISK), ("850.01", Track.OFF_TRACK)],
)
def test_the_latest_full_year_decides(actual: str, track: Track) -> None:
    verdict = judge(Decimal(1000), TARGETS, [Progress(2024, Decimal(1200)), Progress(2025, Decimal(actual))])

    assert (verdict.track, verdict.year, verdict.target) == (track, 2025, 800)
    assert verdict.gap == Decimal(actual) - 800
    assert verdict.achieved == (1000 - Decimal(actual)) / 200


def test_a_year_with_months_missing_is_not_judged() -> None:
    verdict = judge(Decimal(1000), TARGETS, [Progress(2024, Decimal(900)), Progress(2025, Decimal(300), months_covered=9)])

    assert (verdict.track, verdict.year) == (Track.ON_TRACK, 2024)


def test_nothing_reported_is_no_verdict() -> None:
    assert judge(Decimal(1000), TARGETS, []).track == Track.NO_DATA
    assert judge(Decimal(1000), TARGETS, [Progress(2030, Decimal(1))]).track == Track.NO_DATA
    assert judge(Decimal(1000), TARGETS, [Progress(2025, None)]).track == Track.NO_DATA


def test_where_no_reduction_was_due_only_the_target_counts() -> None:
    flat = {2024: Decimal(1000)}

    assert judge(Decimal(1000), flat, [Progress(2024, Decimal(1000))]).track == Track.ON_TRACK
    assert judge(Decimal(1000), flat, [Progress(2024, Decimal(1001))]).track == Track.OFF_TRACK
    assert achieved(Decimal(1000), Decimal(1000), Decimal(900)) is None


def test_the_gap_is_a_share_of_the_target() -> None:
    verdict = judge(Decimal(1000), TARGETS, [Progress(2025, Decimal(820))])

    assert verdict.gap_share == Decimal("0.025")


def test_an_intensity_divides_by_the_quantity() -> None:
    assert figure(Decimal(1000), Decimal(3)) == Decimal("333.333333")
    assert figure(Decimal(1000)) == 1000


@pytest.mark.parametrize(
    ("base_year", "target_year", "required"), [(2020, 2030, "0.42"), (2019, 2030, "0.462"), (2020, 2034, "0.588"), (2024, 2030, "0.42")]
)
def test_the_1_5_line_gives_no_discount_for_a_late_base_year(base_year: int, target_year: int, required: str) -> None:
    assert required_1_5(base_year=base_year, target_year=target_year) == Decimal(required)
    assert meets_1_5(Decimal(required), base_year=base_year, target_year=target_year)
    assert not meets_1_5(Decimal(required) - Decimal("0.001"), base_year=base_year, target_year=target_year)
