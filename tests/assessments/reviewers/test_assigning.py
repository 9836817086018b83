"""Who gets a case: by rule, by hand, and how near it is due."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.models import Role, User
from assessments.models import Absence, Assessment, AssignmentRule, ReviewAssignment, ReviewPlan
from assessments.review import reviewing
from assessments.reviewers import assigning, assignment_rules
from assessments.reviewers.board import board
from assessments.reviewers.deadlines import queue_with_deadlines
from assessments.submission.submitting import submit_assessment
from assessments.tasks import assign_review
from audit.models import Event
from runs import engine
from runs.calendar import buyers_day
from runs.models import Run
from runs.registry import job_of
from suppliers.models import BuyingUnit, Interest, Supplier
from tests.factories import NOW, create_assessment, create_campaign, create_supplier, create_user


@pytest.fixture
def rita(reviewer: User) -> User:
    return reviewer


@pytest.fixture
def mara(db: None) -> User:
    return create_user(role=Role.REVIEWER, name="Mara Moth")


def rule(*people: User, category: str = "", unit: BuyingUnit | None = None) -> AssignmentRule:
    return assignment_rules.save_rule(rule=None, category=category, unit=unit, reviewers=people, by=people[0], at=NOW)


def submitted(owner: User, **fields: Any) -> Assessment:
    return create_assessment(**{"status": "submitted", "submitted_at": NOW, "submitted_by": owner} | fields)


def assign(*cases: Assessment) -> int:
    return assigning.assign_by_rules([case.pk for case in cases], at=NOW)


def reviewer_of(case: Assessment) -> User | None:
    return Assessment.objects.get(pk=case.pk).reviewer


# --- by rule ----------------------------------------------------------------------------------------------------------


def test_a_case_goes_to_whom_the_rule_for_its_category_names(owner: User, rita: User, mara: User) -> None:
    rule(rita, category="cloud_dc")
    rule(mara, category="media")
    case = submitted(owner, supplier=create_supplier(category="media"))

    assert assign(case) == 1

    step = ReviewAssignment.objects.get()
    assert reviewer_of(case) == mara
    assert (step.reviewer, step.why, step.rule) == (mara, "rule", 2)
    assert Event.objects.filter(action="assessment.assigned", target_id=str(case.pk)).count() == 1


def test_a_case_of_a_buying_unit_goes_to_its_reviewers(owner: User, rita: User, mara: User) -> None:
    unit = BuyingUnit.objects.create(code="GAMES", name_en="Games")
    rule(rita, unit=unit)
    rule(mara)
    inside, outside = create_supplier(), create_supplier()
    inside.units.add(unit)
    cases = submitted(owner, supplier=inside), submitted(owner, supplier=outside)

    assign(*cases)

    assert [reviewer_of(case) for case in cases] == [rita, mara]


def test_load_counts_open_reviews_only(owner: User, rita: User, mara: User) -> None:
    submitted(owner, status="in_review", reviewer=rita)
    for _number in range(3):
        submitted(owner, status="closed", reviewer=mara, closed_by=mara, closed_at=NOW)
    rule(rita, mara)
    case = submitted(owner)

    assign(case)

    assert reviewer_of(case) == mara


def test_without_rules_a_case_is_nobodys(owner: User) -> None:
    case = submitted(owner)

    assert assign(case) == 0
    assert reviewer_of(case) is None


def test_assigning_twice_gives_once(owner: User, rita: User) -> None:
    rule(rita)
    case = submitted(owner)

    assert (assign(case), assign(case)) == (1, 0)
    assert ReviewAssignment.objects.count() == 1


def test_nothing_lands_on_the_absent_until_they_are_back(owner: User, rita: User, mara: User) -> None:
    day = NOW.date()
    assignment_rules.set_away(person=rita, first_day=day, last_day=day + timedelta(days=2), by=rita, at=NOW)
    rule(rita)
    rule(mara)
    first, second = submitted(owner), submitted(owner)

    assign(first)
    assigning.assign_by_rules([second.pk], at=NOW + timedelta(days=3))

    assert (reviewer_of(first), reviewer_of(second)) == (mara, rita)


def test_what_comes_back_from_the_supplier_goes_to_its_reviewer_unless_that_one_is_away(owner: User, rita: User, mara: User) -> None:
    rule(mara)
    known, orphan = submitted(owner, reviewer=rita), submitted(owner, reviewer=rita)

    assign(known)
    Absence.objects.create(user=rita, first_day=NOW.date(), last_day=NOW.date(), set_by=rita, set_at=NOW)
    assign(orphan)

    assert (reviewer_of(known), reviewer_of(orphan)) == (rita, mara)


def test_what_somebody_put_back_is_not_given_to_that_person_again(owner: User, rita: User, mara: User) -> None:
    rule(rita)
    case = submitted(owner, status="in_review", reviewer=rita)
    reviewing.give_back(assessment_id=case.pk, by=rita, at=NOW)

    assert assign(case) == 0
    rule(mara)
    assign(case)

    assert reviewer_of(case) == mara


def test_a_run_gives_out_what_is_nobodys(owner: User, rita: User, mara: User, django_assert_max_num_queries: Any) -> None:
    rule(rita, mara)
    campaign = create_campaign()
    cases = [submitted(owner, campaign=campaign, supplier=create_supplier()) for _number in range(30)]

    # Rules and their people, the lock, who is free, cases, conflicts, units, who gave back, loads, the update, steps, events; savepoints.
    with django_assert_max_num_queries(16):
        assert assign(*cases) == 30

    assert assigning.loads() == {rita.pk: 15, mara.pk: 15}


def test_the_job_is_registered_and_plans_what_waits(owner: User, rita: User) -> None:
    rule(rita)
    case, taken = submitted(owner), submitted(owner, reviewer=rita)

    run = engine.start("assign_reviews", by=rita, at=NOW)
    [plan] = job_of(run.kind).plan(run)

    assert plan.payload == {"ids": [case.pk]}
    assert taken.pk not in plan.payload["ids"]


def test_a_submission_asks_for_a_reviewer(
    owner: User, rita: User, supplier: Supplier, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assign_review, "delay", assign_review)
    rule(rita)
    case = create_assessment(supplier=supplier, status="in_progress")

    with django_capture_on_commit_callbacks(execute=True):
        submit_assessment(assessment_id=case.pk, by=owner, name="Olive", job_title="Manager", statement="True.", at=NOW)

    assert reviewer_of(case) == rita


# --- taking what is given ---------------------------------------------------------------------------------------------


def test_who_was_given_a_case_begins_it_and_nobody_else(owner: User, rita: User, mara: User) -> None:
    case = submitted(owner, reviewer=rita)

    with pytest.raises(reviewing.TakenByAnother) as refusal:
        reviewing.take(assessment_id=case.pk, by=mara, at=NOW)
    reviewing.take(assessment_id=case.pk, by=rita, at=NOW)

    assert refusal.value.reviewer == rita
    assert Assessment.objects.get(pk=case.pk).status == "in_review"


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_cases_change_hands_with_a_reason(owner: User, rita: User, mara: User, staff: User) -> None:
    begun, waiting = submitted(owner, status="in_review", reviewer=rita), submitted(owner, reviewer=rita)
    hers, closed = submitted(owner, reviewer=mara), submitted(owner, status="closed", reviewer=rita, closed_by=rita, closed_at=NOW)
    ids = [case.pk for case in (begun, waiting, hers, closed)]

    with pytest.raises(assigning.ReasonMissing):
        assigning.reassign(ids=ids, to=mara, reason=" ", by=staff, at=NOW)
    done = assigning.reassign(ids=ids, to=mara, reason="Rita leaves us.", by=staff, at=NOW)

    assert done == assigning.Reassigned(moved=2, conflicts=0, unchanged=1)
    assert [reviewer_of(case) for case in (begun, waiting, closed)] == [mara, mara, rita]
    assert Assessment.objects.get(pk=begun.pk).status == "in_review"
    assert {step.reason for step in ReviewAssignment.objects.filter(why="by_hand")} == {"Rita leaves us."}


def test_a_case_is_not_given_to_who_is_away_or_does_not_review(owner: User, rita: User, auditor: User, staff: User) -> None:
    case = submitted(owner)
    Absence.objects.create(user=rita, first_day=NOW.date(), last_day=NOW.date(), set_by=rita, set_at=NOW)

    for person in (rita, auditor):
        with pytest.raises(assigning.Unavailable):
            assigning.reassign(ids=[case.pk], to=person, reason="She knows them.", by=staff, at=NOW)


def test_the_database_lets_an_assignment_by_hand_without_reason_not_stand(owner: User, rita: User) -> None:
    case = submitted(owner)

    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewAssignment.objects.create(assessment=case, reviewer=rita, why="by_hand", assigned_by=rita, at=NOW)


def test_the_ticked_cases_are_given_to_somebody_in_the_browser(client: Client, owner: User, rita: User, mara: User, staff: User) -> None:
    cases = [submitted(owner, reviewer=rita) for _number in range(3)]
    url = reverse("assessments:review_reassign")
    client.force_login(staff)

    asked = client.post(url, {"case": [cases[0].pk, cases[1].pk]})
    refused = client.post(url, {"case": [cases[0].pk, cases[1].pk], "to": mara.pk, "reason": ""})
    done = client.post(url, {"case": [cases[0].pk, cases[1].pk], "to": mara.pk, "reason": "Even out."}, follow=True)

    assert "Give 2 cases to somebody" in asked.text
    assert refused.status_code == 422
    assert "2 cases went to Mara Moth." in done.text
    assert [reviewer_of(case) for case in cases] == [mara, mara, rita]


def test_all_that_the_filter_finds_is_given_and_nothing_else(client: Client, owner: User, rita: User, mara: User, staff: User) -> None:
    media, other = (submitted(owner, supplier=create_supplier(category=each)) for each in ("media", "logistics"))
    client.force_login(staff)

    client.post(reverse("assessments:review_reassign") + "?category=media", {"all": "1", "to": mara.pk, "reason": "Hers."})

    assert (reviewer_of(media), reviewer_of(other)) == (mara, None)


def test_many_change_hands_in_a_run(client: Client, owner: User, mara: User, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessments.views.review_queue.REASSIGNED_AT_ONCE", 1)
    cases = [submitted(owner), submitted(owner)]
    client.force_login(staff)

    response = client.post(reverse("assessments:review_reassign"), {"all": "1", "to": mara.pk, "reason": "Hers."})

    run = Run.objects.get()
    assert response.url == run.get_absolute_url()
    [plan] = job_of(run.kind).plan(run)
    assert plan.payload["ids"] == [case.pk for case in cases]


# --- deadlines --------------------------------------------------------------------------------------------------------


def test_a_review_is_due_so_many_days_after_the_submission_as_the_campaign_says(owner: User) -> None:
    planned, plain = submitted(owner), submitted(owner)
    ReviewPlan.objects.create(campaign=planned.campaign, days=5, soon_days=2)

    def paces(days: int) -> list[tuple[date, str]]:
        rows = queue_with_deadlines(at=NOW + timedelta(days=days)).order_by("pk")
        return [(row.review_due_on, row.pace) for row in rows]

    assert paces(2) == [(date(2026, 6, 6), "on_time"), (date(2026, 6, 15), "on_time")]
    assert [pace for _due, pace in paces(3)] == ["due_soon", "on_time"]
    assert [pace for _due, pace in paces(5)] == ["due_soon", "on_time"]
    assert [pace for _due, pace in paces(6)] == ["overdue", "on_time"]
    assert [pace for _due, pace in paces(15)] == ["overdue", "overdue"]
    assert plain.campaign_id != planned.campaign_id


def test_a_review_is_due_by_the_buyers_calendar(owner: User) -> None:
    """Eleven at night in London is the next morning in Shanghai."""
    submitted(owner, submitted_at=NOW.replace(hour=23))

    assert queue_with_deadlines(at=NOW).get().review_due_on == date(2026, 6, 16)


# --- the pages --------------------------------------------------------------------------------------------------------


def test_the_board_counts_open_soon_and_overdue_by_reviewer(owner: User, rita: User, mara: User) -> None:
    campaign = create_campaign()
    for days, person, status in ((20, rita, "in_review"), (12, rita, "submitted"), (1, rita, "submitted"), (1, None, "submitted")):
        at = NOW - timedelta(days=days)
        submitted(owner, campaign=campaign, supplier=create_supplier(), reviewer=person, status=status, submitted_at=at)
    Absence.objects.create(user=mara, first_day=NOW.date(), last_day=NOW.date(), set_by=mara, set_at=NOW)

    found = board(at=NOW)

    nobody, first, second = found.desks
    assert (nobody.reviewer, nobody.later) == (None, 1)
    assert (first.reviewer, first.overdue, first.soon, first.later, first.begun) == (rita, 1, 1, 1, 1)
    assert (second.reviewer, second.open, second.away_until) == (mara, 0, NOW.date())
    assert (found.open, found.overdue, found.nobodys) == (4, 1, 1)


def test_the_board_costs_the_same_for_one_and_for_many(
    client: Client, owner: User, rita: User, staff: User, django_assert_num_queries: Any
) -> None:
    campaign, url = create_campaign(), reverse("assessments:review_board")
    submitted(owner, campaign=campaign, supplier=create_supplier(), reviewer=rita)
    client.force_login(staff)
    client.get(url)
    for _number in range(20):
        someone = create_user(role=Role.REVIEWER)
        submitted(owner, campaign=campaign, supplier=create_supplier(), reviewer=someone)

    # session, user, counts, people, who is away, absences
    with django_assert_num_queries(6):
        client.get(url)


def test_the_queue_is_narrowed_by_person_pace_and_unit(client: Client, owner: User, rita: User, staff: User) -> None:
    unit = BuyingUnit.objects.create(code="GAMES", name_en="Games")
    lantern, kite = create_supplier(name_en="Lantern Ltd"), create_supplier(name_en="Kite Ltd")
    lantern.units.add(unit)
    submitted(owner, supplier=lantern, reviewer=rita, submitted_at=timezone.now())
    submitted(owner, supplier=kite, submitted_at=timezone.now() - timedelta(days=100))
    client.force_login(staff)

    def found(**query: Any) -> tuple[bool, bool]:
        text = client.get(reverse("assessments:review_queue"), query).text
        return "Lantern Ltd" in text, "Kite Ltd" in text

    assert found(reviewer=rita.pk) == (True, False)
    assert found(whose="free") == (False, True)
    assert found(due="overdue") == (False, True)
    assert found(unit=unit.pk) == (True, False)


def test_the_export_holds_what_the_page_finds(client: Client, owner: User, rita: User, staff: User) -> None:
    kite = create_supplier(name_en="Kite Ltd", category="media")
    submitted(owner, supplier=kite, reviewer=rita)
    submitted(owner, supplier=create_supplier(category="logistics"))
    client.force_login(staff)

    response = client.post(reverse("assessments:review_queue_file") + "?category=media", {"purpose": "review"})

    rows = CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == ["Supplier", "Kite Ltd"]
    line = dict(zip(rows[0], rows[1], strict=True))
    assert line["Due"] == date(2026, 6, 15)
    assert line["Reviewer"] == "Rita Reviewer"
    assert "Evidence coverage" in line
    [event] = Event.objects.filter(action="portfolio.exported")
    assert (event.supplier_id, event.detail["why"]) == (kite.pk, {"purpose": "review"})


def test_rules_are_made_moved_and_deleted_in_the_browser(client: Client, rita: User, mara: User, staff: User) -> None:
    client.force_login(staff)
    new = reverse("assessments:review_rule_new")

    client.post(new, {"category": "media", "unit": "", "reviewers": [rita.pk]})
    refused = client.post(new, {"category": "nonsense", "reviewers": []})
    client.post(new, {"category": "", "unit": "", "reviewers": [rita.pk, mara.pk]})
    first, second = AssignmentRule.objects.order_by("position")
    client.post(reverse("assessments:review_rule_move", args=[second.pk]), {"to": "up"})
    client.post(reverse("assessments:review_rule_move", args=[second.pk]), {"to": "up"})

    assert refused.status_code == 200
    assert [rule.pk for rule in AssignmentRule.objects.order_by("position")] == [second.pk, first.pk]
    client.post(reverse("assessments:review_rule", args=[second.pk]), {"category": "events", "unit": "", "reviewers": [mara.pk]})
    second.refresh_from_db()
    assert (second.category, [each.reviewer for each in second.reviewers.all()]) == ("events", [mara])
    client.post(reverse("assessments:review_rule_delete", args=[first.pk]))
    assert AssignmentRule.objects.get() == second
    assert Event.objects.filter(action="assignment_rule.changed").count() == 5


def test_a_plan_that_cannot_be_written_down_is_not_saved(staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: Any, **_kwargs: Any) -> None:
        raise OSError("the trail is full")

    monkeypatch.setattr(assignment_rules.trail, "record", fails)

    with pytest.raises(OSError, match="full"):
        assignment_rules.save_plan(plan=ReviewPlan(campaign=create_campaign(), days=9), by=staff, at=NOW)

    assert not ReviewPlan.objects.exists()


def test_the_plan_of_a_campaign_is_changed_within_bounds(client: Client, staff: User) -> None:
    campaign = create_campaign()
    url = reverse("assessments:review_plan", args=[campaign.pk])
    sample = {"second_share": "10", "second_minimum": "1"}
    client.force_login(staff)

    assert "Fewer days than the review itself has." in client.post(url, {"days": "3", "soon_days": "3", "escalate_days": "7"} | sample).text
    assert "This field is required." in client.post(url, {"days": "", "soon_days": "3", "escalate_days": "7"} | sample).text
    assert not ReviewPlan.objects.exists()
    client.post(url, {"days": "10", "soon_days": "3", "escalate_days": "7"} | sample)
    client.post(url, {"days": "11", "soon_days": "3", "escalate_days": "7"} | sample)

    too_many = client.post(url, {"days": "10", "soon_days": "3", "escalate_days": "7"} | sample | {"second_share": "101"})
    assert "less than or equal to 100" in too_many.text
    plan = ReviewPlan.objects.get()
    assert (plan.days, plan.second_share) == (11, 10)


def test_a_reviewer_enters_and_ends_an_own_absence_and_nobody_elses(client: Client, rita: User, mara: User) -> None:
    today = buyers_day(timezone.now())
    client.force_login(rita)
    url = reverse("assessments:absence_new")
    before = {"first_day": today + timedelta(days=3), "last_day": today + timedelta(days=1)}

    assert "The last day lies before the first." in client.post(url, before).text
    assert "This day has passed." in client.post(url, {"first_day": "2020-01-01", "last_day": "2020-01-05"}).text
    client.post(url, {"person": mara.pk, "first_day": today, "last_day": today})
    absence = Absence.objects.get()
    hers = Absence.objects.create(user=mara, first_day=today, last_day=today, set_by=mara, set_at=NOW)
    ended = client.post(reverse("assessments:absence_end", args=[hers.pk]))
    client.post(reverse("assessments:absence_end", args=[absence.pk]))

    assert absence.user == rita
    assert ended.status_code == 403
    assert list(Absence.objects.all()) == [hers]


def test_the_workbench_says_how_a_case_came_to_its_reviewer(client: Client, owner: User, rita: User, mara: User) -> None:
    case = submitted(owner, reviewer=rita)
    assigning.reassign(ids=[case.pk], to=mara, reason="Rita leaves us.", by=rita, at=NOW)
    client.force_login(rita)

    text = client.get(reverse("assessments:review_area", args=[case.pk, "A"])).text

    assert "This assessment waits for Mara Moth." in text
    assert "Rita leaves us." in text
    assert Interest.objects.count() == 0
