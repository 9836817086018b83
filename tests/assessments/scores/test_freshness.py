"""A stored score follows what it is computed from, and whatever changed past the marks is found at night."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Message
from assessments.models import Answer, Assessment, Score, ScoreMark, Verdict
from assessments.scores import freshness
from assessments.scores.keeping import keep_scores
from runs import engine
from runs.models import Run
from suppliers.models import Site
from tests.factories import NOW, before_handing_in, create_answer, create_assessment, create_site, forge_scores


@pytest.fixture
def scored(supplier, owner) -> Assessment:
    create_site(supplier=supplier)
    assessment = create_assessment(supplier=supplier, status="in_review", submitted_at=NOW, submitted_by=owner)
    with before_handing_in():
        create_answer(assessment=assessment, question="A-01")
        create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    keep_scores([assessment.pk], at=NOW)
    ScoreMark.objects.all().delete()
    return assessment


def is_marked(assessment: Assessment) -> bool:
    return ScoreMark.objects.filter(assessment=assessment).exists()


@pytest.mark.parametrize("change", [{"category": "logistics"}, {"country": "DE"}, {"headcount_band": "xlarge"}])
def test_changed_facts_of_a_supplier_mark_its_score(scored, supplier, change):
    type(supplier).objects.filter(pk=supplier.pk).update(**change)

    assert is_marked(scored)


def test_other_changes_of_a_supplier_leave_its_score_alone(scored, supplier):
    type(supplier).objects.filter(pk=supplier.pk).update(website="https://bamboo.example")

    assert not is_marked(scored)


def test_a_site_opened_closed_or_removed_marks_the_score(scored, supplier):
    for change in (
        lambda: create_site(supplier=supplier, type="factory"),
        lambda: Site.objects.filter(supplier=supplier).update(closed_on=NOW.date()),
        lambda: Site.objects.filter(supplier=supplier).first().delete(),
    ):
        change()
        assert is_marked(scored)
        ScoreMark.objects.all().delete()


def test_a_verdict_given_changed_or_taken_back_marks_the_score(scored, reviewer):
    answer = Answer.objects.get(assessment=scored, question="A-01")
    verdict = Verdict.objects.create(answer=answer, outcome="accept", by=reviewer, at=NOW)
    assert is_marked(scored)
    for change in (lambda: Verdict.objects.filter(pk=verdict.pk).update(outcome="reject_answer", reason="No."), verdict.delete):
        ScoreMark.objects.all().delete()
        change()
        assert is_marked(scored)


def test_a_score_that_was_never_computed_needs_no_mark(supplier):
    draft = create_assessment(supplier=supplier)
    create_site(supplier=supplier)

    assert not is_marked(draft)


def test_marked_scores_are_computed_again_and_no_longer_marked(scored, supplier):
    before = Score.objects.get(assessment=scored, is_current=True)
    type(supplier).objects.filter(pk=supplier.pk).update(category="logistics")

    assert freshness.rescore_marked(at=NOW) == 1

    after = Score.objects.get(assessment=scored, is_current=True)
    assert after.facts["category"] == "logistics"
    assert after.inputs_sha256 != before.inputs_sha256
    assert not is_marked(scored)
    assert freshness.rescore_marked(at=NOW) == 0


def test_a_change_during_the_scoring_keeps_its_mark(scored, supplier, monkeypatch):
    type(supplier).objects.filter(pk=supplier.pk).update(category="logistics")
    keep = freshness.keeping.keep_scores

    def change_behind_its_back(ids, *, at):
        keep(ids, at=at)
        type(supplier).objects.filter(pk=supplier.pk).update(category="events")

    monkeypatch.setattr(freshness.keeping, "keep_scores", change_behind_its_back)
    freshness.rescore_marked(at=NOW)

    assert is_marked(scored)


# --- the check at night -----------------------------------------------------------------------------------------------------


def check() -> Run:
    return engine.work_off(engine.start("check_scores", parameters={}, by=None, at=timezone.now()).pk)


def test_sound_scores_pass_the_check_in_silence(scored, staff):
    run = check()

    assert (run.result["checked"], run.result["different"]) == (1, 0)
    assert not Message.objects.filter(kind="scores_differ").exists()
    assert freshness.last_alarm() is None


@pytest.mark.parametrize("where", ["score", "copy", "answer"])
def test_a_digit_that_changed_past_the_marks_raises_an_alarm_and_is_put_right(scored, staff, where):
    if where == "score":
        forge_scores(Score.objects.filter(assessment=scored), evidenced=Decimal("99.99"))
    elif where == "copy":
        Assessment.objects.filter(pk=scored.pk).update(declared=Decimal("99.99"))
    else:
        with before_handing_in():
            Answer.objects.filter(assessment=scored, question="B-01").update(value={"value": "yes"})
        ScoreMark.objects.all().delete()

    run = check()

    assert run.result["different"] == 1
    assert freshness.last_alarm() == run
    assert Message.objects.get(kind="scores_differ").email == staff.email
    assert is_marked(scored)


def test_the_dashboard_shows_the_alarm(client, scored, staff):
    forge_scores(Score.objects.filter(assessment=scored), evidenced=Decimal("99.99"))
    run = check()
    client.force_login(staff)

    assert f"/runs/{run.pk}/" in client.get(reverse("reports:dashboard")).text


def test_answers_of_a_draft_still_move_and_raise_no_alarm(scored, staff):
    Assessment.objects.filter(pk=scored.pk).update(status="returned")
    Answer.objects.filter(assessment=scored, question="B-01").update(value={"value": "yes"})

    assert check().result["checked"] == 0
