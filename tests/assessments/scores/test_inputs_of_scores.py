"""Whatever a score is computed from marks it when it changes, however it is changed, and a worker computes it again."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from assessments import tasks
from assessments.models import Answer, Assessment, EvidenceUse, QuestionnaireVersion, Score, ScoreMark, Verdict
from assessments.rules import rulesets
from assessments.scores import freshness
from assessments.scores.keeping import keep_scores, score_stored
from suppliers.models import Site, Supplier
from tests.factories import (
    NOW,
    SMALL_QUESTIONNAIRE,
    attach,
    before_handing_in,
    create_answer,
    create_assessment,
    create_campaign,
    create_document,
    create_questionnaire,
    create_site,
)
from tests.services import Workers, wait_until


PER_SITE = {**SMALL_QUESTIONNAIRE, "questions": [{**question, "per_site": True} for question in SMALL_QUESTIONNAIRE["questions"]]}


@pytest.fixture
def scored(supplier: Supplier, owner: User, reviewer: User) -> Assessment:
    """In review, one answer left open, with a site of which nothing is said yet."""
    create_site(supplier=supplier)
    fields = {"status": "in_review", "submitted_at": NOW, "submitted_by": owner, "reviewer": reviewer}
    campaign = create_campaign(questionnaire=create_questionnaire(content=PER_SITE))
    assessment = create_assessment(supplier=supplier, campaign=campaign, **fields)
    create_answer(assessment=assessment, question="A-01")
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    keep_scores([assessment.pk], at=NOW)
    ScoreMark.objects.all().delete()
    return assessment


def answer_of(assessment: Assessment, question: str = "A-01") -> Answer:
    return Answer.objects.get(assessment=assessment, question=question, site=None)


def correct_an_answer(assessment: Assessment) -> None:
    with before_handing_in():
        Answer.objects.filter(assessment=assessment, question="A-01").update(value={"value": "no"})


def correct_it_back(assessment: Assessment) -> None:
    answer = answer_of(assessment)
    answer.value = {"value": "yes"}
    with before_handing_in():
        answer.save()


def add_an_answer(assessment: Assessment) -> None:
    create_answer(assessment=assessment, question="A-02", value={"value": "3"})


def let_a_site_differ(assessment: Assessment) -> None:
    create_answer(assessment=assessment, question="A-02", value={"value": "1"}, site=Site.objects.get(supplier=assessment.supplier))


def remove_an_answer(assessment: Assessment) -> None:
    with before_handing_in():
        Answer.objects.filter(assessment=assessment, question="A-02").delete()


def attach_evidence(assessment: Assessment) -> None:
    attach(answer=answer_of(assessment), document=create_document(supplier=assessment.supplier))


def detach_evidence(assessment: Assessment) -> None:
    with before_handing_in():
        EvidenceUse.objects.filter(answer__assessment=assessment).delete()


def judge(assessment: Assessment) -> None:
    reviewer = User.objects.get(email="reviewer@buyer.example")
    Verdict.objects.bulk_create([Verdict(answer=answer_of(assessment), outcome="reject_answer", reason="No.", by=reviewer, at=NOW)])


def judge_otherwise(assessment: Assessment) -> None:
    Verdict.objects.filter(answer__assessment=assessment).update(outcome="accept", reason="")


def correct_by_verdict(assessment: Assessment) -> None:
    verdict = Verdict.objects.filter(answer__assessment=assessment)
    verdict.update(outcome="correct", reason="The bill shows it.", corrected={"value": "no"})


def take_the_verdict_back(assessment: Assessment) -> None:
    Verdict.objects.filter(answer__assessment=assessment).delete()


def of_the_supplier(**fields: str) -> Callable[[Assessment], None]:
    def change(assessment: Assessment) -> None:
        Supplier.objects.filter(pk=assessment.supplier_id).update(**fields)

    change.__name__ = f"change_{'_and_'.join(fields)}"
    return change


def open_a_site(assessment: Assessment) -> None:
    create_site(supplier=assessment.supplier, type="factory", name="Works")


def move_a_site(assessment: Assessment) -> None:
    Site.objects.filter(supplier=assessment.supplier, name="Works").update(country="VN")


def close_a_site(assessment: Assessment) -> None:
    Site.objects.filter(supplier=assessment.supplier, name="Works").update(closed_on=NOW.date())


def open_it_again(assessment: Assessment) -> None:
    Site.objects.filter(supplier=assessment.supplier, name="Works").update(closed_on=None)


def remove_a_site(assessment: Assessment) -> None:
    Site.objects.filter(supplier=assessment.supplier, name="Works").delete()


def ask_by_other_rules(assessment: Assessment) -> None:
    heavier = [{**question, "weight": "4"} for question in PER_SITE["questions"][:1]] + PER_SITE["questions"][1:]
    campaign = assessment.campaign
    campaign.questionnaire = create_questionnaire(content={**PER_SITE, "questions": heavier})
    campaign.save()


def close_the_review(assessment: Assessment) -> None:
    reviewer = User.objects.get(email="reviewer@buyer.example")
    Assessment.objects.filter(pk=assessment.pk).update(status="closed", closed_at=NOW, closed_by=reviewer)


# In this order, each on top of those before it.
CHANGES = [
    correct_an_answer, correct_it_back, add_an_answer, let_a_site_differ, remove_an_answer, attach_evidence, detach_evidence,
    # Verdicts are an input of the score from here on, and of none before.
    close_the_review, judge, judge_otherwise, correct_by_verdict, take_the_verdict_back,
    of_the_supplier(category="logistics"), of_the_supplier(country="DE"), of_the_supplier(headcount_band="xlarge"),
    open_a_site, move_a_site, close_a_site, open_it_again, remove_a_site, ask_by_other_rules,
]  # fmt: skip


def marked() -> set[int]:
    return set(ScoreMark.objects.values_list("assessment", flat=True))


def test_every_change_of_an_input_marks_the_score_and_a_worker_computes_it_again(scored: Assessment, celery_workers: Workers) -> None:
    celery_workers.start()
    for change in CHANGES:
        before = Score.objects.get(assessment=scored, is_current=True)
        change(scored)
        assert marked() == {scored.pk}, change.__name__

        tasks.rescore_marked.delay()
        wait_until(lambda: not marked(), seconds=60, what=f"the score after {change.__name__}")

        after = Score.objects.get(assessment=scored, is_current=True)
        assert (after.ruleset_sha256, after.inputs_sha256) != (before.ruleset_sha256, before.inputs_sha256), change.__name__
        assert freshness.differing([scored.pk], at=timezone.now()) == [], change.__name__


def test_whatever_table_the_scorer_reads_has_a_trigger_that_marks(scored: Assessment, monkeypatch: pytest.MonkeyPatch) -> None:
    let_a_site_differ(scored)
    # As in a process that has seen no questionnaire yet.
    monkeypatch.setattr(rulesets, "_published", {})
    with CaptureQueriesContext(connection) as captured:
        list(score_stored([scored.pk]))

    read = {table for query in captured for table in re.findall(r"(?:FROM|JOIN)\s+\"?(\w+_\w+)", query["sql"])}
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT event_object_table FROM information_schema.triggers WHERE trigger_name LIKE 'assessments_mark_%'")
        watched = {row[0] for row in cursor.fetchall()}
    # The scores themselves are what comes out.
    assert read - {"assessments_score"} <= watched
    assert len(read) > 5


def test_a_bulk_correction_marks_each_assessment_once(scored: Assessment) -> None:
    with before_handing_in():
        Answer.objects.filter(assessment=scored).update(value={"value": "no"})

    assert marked() == {scored.pk}


def test_saving_answers_of_an_open_assessment_marks_nothing(scored: Assessment) -> None:
    Assessment.objects.filter(pk=scored.pk).update(status="returned")
    ScoreMark.objects.all().delete()

    Answer.objects.filter(assessment=scored, question="A-01").update(value={"value": "no"})

    assert not marked()


def test_a_review_taken_up_changes_no_input(scored: Assessment) -> None:
    Assessment.objects.filter(pk=scored.pk).update(status="submitted")

    assert not marked()


def test_what_was_handed_in_without_a_score_gets_one_when_a_site_makes_questions_apply(supplier: Supplier, owner: User) -> None:
    only_factories = [{**question, "applies": {"site_types": ["factory"]}} for question in SMALL_QUESTIONNAIRE["questions"]]
    campaign = create_campaign(questionnaire=create_questionnaire(content={**SMALL_QUESTIONNAIRE, "questions": only_factories}))
    assessment = create_assessment(supplier=supplier, campaign=campaign, status="submitted", submitted_at=NOW, submitted_by=owner)
    assert keep_scores([assessment.pk], at=NOW).without_score == 1

    open_a_site(assessment)

    assert freshness.rescore_marked(at=NOW) == 1
    assert Score.objects.filter(assessment=assessment, is_current=True).exists()


def test_a_draft_of_the_rules_that_is_loaded_over_marks_what_was_scored_by_it(scored: Assessment) -> None:
    draft = create_questionnaire(status=QuestionnaireVersion.Status.DRAFT, published_at=None)
    scored.campaign.questionnaire = draft
    scored.campaign.save()
    ScoreMark.objects.all().delete()

    QuestionnaireVersion.objects.filter(pk=draft.pk).update(sha256="0" * 64)

    assert marked() == {scored.pk}
