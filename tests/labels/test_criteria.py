from datetime import date
from decimal import Decimal

import pytest

from labels.criteria import EVIDENCED, Check, Outcome, Overlooked
from tests.labels.support import AREAS, basis, facts, judged, our_rules, paper


def check_of(outcome: Outcome, key: str) -> Check:
    return next(check for check in outcome.checks if check.key == key)


def test_a_supplier_that_meets_every_criterion_is_a_green_leader() -> None:
    outcome = judged()

    assert outcome.level == "green_leader"
    assert not any(check.missed for check in outcome.checks)


def test_the_highest_level_met_is_the_outcome() -> None:
    outcome = judged(basis=basis(total=Decimal("79.99")))

    assert outcome.level == "green"
    assert outcome.missed("green_leader") == ("total",)
    assert check_of(outcome, "total").shortfall("green_leader") == Decimal("0.01")


def test_a_score_on_the_threshold_meets_it() -> None:
    assert judged(basis=basis(total=Decimal("80.00"))).level == "green_leader"


def test_one_weak_area_keeps_the_level_away() -> None:
    scores = dict.fromkeys(AREAS, "90.00") | {"labor": "39.99"}

    outcome = judged(basis=basis()._replace(areas=scores))

    assert outcome.level == ""
    assert outcome.missed("green") == ("area_labor",)


def test_an_area_that_is_not_asked_of_the_supplier_does_not_count() -> None:
    scores = dict.fromkeys(AREAS, "90.00") | {"E6": None}

    outcome = judged(basis=basis()._replace(areas=scores))

    assert outcome.level == "green_leader"
    assert not check_of(outcome, "area_E6").applies


def test_thresholds_differ_by_category() -> None:
    total = Decimal("62.00")
    papers = [paper("iso_14001"), paper("pue_report")]

    services, cloud = (
        judged(category=category, basis=basis(total=total, areas="70.00"), papers=papers) for category in ("services", "cloud_dc")
    )

    assert check_of(services, "total").missed == ("green_leader",)
    assert check_of(cloud, "total").missed == ("green", "green_leader")


def test_scores_before_the_review_are_shown_and_lead_to_no_label() -> None:
    outcome = judged(basis=basis(score=EVIDENCED, closed_on=None))

    assert check_of(outcome, "total").source == EVIDENCED
    assert outcome.level == ""
    assert outcome.missed("green") == ("review",)


@pytest.mark.parametrize(("closed_on", "level"), [(date(2024, 12, 1), "green_leader"), (date(2024, 11, 30), "")])
def test_a_review_counts_for_eighteen_months(closed_on: date, level: str) -> None:
    assert judged(basis=basis(closed_on=closed_on)).level == level


def test_a_supplier_without_an_assessment_misses_what_an_assessment_shows() -> None:
    outcome = judged(basis=None)

    assert outcome.level == ""
    assert {"review", "total", "code_accepted", *(f"area_{area}" for area in AREAS)} <= set(outcome.missed("green"))


@pytest.mark.parametrize("gate", ["T-13-code-not-accepted", "E1-12-red-or-black-rating", "E1-04-permit-expired"])
def test_a_gate_that_is_hit_suspends(gate: str) -> None:
    outcome = judged(gates={gate: 7})

    assert outcome.level == ""
    assert len(outcome.suspends) == 1
    assert check_of(outcome, outcome.suspends[0]).refs == (7,)


@pytest.mark.parametrize("state", ["suspended", "offboarded"])
def test_a_supplier_out_of_business_with_us_is_suspended(state: str) -> None:
    assert judged(state=state).suspends == ("in_business",)


def test_an_open_critical_finding_suspends() -> None:
    outcome = judged(critical_findings=(3, 5))

    assert outcome.suspends == ("no_critical_finding",)
    assert check_of(outcome, "no_critical_finding").refs == (3, 5)


def test_a_major_finding_counts_when_its_date_has_passed() -> None:
    on, opened = date(2026, 6, 1), date(2026, 5, 1)

    assert judged(on, major_findings=[(1, date(2026, 6, 1), opened)]).level == "green_leader"
    assert judged(on, major_findings=[(1, date(2026, 5, 31), opened)]).missed("green") == ("majors_in_time",)


def test_a_major_finding_without_a_date_has_ninety_days() -> None:
    finding = (1, None, date(2026, 3, 3))

    assert judged(date(2026, 6, 1), major_findings=[finding]).level == "green_leader"
    assert judged(date(2026, 6, 2), major_findings=[finding]).level == ""


def test_a_violation_counts_for_twelve_months() -> None:
    violations = [(9, date(2025, 6, 2))]

    assert judged(date(2026, 6, 1), violations=violations).missed("green") == ("no_violation",)
    assert judged(date(2026, 6, 2), violations=violations).level == "green_leader"


def test_a_permit_is_asked_of_those_who_need_one() -> None:
    spared = judged()
    asked = judged(answers={("E1-02", "value"): "key_management"})

    assert not check_of(spared, "permit_on_file").applies
    assert asked.suspends == ("permit_on_file",)


