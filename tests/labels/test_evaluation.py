from datetime import date, timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from assessments.models import Assessment, Verdict
from labels import evaluation, ledger, standards
from labels.dates import ledger_day
from labels.models import Decision, Label, LabelEvent, LabelState, Standard
from pilots.models import Agreement
from runs import engine
from runs.models import Run
from suppliers.models import Document, PublicRecord, SiteType, Supplier
from tests.factories import NOW, create_answer, create_assessment, create_document, create_site, create_supplier, create_user
from tests.labels.support import (
    TODAY,
    correct_finding,
    create_critical_finding,
    create_green_supplier,
    create_our_campaign,
    create_reviewed,
    create_score,
    create_standard,
)


@pytest.fixture
def standard(db: None) -> Standard:
    return create_standard()


def evaluate(on: date = TODAY, *, days: int = 0) -> evaluation.Tally:
    return evaluation.evaluate_all(on=on + timedelta(days=days), at=NOW + timedelta(days=days))


def label_of(supplier: Supplier) -> Label:
    return Label.objects.get(supplier=supplier)


def missed(supplier: Supplier, level: str = "green") -> set[str]:
    return {line["key"] for line in Decision.objects.get(supplier=supplier).criteria["criteria"] if level in line["missed"]}


def kinds(supplier: Supplier) -> list[str]:
    return list(LabelEvent.objects.filter(supplier=supplier).in_order().values_list("kind", flat=True))


def test_a_supplier_that_meets_the_standard_is_awarded_its_label(standard: Standard, supplier: Supplier) -> None:
    create_green_supplier(supplier)

    tally = evaluate()

    label = label_of(supplier)
    assert tally.to_json() == {"suppliers": 1, "decisions_changed": 1, "awarded": 1}
    assert (label.state, label.level, label.valid_from, label.valid_to) == ("awarded", "green_leader", TODAY, date(2027, 5, 31))
    assert label.last_event is not None
    assert label.last_event.snapshot == Decision.objects.get(supplier=supplier).criteria
    assert label.last_event.standard == standard
    assert ledger.differences() == []


def test_every_supplier_gets_a_decision_and_only_the_good_ones_a_label(standard: Standard) -> None:
    weak, strong = create_supplier(), create_supplier()
    create_green_supplier(strong, total="75.00")
    create_reviewed(weak, total="41.00")

    evaluate()

    assert dict(Decision.objects.values_list("supplier_id", "outcome")) == {weak.pk: "", strong.pk: "green"}
    assert list(Label.objects.values_list("supplier_id", flat=True)) == [strong.pk]


def test_evaluating_twice_on_one_day_changes_nothing(standard: Standard) -> None:
    for total in ("90.00", "70.00", "20.00"):
        create_green_supplier(create_supplier(), total=total)
    evaluate()
    before = list(Decision.objects.values()), list(Label.objects.values()), list(LabelEvent.objects.values())

    tally = evaluation.evaluate_all(on=TODAY, at=NOW + timedelta(hours=3))

    assert tally.to_json() == {"suppliers": 3, "decisions_changed": 0}
    assert (list(Decision.objects.values()), list(Label.objects.values()), list(LabelEvent.objects.values())) == before


def test_a_critical_finding_suspends_and_its_closure_reinstates(standard: Standard, supplier: Supplier, staff: User) -> None:
    create_green_supplier(supplier)
    evaluate()
    finding = create_critical_finding(supplier, opened_at=NOW + timedelta(hours=12))

    evaluate(days=1)
    assert label_of(supplier).state == LabelState.SUSPENDED
    correct_finding(finding, verified_by=staff, at=NOW + timedelta(days=2))
    evaluate(days=3)

    assert kinds(supplier) == ["awarded", "suspended", "reinstated"]
    assert ledger.differences() == []


def test_an_expired_permit_suspends_where_a_permit_is_needed(standard: Standard, supplier: Supplier) -> None:
    create_green_supplier(supplier)
    assessment = Assessment.objects.get(supplier=supplier)
    create_answer(assessment=assessment, question="E1-02", value={"value": "key_management"})
    create_document(
        supplier=supplier, kind=Document.Kind.DISCHARGE_PERMIT, valid_from=date(2021, 6, 3), valid_to=date(2026, 6, 2), uploaded_at=NOW
    )
    evaluate()
    assert label_of(supplier).state == LabelState.AWARDED

    evaluate(days=2)

    assert label_of(supplier).state == LabelState.SUSPENDED
    assert missed(supplier) == {"permit_on_file"}


def test_a_newer_revision_replaces_a_certificate(standard: Standard, supplier: Supplier) -> None:
    create_green_supplier(supplier)
    old = Document.objects.get(supplier=supplier)
    create_document(
        supplier=supplier, kind=Document.Kind.ISO_14001, valid_to=date(2026, 5, 1), replaces=old, uploaded_at=NOW - timedelta(days=1)
    )

    evaluate()

    assert missed(supplier) == {"qualification_services"}


