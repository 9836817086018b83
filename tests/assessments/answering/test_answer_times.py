"""How long it takes: guessed, then measured from what people did, and the page says which."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.urls import reverse

from assessments.answering import answer_times
from assessments.answering.answer_times import Estimate
from assessments.answering.worksheet import open_worksheet
from assessments.models import Answer, AnswerTime, Assessment
from assessments.questionnaires import questionnaire
from assessments.questionnaires.names import Facts
from assessments.scoring import scorer
from assessments.teamwork.team_notes import notes_of
from tests.factories import (
    NOW,
    create_answer,
    create_assessment,
    create_campaign,
    create_questionnaire,
    create_site,
    create_supplier,
    create_user,
)


SOURCE = Path(settings.BASE_DIR) / "assessments/questionnaires/supplier-esg-code-2026.1.yaml"


@pytest.fixture
def campaign(db: None) -> Any:
    return create_campaign(questionnaire=create_questionnaire())


def sheet(campaign: Any, by: Any, *saves: tuple[str, float]) -> Assessment:
    """An assessment in which one person saved these questions, so many seconds after the start."""
    assessment = create_assessment(campaign=campaign, status="in_progress", started_at=NOW)
    for question, seconds in saves:
        at = NOW + timedelta(seconds=seconds)
        answer, is_new = Answer.objects.get_or_create(
            assessment=assessment, question=question, defaults={"value": {"value": "yes"}, "updated_by": by, "updated_at": at}
        )
        if not is_new:
            answer.value, answer.version, answer.updated_at = {"value": f"{seconds}"}, answer.version + 1, at
            answer.save()
    return assessment


def measured(campaign: Any) -> dict[str, tuple[int, int]]:
    answer_times.measure(campaign.questionnaire_id, at=NOW)
    return {code: (seconds, answers) for code, seconds, answers in AnswerTime.objects.values_list("question", "seconds", "answers")}


def test_a_question_takes_the_time_since_the_save_before(campaign):
    for seconds in (20, 30, 70):
        sheet(campaign, create_user(), ("A-01", 0), ("B-01", seconds))

    # The first save of a sitting tells nothing: nobody knows when the person began.
    assert measured(campaign) == {"B-01": (30, 3)}


def test_several_saves_of_one_question_are_one_time(campaign):
    sheet(campaign, create_user(), ("A-01", 0), ("B-01", 10), ("B-01", 25), ("B-01", 40))

    assert measured(campaign) == {"B-01": (40, 1)}


def test_a_pause_over_ten_minutes_is_no_answering(campaign):
    person = create_user()
    sheet(campaign, person, ("A-01", 0), ("B-01", 599), ("A-02", 599 + 601))

    assert measured(campaign) == {"B-01": (599, 1)}


def test_what_was_saved_together_or_faster_than_a_person_can_is_not_timed(campaign):
    sheet(campaign, create_user(), ("A-01", 0), ("A-02", 30), ("B-01", 30))
    sheet(campaign, create_user(), ("A-01", 0), ("B-01", 0.2))

    assert measured(campaign) == {}


def test_two_people_in_one_form_are_timed_each_for_himself(campaign):
    assessment = sheet(campaign, create_user(), ("A-01", 0), ("B-01", 60))
    between = NOW + timedelta(seconds=59)
    Answer.objects.create(assessment=assessment, question="A-02", value={}, updated_by=create_user(), updated_at=between)

    assert measured(campaign) == {"B-01": (60, 1)}


def test_measuring_again_replaces_what_was_measured(campaign):
    sheet(campaign, create_user(), ("A-01", 0), ("B-01", 60))
    measured(campaign)
    sheet(campaign, create_user(), ("A-01", 0), ("B-01", 20))

    assert measured(campaign) == {"B-01": (40, 2)}


def test_the_nightly_run_measures_each_published_questionnaire(campaign):
    from assessments.jobs import MeasureAnswerTimes
    from runs.models import Chunk, Run

    create_questionnaire(status="draft", published_at=None)
    run = Run.objects.create(kind="measure_answer_times", created_at=NOW)

    [plan] = MeasureAnswerTimes().plan(run)

    assert plan.payload == {"ids": [campaign.questionnaire_id]}
    assert MeasureAnswerTimes().work(run, Chunk(run=run, number=0, payload=plan.payload)) == {"measured": 0}


# --- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "minutes", "hours"),
    [(1, 1, None), (61, 2, None), (600, 10, None), (601, 15, None), (1500, 25, None), (5401, 95, 2.0), (7300, 125, 2.5)],
)
def test_an_estimate_is_no_more_exact_than_it_can_be(seconds, minutes, hours):
    estimate = Estimate(seconds, 0, is_measured=False)

    assert (estimate.minutes, estimate.hours) == (minutes, hours)


def keep(campaign: Any, question: str, answers: int, seconds: int = 120) -> None:
    AnswerTime.objects.create(questionnaire=campaign.questionnaire, question=question, seconds=seconds, answers=answers, measured_at=NOW)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((19, 19), "an estimate, nothing was measured yet"),
        ((20, 19), "in part measured, from 20 answers"),
        ((20, 25), "measured from 45 answers"),
    ],
)
def test_the_page_says_what_the_estimate_stands_on(client, supplier, owner, campaign, counts, words):
    assessment = create_assessment(supplier=supplier, campaign=campaign)
    for question, answers in zip(("A-01", "B-01"), counts, strict=True):
        keep(campaign, question, answers)
    client.force_login(owner)

    for address in (assessment.get_absolute_url(), reverse("assessments:home")):
        assert words in client.get(address).text


def test_only_what_is_left_counts(supplier, owner, campaign):
    assessment = create_assessment(supplier=supplier, campaign=campaign)
    keep(campaign, "A-01", 20, 300)
    keep(campaign, "B-01", 20, 120)

    def left() -> Estimate | None:
        return answer_times.time_left(open_worksheet(assessment), notes_of(assessment, user=owner, at=NOW).times)

    assert left() == Estimate(420, 40, is_measured=True)
    create_answer(assessment=assessment, question="A-01", value={"value": "no"})
    assert left() == Estimate(120, 20, is_measured=True)
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    assert left() is None


def test_every_kind_of_field_has_a_guess():
    rules = scorer.compile(questionnaire.load(yaml.safe_load(SOURCE.read_text())))

    assert all(answer_times.guess(question) > answer_times.READING for question in rules.questionnaire.questions)


# --- not one wall -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headcount", ["micro", "small", "medium", "large", "xlarge"])
def test_an_office_only_media_supplier_is_asked_about_65_questions(headcount):
    """Of 110: between 60, as the first answers have it, and 70, whatever they are."""
    rules = scorer.compile(questionnaire.load(yaml.safe_load(SOURCE.read_text())))
    candidates, hidden = rules.applicability.settle(Facts("media", "CN", headcount, (("office", "CN"),)), {})

    assert len([code for code in candidates if code not in hidden]) >= 60
    assert len(candidates) <= 70


def test_progress_counts_only_what_is_asked(db: None):
    content = yaml.safe_load(SOURCE.read_text())
    supplier = create_supplier(category="media")
    create_site(supplier=supplier)
    assessment = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=content)))
    # Answered for a data centre the supplier does not have: it neither counts nor is missing.
    create_answer(assessment=assessment, question="E4-16", value={"pue": {"amount": "1.4"}})

    worksheet = open_worksheet(assessment)

    assert "E4-16" in worksheet.hidden
    assert worksheet.progress().answered == 0
    assert 60 <= worksheet.progress().asked <= 70
    assert sum(worksheet.progress(area["code"]).asked for area in content["areas"]) == worksheet.progress().asked