def test_a_permit_in_date_meets_the_gate() -> None:
    papers = [paper(), paper("discharge_permit", document_id=2, valid_to=date(2026, 6, 1))]
    answers = {("E1-02", "value"): "simplified_management"}

    assert judged(date(2026, 6, 1), papers=papers, answers=answers).level == "green_leader"
    expired = judged(date(2026, 6, 2), papers=papers, answers=answers)
    assert expired.suspends == ("permit_on_file",)
    assert check_of(expired, "permit_on_file").value == "2026-06-01"


def test_of_several_certificates_the_one_that_lasts_longest_counts() -> None:
    papers = [paper(document_id=1, valid_to=date(2026, 7, 1)), paper(document_id=2, valid_to=date(2027, 7, 1))]

    assert check_of(judged(papers=papers), "qualification_services").refs == (2,)


def test_a_certificate_that_is_not_valid_yet_does_not_count() -> None:
    outcome = judged(papers=[paper(valid_from=date(2026, 7, 1))])

    assert "qualification_services" in outcome.missed("green")


def test_a_pue_report_counts_for_fifteen_months_from_its_first_day() -> None:
    report = paper("pue_report", valid_from=date(2025, 3, 1), valid_to=None)

    assert check_of(judged(date(2026, 6, 1), category="cloud_dc", papers=[report]), "qualification_pue").missed == ()
    assert check_of(judged(date(2026, 6, 2), category="cloud_dc", papers=[report]), "qualification_pue").missed == ("green", "green_leader")


def test_a_small_services_firm_needs_no_certificate_for_the_first_level() -> None:
    assert judged(headcount="small", papers=[]).level == "green"
    assert judged(headcount="medium", papers=[]).level == ""


def test_a_leader_in_logistics_has_a_pilot_in_force() -> None:
    papers = [paper("iso_14001")]

    assert judged(category="logistics", papers=papers).level == "green"
    assert judged(category="logistics", papers=papers, agreements=[(4, date(2028, 12, 31))]).level == "green_leader"


@pytest.mark.parametrize("category", ["media", "events", "services", "engineering", "office_it", "logistics", "cloud_dc"])
def test_every_category_can_reach_the_highest_level(category: str) -> None:
    papers = [paper(kind, document_id=number) for number, kind in enumerate(our_rules().paper_kinds)]
    papers = [one._replace(valid_from=date(2026, 1, 1)) for one in papers]

    figures = {("E4-16", "pue"): "1.25", ("E4-08", "share"): "60"}
    assert judged(category=category, papers=papers, agreements=[(1, date(2028, 1, 1))], answers=figures).level == "green_leader"


@pytest.mark.parametrize(
    ("pue", "missed"),
    [
        ("1.3", ()),
        ("1.31", ("green_leader",)),
        ("1.50", ("green_leader",)),
        ("1.51", ("green", "green_leader")),
        (None, ("green", "green_leader")),
    ],
)
def test_a_limit_is_held_up_to_its_last_digit(pue: str | None, missed: tuple[str, ...]) -> None:
    answers = {("E4-16", "pue"): pue} if pue else {}

    assert check_of(judged(category="cloud_dc", answers=answers), "limit_pue").missed == missed


@pytest.mark.parametrize("figure", ["much", "NaN", "Infinity", ""])
def test_what_is_no_figure_counts_as_none_given(figure: str) -> None:
    check = check_of(judged(category="cloud_dc", answers={("E4-08", "share"): figure}), "share_renewable")

    assert (check.value, check.missed) == (None, ("green_leader",))


def test_what_people_decided_to_overlook_is_missed_no_more_up_to_its_level() -> None:
    overlooked = {"qualification_services": Overlooked("exception", 1, "green")}
    outcome = judged(papers=[], overlooked=overlooked)
    check = check_of(outcome, "qualification_services")

    assert (outcome.level, check.missed, check.overlooked) == ("green", ("green_leader",), "exception")
    assert Check.from_json(check.to_json()) == check


def test_the_result_says_the_same_on_later_days_until_something_changes() -> None:
    """So that the nightly evaluation writes nothing where nothing happened."""
    missing = facts(papers=[paper(valid_to=date(2026, 5, 1))], major_findings=[(1, date(2026, 1, 1), date(2025, 12, 1))])

    first, later = (judged(on, **missing._asdict()) for on in (date(2026, 6, 1), date(2026, 8, 1)))

    assert first.to_json() == later.to_json()


def test_a_check_survives_being_stored() -> None:
    for check in judged(basis=basis(total=Decimal("61.20")), papers=[]).checks:
        assert Check.from_json(check.to_json()) == check


def test_every_missed_criterion_says_what_would_meet_it() -> None:
    outcome = judged(
        basis=None,
        papers=[],
        category="logistics",
        state="suspended",
        critical_findings=(1,),
        major_findings=[(2, date(2020, 1, 1), date(2020, 1, 1))],
        violations=[(3, date(2026, 1, 1))],
        gates={"E1-12-red-or-black-rating": 4},
    )

    for check in outcome.checks:
        if check.missed:
            assert our_rules().rule_of[check.key].criterion.remedy(check).key