def test_a_gate_hit_in_a_newer_submission_counts_before_its_review(standard: Standard, supplier: Supplier) -> None:
    create_green_supplier(supplier)
    newer = create_assessment(
        supplier=supplier,
        campaign=create_our_campaign(cycle=2027),
        status=Assessment.Status.SUBMITTED,
        created_at=NOW - timedelta(days=5),
        submitted_at=NOW - timedelta(days=1),
        submitted_by=create_user(),
        declared=Decimal(10),
        evidenced=Decimal(10),
    )
    create_score(newer, [{"kind": "gate", "question": "E1-12", "key": "E1-12-red-or-black-rating"}])

    evaluate()

    assert missed(supplier) == {"credit_rating"}
    basis = Decision.objects.get(supplier=supplier).criteria["basis"]
    assert basis["score"] == "verified"
    assert basis["assessment"] != newer.pk


def test_scores_of_another_questionnaire_do_not_count(standard: Standard, supplier: Supplier) -> None:
    create_assessment(
        supplier=supplier,
        status=Assessment.Status.SUBMITTED,
        submitted_at=NOW - timedelta(days=1),
        submitted_by=create_user(),
        evidenced=Decimal(99),
    )

    evaluate()

    assert "basis" not in Decision.objects.get(supplier=supplier).criteria


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, set()),
        ({"status": "upheld"}, {"no_violation"}),
        ({"status": "wrong_match"}, set()),
        ({"status": "upheld", "kind": "credit_rating", "rating": "red"}, {"no_violation"}),
        ({"status": "upheld", "kind": "credit_rating", "rating": "blue"}, set()),
    ],
    ids=["matched only", "upheld", "another company", "red rating", "blue rating"],
)
def test_a_violation_counts_once_a_person_has_upheld_it(
    standard: Standard, supplier: Supplier, fields: dict[str, str], expected: set[str]
) -> None:
    create_green_supplier(supplier)
    judged = {"judged_at": NOW - timedelta(days=3), "judged_by": create_user(), "judgement": "It is so."} if fields else {}
    PublicRecord.objects.create(
        supplier=supplier,
        authority="Ecology bureau",
        decided_on=date(2026, 1, 10),
        description="Discharge over the limit",
        reply_until=NOW - timedelta(days=4),
        **fields | judged,
    )

    evaluate()

    assert missed(supplier) == expected


def test_a_pilot_in_force_lifts_a_logistics_company_to_leader(standard: Standard) -> None:
    supplier = create_green_supplier(create_supplier(category="logistics"))
    evaluate()
    assert label_of(supplier).level == "green"
    Agreement.objects.create(
        number="P-1",
        supplier=supplier,
        title_en="Pilot",
        title_zh="试点",
        status=Agreement.Status.ACTIVE,
        starts_on=date(2026, 1, 1),
        ends_on=date(2028, 12, 31),
        base_year=2025,
        base_emissions=Decimal(100),
        boundary="All sites",
        content_sha256="0" * 64,
    )

    evaluate(days=1)

    assert (label_of(supplier).level, kinds(supplier)) == ("green_leader", ["awarded", "raised"])


def test_an_evaluation_for_a_past_day_sees_what_was_known_then(standard: Standard, supplier: Supplier) -> None:
    create_green_supplier(supplier)
    create_critical_finding(supplier, opened_at=NOW - timedelta(days=10))

    past = NOW - timedelta(days=20)
    evaluation.evaluate_all(on=ledger_day(past), at=past)
    assert label_of(supplier).state == LabelState.AWARDED
    evaluate()

    assert kinds(supplier) == ["awarded", "suspended"]


def test_the_past_is_not_written_anew(standard: Standard, supplier: Supplier) -> None:
    create_green_supplier(supplier)
    evaluate()
    create_critical_finding(supplier, opened_at=NOW - timedelta(days=10))

    evaluate(days=-5)

    assert kinds(supplier) == ["awarded"]


def test_a_few_suppliers_can_be_evaluated_alone(standard: Standard) -> None:
    first, second = create_green_supplier(create_supplier()), create_green_supplier(create_supplier())

    evaluation.evaluate([second.pk], on=TODAY, at=NOW)

    assert not Decision.objects.filter(supplier=first).exists()
    assert label_of(second).level == "green_leader"


