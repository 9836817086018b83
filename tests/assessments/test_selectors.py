from decimal import Decimal

from django.utils import translation

from assessments.models import Verdict
from assessments.selectors import open_dossier
from tests.factories import NOW, attach, create_answer, create_assessment, create_document, create_user


def test_a_dossier_says_what_was_asked_answered_shown_and_decided(db: None) -> None:
    reviewer = create_user(name="Rita Reviewer")
    assessment = create_assessment(status="closed", submitted_at=NOW, submitted_by=reviewer, closed_at=NOW, closed_by=reviewer)
    answer = create_answer(assessment=assessment, question="A-01", value={"value": "yes"})
    attach(answer=answer, document=create_document(supplier=assessment.supplier, title="Water bill May"))
    create_answer(assessment=assessment, question="A-02", value={"value": "3"}, note="Since spring.")
    Verdict.objects.create(answer=answer, outcome="accept", by=reviewer, at=NOW)

    with translation.override("en"):
        dossier = open_dossier(assessment)

    water = dossier.area("A")
    assert water is not None
    meter, saving = water.questions
    assert [said.text for said in meter.said] == ["Yes"]
    assert (meter.evidence[0].title, meter.verdict and meter.verdict.by) == ("Water bill May", reviewer)
    assert (saving.line.declared, saving.note) == (Decimal("0.75"), "Since spring.")
    assert (water.judged, len(water.to_judge), water.share) == (1, 2, Decimal(50))
    assert dossier.result.verified == Decimal("43.75")


def test_a_dossier_speaks_the_language_in_use(db: None) -> None:
    assessment = create_assessment(status="in_progress")
    create_answer(assessment=assessment, question="A-01", value={"value": "no"})

    with translation.override("zh-hans"):
        dossier = open_dossier(assessment)

    question = dossier.areas[0].questions[0]
    assert (dossier.areas[0].title, question.text, question.said[0].text) == ("水", "贵公司是否计量用水？", "否")
    assert dossier.areas[0].questions[1].line.why_not == "condition"
