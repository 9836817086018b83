from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from assessments import standing
from assessments.findings import handling
from assessments.models import Answer, Assessment, Campaign, Finding, Score, Verdict
from assessments.models.scores import _COMPUTED
from assessments.scores import keeping, past
from assessments.scoring import receipts
from runs.models import Run
from suppliers.models import Site
from tests.factories import (
    NOW,
    SMALL_QUESTIONNAIRE,
    before_handing_in,
    create_answer,
    create_assessment,
    create_campaign,
    create_questionnaire,
    create_site,
    create_supplier,
    create_user,
    forge_scores,
)


def submitted(**fields: Any) -> Assessment:
    defaults = {"status": "submitted", "submitted_at": NOW, "submitted_by": create_user()}
    return create_assessment(**defaults | fields)


def answered(assessment: Assessment, *, meter: str = "yes", saving: str = "2", children: str = "no", evidence: int = 0) -> Assessment:
    create_answer(assessment=assessment, question="A-01", value={"value": meter}, evidence_count=evidence)
    create_answer(assessment=assessment, question="A-02", value={"value": saving})
    create_answer(assessment=assessment, question="B-01", value={"value": children})
    return assessment


def keep(*assessments: Assessment, hours: int = 0) -> keeping.Outcome:
    return keeping.keep_scores([a.pk for a in assessments], at=NOW + timedelta(hours=hours))


def test_the_score_is_the_one_calculated_by_hand(db: None) -> None:
    # A: weights 2 and 2, credits 1 and 1/2 -> 75; without the water bill the first earns 1/2 -> 50. B: 100. Halves of each.
    assessment = answered(submitted())

    keep(assessment)

    assessment.refresh_from_db()
    assert (assessment.declared, assessment.evidenced, assessment.verified) == (Decimal("87.50"), Decimal("75.00"), None)
    assert assessment.area_scores["A"] == {"declared": "75.00", "evidenced": "50.00", "verified": None}
    assert assessment.scored_at == NOW


def test_scoring_again_writes_nothing_while_nothing_has_changed(db: None) -> None:
    assessment = answered(submitted())
    keep(assessment)

    again = keep(assessment, hours=1)

    assert (again.scored, again.changed) == (1, 0)
    assert Score.objects.filter(assessment=assessment).count() == 1
    assessment.refresh_from_db()
    assert assessment.scored_at == NOW


def test_a_changed_answer_leaves_the_old_score_and_makes_a_new_one_current(db: None) -> None:
    assessment = answered(submitted())
    keep(assessment)
    with before_handing_in():
        Answer.objects.filter(assessment=assessment, question="A-02").update(value={"value": "4"})

    keep(assessment, hours=1)

    scores = list(Score.objects.filter(assessment=assessment).order_by("pk"))
    assert [(score.is_current, score.declared) for score in scores] == [(False, Decimal("87.50")), (True, Decimal("100.00"))]


def test_rescoring_leaves_no_row_history(db: None) -> None:
    assessment = answered(submitted())

    keep(assessment)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM assessments_assessmentevent")
        assert cursor.fetchone() == (0,)


def test_the_verified_score_is_stated_when_the_review_is_closed_and_not_before(db: None) -> None:
    reviewer = create_user()
    assessment = answered(submitted(status="in_review", reviewer=reviewer), evidence=1)
    answer = assessment.answers.get(question="A-01")
    Verdict.objects.create(answer=answer, outcome="reject_evidence", reason="Another company's bill.", by=reviewer, at=NOW)
    keep(assessment)
    assessment.refresh_from_db()
    assert (assessment.evidenced, assessment.verified) == (Decimal("87.50"), None)

    Assessment.objects.filter(pk=assessment.pk).update(status="closed", closed_at=NOW, closed_by=reviewer)
    keep(assessment, hours=1)

    assessment.refresh_from_db()
    assert assessment.verified == Decimal("75.00")
    assert assessment.area_scores["A"]["verified"] == "50.00"


def test_an_assessment_without_answers_scores_zero(db: None) -> None:
    assessment = submitted()

    keep(assessment)

    assessment.refresh_from_db()
    assert assessment.declared == Decimal("0.00")


def test_many_assessments_cost_as_many_statements_as_one(db: None) -> None:
    campaign = create_campaign()
    one = [answered(submitted(campaign=campaign))]
    keep(*[answered(submitted(campaign=campaign))])  # compiles the rule set
    with CaptureQueriesContext(connection) as few:
        keep(*one)
    many = [answered(submitted(campaign=campaign)) for _ in range(5)]

    with CaptureQueriesContext(connection) as more:
        keep(*many)

    # savepoint, lock, read, facts, retire, COPY, copy to assessments, open and withdraw findings, standings, savepoint
    assert len(more) == len(few)


SITED = {
    **SMALL_QUESTIONNAIRE,
    "questions": [{**SMALL_QUESTIONNAIRE["questions"][0], "per_site": True}, *SMALL_QUESTIONNAIRE["questions"][1:]],
}