def test_a_stricter_standard_warns_before_it_takes_a_label_away(standard: Standard, supplier: Supplier) -> None:
    create_green_supplier(supplier, total="62.00")
    evaluate()
    content = standards.read(standards.OURS) | {"version": "2027"}
    next(line for line in content["criteria"] if line["key"] == "total")["need"] = {"green": "70", "green_leader": "85"}
    stricter = create_standard(version="2027", content=content, sha256="1" * 64, in_force_from=date(2026, 7, 1))

    evaluate(days=30)

    label = label_of(supplier)
    assert (label.state, label.standard, label.until) == (LabelState.WARNED, stricter, date(2026, 7, 31))


def test_without_a_standard_in_force_nothing_is_evaluated(supplier: Supplier) -> None:
    with pytest.raises(standards.NoStandardInForce):
        evaluate()


def test_evaluating_many_costs_the_queries_of_one(standard: Standard) -> None:
    create_green_supplier(create_supplier())
    evaluation.evaluate_all(on=TODAY, at=NOW)
    counts = []
    for number in (1, 6):
        for _ in range(number):
            create_green_supplier(create_supplier(), total="62.00")
        with CaptureQueriesContext(connection) as queries:
            evaluation.evaluate_all(on=TODAY + timedelta(days=number), at=NOW + timedelta(days=number))
        counts.append(len(queries))

    # Savepoint in and out; standard; campaigns; assessments, answers, papers, findings, violations, agreements, decisions that
    # overlook something; ledger; decisions, steps: a table to copy into, and from there; numbers of the steps; labels.
    assert counts == [20, 20]


def test_the_run_evaluates_everybody_in_chunks_and_checks_the_ledger(
    standard: Standard, supplier: Supplier, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labels.jobs.CHUNK", 2)
    for _ in range(4):
        create_green_supplier(create_supplier())

    run = engine.work_off(engine.start("evaluate_labels", by=staff, at=NOW).pk)

    assert run.status == Run.Status.DONE, run.chunks.first().error
    assert run.chunks.count() == 3
    assert run.result["suppliers"] == 5
    assert run.result["awarded"] == 4
    assert run.result["ledger_differences"] == 0
    assert LabelEvent.objects.filter(run=run).count() == 4


def test_the_run_says_when_no_standard_is_in_force(supplier: Supplier, staff: User) -> None:
    run = engine.work_off(engine.start("evaluate_labels", by=staff, at=NOW).pk)

    assert run.status == Run.Status.FAILED
    assert "No green standard is in force" in run.chunks.get().error


def test_sites_and_facts_of_others_do_not_matter(standard: Standard, supplier: Supplier) -> None:
    create_green_supplier(supplier)
    other = create_supplier()
    create_site(supplier=other, type=SiteType.FACTORY)
    create_critical_finding(other, opened_at=NOW - timedelta(days=1))

    evaluate()

    assert label_of(supplier).state == LabelState.AWARDED


@pytest.mark.parametrize(
    ("verdict", "counts"),
    [
        ({}, "1.25"),
        ({"outcome": "accept"}, "1.25"),
        ({"outcome": "reject_evidence", "reason": "Not metered"}, None),
        ({"outcome": "reject_answer", "reason": "Not metered"}, None),
        ({"outcome": "correct", "reason": "By the report", "corrected": {"pue": "1.6"}}, "1.6"),
    ],
)
def test_a_figure_counts_as_the_review_left_it(standard: Standard, staff: User, verdict: dict[str, object], counts: str | None) -> None:
    supplier = create_green_supplier(create_supplier(category="cloud_dc"))
    answer = create_answer(assessment=Assessment.objects.get(supplier=supplier), question="E4-16", value={"pue": "1.25"})
    if verdict:
        Verdict.objects.create(answer=answer, by=staff, at=NOW, **verdict)

    evaluate()

    assert figure_of(supplier) == counts


def figure_of(supplier: Supplier) -> str | None:
    lines = Decision.objects.get(supplier=supplier).criteria["criteria"]
    return next(line["value"] for line in lines if line["key"] == "limit_pue")


@pytest.mark.parametrize(
    "verdict",
    [
        {"outcome": "reject_answer", "reason": "Not metered"},
        {"outcome": "correct", "reason": "By the report", "corrected": {"pue": "1.6"}},
    ],
)
def test_what_an_open_review_says_of_a_figure_counts_for_no_label(standard: Standard, staff: User, verdict: dict[str, object]) -> None:
    supplier = create_green_supplier(create_supplier(category="cloud_dc"))
    assessment = Assessment.objects.get(supplier=supplier)
    answer = create_answer(assessment=assessment, question="E4-16", value={"pue": "1.25"})
    with pgtrigger.ignore("assessments.Assessment:opens_by_amendment"):
        Assessment.objects.filter(pk=assessment.pk).update(status="in_review", closed_at=None, closed_by=None, reviewer=staff)
    Verdict.objects.create(answer=answer, by=staff, at=NOW, **verdict)

    evaluate()

    assert figure_of(supplier) == "1.25"
