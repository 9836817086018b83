"""What other scores would do to a label: judged by the standard in force, twice."""

from decimal import Decimal

from assessments.models import Assessment
from assessments.questionnaires.names import Facts
from assessments.scores.keeping import Scored, Stored
from assessments.scoring.scorer import AreaScore, Hit
from labels import back_testing
from labels.models import Decision, Label, Standard
from suppliers.models import Supplier
from tests.assessments.questionnaires.test_supplier_questionnaire import RULES
from tests.factories import NOW
from tests.labels.support import create_green_supplier, create_standard


def scored(supplier: Supplier, points: str, *hits: Hit) -> Scored:
    assessment = Assessment.objects.get(supplier=supplier)
    facts = Facts(supplier.category, supplier.country, supplier.headcount_band, ())
    number = Decimal(points)
    areas = {area.code: AreaScore(number, number, number) for area in RULES.questionnaire.areas}
    result = RULES.score(facts, {}, True)._replace(declared=number, evidenced=number, verified=number, areas=areas, triggers=hits)
    return Scored(Stored(assessment.pk, supplier.pk, assessment.status, 0, None, None, None), "", facts, {}, result)


def levels(item: Scored) -> tuple[str, str]:
    return back_testing.levels([item], NOW)[item.stored.id]


def test_a_level_follows_the_scores_of_a_back_test_and_nothing_is_written(db: None, supplier: Supplier) -> None:
    create_standard()
    create_green_supplier(supplier)

    assert levels(scored(supplier, "90.00")) == ("green_leader", "green_leader")
    assert levels(scored(supplier, "1.00")) == ("green_leader", "")
    assert not Decision.objects.exists()
    assert not Label.objects.exists()


def test_a_gate_that_the_draft_closes_takes_the_level(db: None, supplier: Supplier) -> None:
    create_standard()
    create_green_supplier(supplier)
    gate = next(trigger for each in RULES.questionnaire.questions for trigger in each.triggers if trigger.kind == "gate")

    assert levels(scored(supplier, "90.00", Hit("gate", "E1-01", gate.key)))[1] == ""


def test_without_a_standard_in_force_no_label_is_spoken_of(db: None, supplier: Supplier) -> None:
    create_green_supplier(supplier)

    assert not Standard.objects.exists()
    assert back_testing.levels([scored(supplier, "1.00")], NOW) == {}