def with_a_site_that_differs(campaign: Campaign | None = None) -> tuple[Assessment, Site, Site]:
    campaign = campaign or create_campaign(questionnaire=create_questionnaire(content=SITED))
    assessment = answered(submitted(campaign=campaign))
    same, different = (create_site(supplier=assessment.supplier, name=name) for name in ("Hangzhou", "Ningbo"))
    create_answer(assessment=assessment, question="A-01", value={"value": "no"}, site=different)
    return assessment, same, different


def test_a_site_that_differs_is_part_of_the_mean_until_it_closes(db: None) -> None:
    assessment, same, different = with_a_site_that_differs()
    # Kept, and not asked about: another question, and a site whose own answer was cleared.
    create_answer(assessment=assessment, question="B-01", value={"value": "yes"}, site=different)
    create_answer(assessment=assessment, question="A-01", value={}, site=same)

    keep(assessment)
    assessment.refresh_from_db()
    # (1 + 0) / 2 of weight 2, A-02: 1/2 of weight 2 -> 50; B: 100.
    assert assessment.declared == Decimal("75.00")

    different.closed_on = NOW.date()
    different.save()
    keep(assessment, hours=1)
    assessment.refresh_from_db()
    assert assessment.declared == Decimal("87.50")


def test_the_receipt_of_a_score_with_sites_is_made_again_after_a_site_closed_and_its_answer_changed(db: None) -> None:
    assessment, same, different = with_a_site_that_differs()
    keep(assessment)
    score = Score.objects.select_related("assessment__campaign", "assessment__supplier").get(assessment=assessment)
    with before_handing_in():
        Answer.objects.filter(assessment=assessment, site=different).update(value={"value": "yes"}, updated_at=NOW + timedelta(days=1))
    same.closed_on = NOW.date()
    same.save()

    receipt = past.receipt_for(score)

    assert receipt["inputs"]["answers"]["A-01"] == [{"value": "yes"}, False, None, [1, [[different.pk, {"value": "no"}, False, None]]]]
    assert receipt["result"]["declared"] == "75.00"
    assert receipts.verify(receipt) == []


def test_answers_of_sites_cost_two_statements_for_any_number_of_assessments(db: None) -> None:
    campaign = create_campaign(questionnaire=create_questionnaire(content=SITED))
    keep(with_a_site_that_differs(campaign)[0])  # compiles the rule set
    one = [with_a_site_that_differs(campaign)[0]]
    with CaptureQueriesContext(connection) as few:
        keep(*one)
    many = [with_a_site_that_differs(campaign)[0] for _ in range(4)]

    with CaptureQueriesContext(connection) as more:
        keep(*many)

    assert len(more) == len(few)


def test_the_portfolio_is_what_launched_campaigns_were_answered_or_handed_in(db: None) -> None:
    closed = create_campaign(status=Campaign.Status.CLOSED)
    draft = create_campaign(status=Campaign.Status.DRAFT, launched_at=None)
    begun, handed_in, untouched = create_assessment(campaign=closed), submitted(campaign=closed), create_assessment(campaign=closed)
    create_answer(assessment=begun, question="A-01")
    in_draft = create_assessment(campaign=draft)
    create_answer(assessment=in_draft, question="A-01")

    assert list(keeping.to_be_scored()) == [begun.pk, handed_in.pk]
    assert untouched.pk not in keeping.to_be_scored(campaign_id=closed.pk)


# --- findings ---------------------------------------------------------------------------------------------------------


def test_a_zero_tolerance_answer_caps_the_score_and_opens_one_critical_finding(db: None) -> None:
    assessment = answered(submitted(), children="yes", saving="4", evidence=1)

    outcome = keep(assessment)
    keep(assessment, hours=1)

    assessment.refresh_from_db()
    finding = Finding.objects.get()
    assert assessment.declared == Decimal("30.00")
    assert outcome.findings_opened == 1
    assert (finding.severity, finding.status, finding.rule) == ("critical", "open", "B-01-child-labour")
    assert (finding.text, finding.text_zh, finding.supplier_id) == ("Child labour", "童工", assessment.supplier_id)
    assert assessment.supplier.standing.has_critical_finding


def test_nothing_is_opened_while_the_supplier_still_answers(db: None) -> None:
    assessment = answered(create_assessment(status="in_progress"), children="yes")

    keep(assessment)

    assert not Finding.objects.exists()


def test_a_finding_nobody_worked_on_is_withdrawn_when_its_cause_is_gone_and_opened_again_when_it_returns(db: None) -> None:
    assessment = answered(submitted(), children="yes")
    keep(assessment)
    answers = Answer.objects.filter(assessment=assessment, question="B-01")

    with before_handing_in():
        answers.update(value={"value": "no"})
    outcome = keep(assessment, hours=1)
    finding = Finding.objects.get()
    assert (outcome.findings_withdrawn, finding.status, finding.closed_at) == (1, "withdrawn", NOW + timedelta(hours=1))
    assert not assessment.supplier.standing.has_critical_finding

    with before_handing_in():
        answers.update(value={"value": "yes"})
    keep(assessment, hours=2)
    finding.refresh_from_db()
    assert (finding.status, finding.closed_at, finding.closing_reason) == ("open", None, "")


