"""Whether scores treat suppliers alike, told without telling of anybody."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Campaign
from reports import fairness
from tests.factories import NOW, before_handing_in, create_answer, create_assessment, create_campaign, create_supplier, create_user


@pytest.fixture
def campaign(db) -> Campaign:
    return create_campaign()


def hand_in(campaign: Campaign, count: int, *, score: str = "50.00", evidence: int = 0, value: str = "yes", **supplier: str) -> None:
    signatory = create_user()
    for _ in range(count):
        assessment = create_assessment(
            supplier=create_supplier(**supplier),
            campaign=campaign,
            status="submitted",
            submitted_at=NOW,
            submitted_by=signatory,
            declared=Decimal(score),
            evidenced=Decimal(score),
        )
        with before_handing_in():
            create_answer(assessment=assessment, question="A-01", value={"value": value}, evidence_count=evidence)


def groups(campaign: Campaign, place: int) -> dict[str, int]:
    return {group.name: group.count for group in fairness.dimensions(campaign)[place].groups}


def test_groups_of_fewer_than_five_are_not_shown(campaign):
    hand_in(campaign, 5, headcount_band="micro")
    hand_in(campaign, 4, headcount_band="xlarge")

    assert list(groups(campaign, 0).values()) == [5]


def test_a_group_shows_its_quarters(campaign):
    for score in ("10", "20", "30", "40", "50"):
        hand_in(campaign, 1, score=score, category="media")

    [group] = fairness.dimensions(campaign)[1].groups
    assert (group.quarter, group.median, group.three_quarters) == (20, 30, 40)


def test_paperwork_is_told_from_practice(campaign):
    # Small ones do it and cannot show it; of the others, one in two does not do it.
    hand_in(campaign, 6, headcount_band="small")
    hand_in(campaign, 3, headcount_band="large", evidence=1)
    hand_in(campaign, 3, headcount_band="large", value="no")

    [gap] = fairness.question_gaps(campaign)

    assert gap.code == "A-01"
    assert (gap.small_paper, gap.small_practice) == (1, 0)
    assert (gap.other_paper, gap.other_practice) == (0, Decimal("0.5"))


def test_a_question_that_small_suppliers_fail_by_practice_is_none_of_paperwork(campaign):
    hand_in(campaign, 4, headcount_band="small", value="no")
    hand_in(campaign, 2, headcount_band="small")
    hand_in(campaign, 6, headcount_band="large", evidence=1)

    assert fairness.question_gaps(campaign) == []


def test_questions_with_fewer_than_five_answers_in_a_group_are_left_out(campaign):
    hand_in(campaign, 6, headcount_band="small")
    hand_in(campaign, 4, headcount_band="large", evidence=1)

    assert fairness.question_gaps(campaign) == []


def test_page_costs_the_same_for_few_and_many(client, staff, campaign):
    client.force_login(staff)
    hand_in(campaign, 1, headcount_band="small")
    client.get(reverse("reports:fairness"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("reports:fairness"))
    hand_in(campaign, 20, headcount_band="large", region="Zhejiang")
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("reports:fairness"))

    assert len(many) == len(few)
