"""A draft tried on the answers of the portfolio: who gains, who loses, whose label would change; and nothing else changes."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.models import Assessment, BackTest, BackTestScore, QuestionnaireVersion, Score
from assessments.publication import back_testing
from assessments.publication.back_test_report import report
from assessments.rules import loading
from assessments.scores.keeping import keep_scores
from runs import engine
from runs.models import Run
from suppliers.models import Category
from tests.assessments.publishing import put_in_force
from tests.assessments.small import document, option, question
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_supplier


def rules(version: str, *, weight: str = "1", **second: Any) -> dict[str, Any]:
    return document(question("A-1", weight=weight), {**question("A-2"), **second}, version=version)


@pytest.fixture
def old(db: None) -> QuestionnaireVersion:
    return put_in_force(rules("1"))


def answered(old: QuestionnaireVersion, first: str, second: str, *, campaign: Any = None, **supplier: Any) -> Assessment:
    assessment = create_assessment(
        supplier=create_supplier(**supplier), campaign=campaign or create_campaign(questionnaire=old), started_at=NOW, status="in_progress"
    )
    create_answer(assessment=assessment, question="A-1", value={"value": first})
    create_answer(assessment=assessment, question="A-2", value={"value": second})
    keep_scores([assessment.pk], at=NOW)
    assessment.refresh_from_db()
    return assessment


def tried(content: dict[str, Any], *, by: User) -> BackTest:
    draft = loading.load_questionnaire(content, by=None, at=NOW)
    back_test = back_testing.start(version=draft, by=by, at=NOW)
    assert back_test.run is not None
    engine.work_off(back_test.run.pk)
    back_test.refresh_from_db()
    return back_test


def test_who_gains_and_who_loses_is_said_and_no_score_changes(old: QuestionnaireVersion, staff: User) -> None:
    campaign = create_campaign(questionnaire=old)
    gains = answered(old, "yes", "no", campaign=campaign, category=Category.MEDIA, headcount_band="small")
    loses = answered(old, "no", "yes", campaign=campaign, category=Category.EVENTS)
    same = answered(old, "yes", "yes", campaign=campaign, category=Category.EVENTS)
    stored = list(Score.objects.order_by("pk").values())

    back_test = tried(rules("2", weight="3"), by=staff)

    # A-1 now weighs 3 of 4: yes and no 50 -> 75, no and yes 50 -> 25.
    assert dict(BackTestScore.objects.values_list("assessment", "change")) == {gains.pk: 25, loses.pk: -25, same.pk: 0}
    assert back_test.run is not None
    assert back_test.run.result == {"tested": 3, "gain": 1, "lose": 1, "labels": 0}
    assert list(Score.objects.order_by("pk").values()) == stored
    found = report(back_test, by="category")
    assert [(group.value, group.gain, group.same, group.lose, group.change) for group in found.groups] == [
        ("events", 0, 1, 1, Decimal("-12.5")),
        ("media", 1, 0, 0, Decimal(25)),
    ]
    assert (found.whole.count, found.whole.change) == (3, 0)
    assert [mover.score.assessment for mover in found.movers] == [gains, loses]
    narrowed = report(back_test, by="size", value="small")
    assert [mover.score.assessment for mover in narrowed.movers] == [gains]


def test_suppliers_abroad_are_grouped_by_country_and_those_of_china_by_province(old: QuestionnaireVersion, staff: User) -> None:
    campaign = create_campaign(questionnaire=old)
    answered(old, "yes", "no", campaign=campaign, country="CN", region="Zhejiang")
    abroad = answered(old, "yes", "no", campaign=campaign, country="DE", region="")
    answered(old, "yes", "no", campaign=campaign, country="CN", region="")

    back_test = tried(rules("2", weight="3"), by=staff)

    assert {group.label for group in report(back_test, by="region").groups} == {"Zhejiang", "Germany", "Not stated"}
    narrowed = report(back_test, by="region", value="DE")
    assert [mover.score.assessment for mover in narrowed.movers] == [abroad]


def test_rules_that_are_the_same_change_nothing(old: QuestionnaireVersion, staff: User) -> None:
    for first, second in (("yes", "no"), ("no", "no"), ("yes", "yes")):
        answered(old, first, second)

    tried(rules("2"), by=staff)

    assert [row.change for row in BackTestScore.objects.all()] == [0, 0, 0]
    assert all(row.before == row.after for row in BackTestScore.objects.all())


def test_an_answer_to_a_question_whose_options_changed_counts_as_not_given(old: QuestionnaireVersion, staff: User) -> None:
    answered(old, "yes", "yes")
    other = question("A-2", "single", options=[option("yes", "1"), option("partly", "0.5"), option("no", "0")])

    tried(rules("2", **other), by=staff)

    assert [(row.before, row.after) for row in BackTestScore.objects.all()] == [(100, 50)]


def test_a_draft_that_was_loaded_over_is_not_mixed_into_its_test(old: QuestionnaireVersion, staff: User) -> None:
    answered(old, "yes", "no")
    draft = loading.load_questionnaire(rules("2"), by=None, at=NOW)
    back_test = back_testing.start(version=draft, by=staff, at=NOW)
    loading.load_questionnaire(rules("2", weight="3"), by=None, at=NOW)

    assert back_test.run is not None
    run = engine.work_off(back_test.run.pk)

    assert run.status != Run.Status.DONE
    assert not BackTestScore.objects.exists()


def test_a_label_that_would_change_is_said(old: QuestionnaireVersion, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assessment = answered(old, "yes", "no")
    effect = back_testing.LabelEffect(
        levels=lambda scored, _at: {item.stored.id: ("", "green" if item.result.evidenced == 75 else "") for item in scored},
        title=lambda level, _at: level.title(),
    )
    monkeypatch.setattr(back_testing, "_effects", [effect])

    back_test = tried(rules("2", weight="3"), by=staff)

    found = report(back_test, labels_only=True)
    assert found.whole.labels == 1
    assert [(mover.score.assessment, mover.level_before, mover.level_after) for mover in found.movers] == [(assessment, "", "Green")]


def test_a_questionnaire_nobody_answered_has_nothing_to_be_tested_on(client: Client, staff: User, old: QuestionnaireVersion) -> None:
    client.force_login(staff)

    page = client.post(reverse("assessments:back_test_start", args=[old.pk]), follow=True)

    assert "nothing to test it on" in page.text
    assert not BackTest.objects.exists()


def test_staff_start_a_test_and_everybody_of_the_buyer_reads_it(
    client: Client, staff: User, reviewer: User, old: QuestionnaireVersion
) -> None:
    for number in range(3):
        answered(old, "yes", "no", name_en=f"Silk Road {number} Ltd")
    draft = loading.load_questionnaire(rules("2", weight="3"), by=None, at=NOW)
    client.force_login(staff)
    started = client.post(reverse("assessments:back_test_start", args=[draft.pk]))
    back_test = BackTest.objects.get()
    assert started.headers["Location"] == back_test.get_absolute_url()
    assert back_test.run is not None
    engine.work_off(back_test.run.pk)

    client.force_login(reviewer)
    page = client.get(back_test.get_absolute_url(), {"by": "language", "group": "", "labels": "0"})

    for words in ("What these rules would change", "Would gain", "Silk Road 2 Ltd", "75.0", "Not stated"):
        assert words in page.text, words
    assert back_test.get_absolute_url() in client.get(draft.get_absolute_url()).text
    assert client.get(back_test.get_absolute_url(), {"by": "no such", "group": "x", "labels": "1"}).status_code == 200


def test_a_report_costs_the_same_for_one_supplier_and_for_many(
    old: QuestionnaireVersion, staff: User, django_assert_num_queries: Any
) -> None:
    answered(old, "yes", "no")
    one = tried(rules("2", weight="3"), by=staff)
    for _number in range(12):
        answered(old, "yes", "no")
    many = tried(rules("3", weight="3"), by=staff)

    for back_test in (one, many):
        # The groups, and the movers with their suppliers.
        with django_assert_num_queries(2):
            report(back_test)