def planned(finding: Finding) -> None:
    action = handling.Action("We check ages.", "Mrs Wang", NOW.date())
    handling.plan(finding_id=finding.pk, cause="Nobody asked.", actions=[action], by=create_user(), at=NOW)


def test_a_finding_the_supplier_works_on_stays_when_its_cause_is_gone(db: None) -> None:
    assessment = answered(submitted(), children="yes")
    keep(assessment)
    planned(Finding.objects.get())
    with before_handing_in():
        Answer.objects.filter(assessment=assessment, question="B-01").update(value={"value": "no"})

    keep(assessment, hours=1)

    assert Finding.objects.get().status == "action_planned"


def test_a_finding_a_person_has_withdrawn_is_not_opened_again_by_its_rule(db: None) -> None:
    assessment = answered(submitted(), children="yes")
    keep(assessment)
    handling.withdraw(finding_id=Finding.objects.get().pk, reason="A typing mistake, checked on site.", by=create_user(), at=NOW)

    keep(assessment, hours=1)

    assert Finding.objects.get().status == "withdrawn"


# --- receipts ---------------------------------------------------------------------------------------------------------


def test_the_receipt_of_a_score_recomputes_it(db: None) -> None:
    assessment = answered(submitted())
    keep(assessment, hours=1)
    score = Score.objects.select_related("assessment__campaign", "assessment__supplier").get()

    receipt = past.receipt_for(score)

    assert receipt["result"]["declared"] == "87.50"
    assert receipt["inputs_sha256"] == score.inputs_sha256
    assert receipt["subject"]["score"] == score.pk


def test_the_receipt_of_an_old_score_is_found_in_the_history(db: None) -> None:
    assessment = answered(submitted(), evidence=1)
    keep(assessment, hours=1)
    answer = assessment.answers.get(question="A-02")
    answer.value, answer.version, answer.updated_at = {"value": "4"}, 2, NOW + timedelta(hours=2)
    with before_handing_in():
        answer.save()
    Verdict.objects.create(answer=answer, outcome="accept", by=create_user(), at=NOW + timedelta(hours=3))
    keep(assessment, hours=4)
    old, new = Score.objects.select_related("assessment__campaign", "assessment__supplier").order_by("pk")

    assert past.receipt_for(old)["result"]["declared"] == "87.50"
    assert past.receipt_for(old)["inputs"]["answers"]["A-02"] == [{"value": "2"}, False, None]
    assert past.receipt_for(new)["result"]["declared"] == "100.00"


def test_a_score_whose_inputs_are_gone_gets_no_receipt(db: None) -> None:
    assessment = answered(submitted())
    keep(assessment, hours=1)
    forge_scores(Score.objects.all(), inputs_sha256="0" * 64)

    with pytest.raises(past.NotReproducible):
        past.receipt_for(Score.objects.select_related("assessment__campaign", "assessment__supplier").get())


def test_standings_are_what_the_rows_say(db: None) -> None:
    supplier = create_supplier()
    old = answered(submitted(supplier=supplier, created_at=NOW - timedelta(days=400)), children="yes")
    keep(old)
    new = create_assessment(supplier=supplier, status="in_progress", created_at=NOW)
    create_answer(assessment=new, question="A-01")
    keep(new)

    standing.refresh([supplier.pk])

    row = supplier.standing
    assert (row.newest_id, row.status, row.scored_id, row.declared) == (new.pk, "in_progress", old.pk, Decimal("30.00"))
    assert row.has_critical_finding
    assert standing.differences() == []


@pytest.mark.parametrize(
    "change",
    [
        {"declared": Decimal(99)},
        {"evidenced": Decimal(99)},
        {"verified": Decimal(99)},
        {"facts": {}},
        {"areas": {"E1": "99"}},
        {"triggers_hit": []},
        {"inputs_sha256": "0" * 64},
        {"ruleset_sha256": "0" * 64},
        {"computed_at": NOW},
    ],
)
def test_a_score_stays_as_it_was_computed(db: None, change: dict[str, Any]) -> None:
    assessment = answered(submitted())
    keep(assessment, hours=1)

    with pytest.raises(DatabaseError), transaction.atomic():
        Score.objects.filter(assessment=assessment).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Score.objects.filter(assessment=assessment).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        assessment.delete()


def test_a_score_that_was_replaced_does_not_come_back(db: None) -> None:
    assessment = answered(submitted())
    keep(assessment, hours=1)
    Score.objects.update(is_current=False)

    with pytest.raises(DatabaseError), transaction.atomic():
        Score.objects.update(is_current=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        Score.objects.update(run=Run.objects.create(kind="score_portfolio", created_at=NOW))
    assert Score.objects.update(run=None) == 1, "its run may be forgotten"


def test_a_score_covers_every_column_it_has() -> None:
    assert {field.column for field in Score._meta.concrete_fields} == {*_COMPUTED, "is_current", "run_id"}
