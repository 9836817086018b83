"""Which questions are asked follows from the company, its sites and its answers, at once and on the server. What is hidden is kept."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.answering.worksheet import open_worksheet
from assessments.models import Answer, Assessment
from assessments.submission import submitting
from suppliers.models import Site, Supplier
from tests.assessments.small import document, question, text
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_questionnaire, create_site


GATE = [{"kind": "gate", "when": "not (value = yes)", "key": "A-6-missing", "text": text("Missing")}]
CONTENT = document(
    question("A-1"),
    question("A-2", applies={"categories": ["events"]}),
    question("A-3", applies={"site_types": ["factory"]}),
    question("A-4", applies={"when": "company.country = CN"}),
    question("A-5", applies={"when": "company.headcount >= large"}),
    question("A-6", applies={"when": "A-1 = yes"}, triggers=GATE),
    question("A-7", applies={"site_types": ["factory"], "when": "site.country = US"}),
    question("A-8", applies={"when": "A-6 = yes"}),
)


@pytest.fixture
def assessment(supplier: Supplier) -> Assessment:
    Supplier.objects.filter(pk=supplier.pk).update(category="media", country="DE", headcount_band="small")
    supplier.refresh_from_db()
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=CONTENT)))


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def shown(client: Client, assessment: Assessment) -> list[str]:
    page = client.get(reverse("assessments:area", args=[assessment.pk, "A"]))
    return [view.code for view in page.context["page"].questions if not view.is_hidden]


def answer(client: Client, assessment: Assessment, code: str, value: str, base: int = 0) -> dict[str, Any]:
    url = reverse("assessments:save_answer", args=[assessment.pk, code])
    found: dict[str, Any] = client.post(url, {f"{code}__value": value, f"{code}__-base": base}).json()["questions"]
    return found


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"category": "events"}, "A-2"),
        ({"country": "CN"}, "A-4"),
        ({"headcount_band": "large"}, "A-5"),
        ({"headcount_band": "xlarge"}, "A-5"),
    ],
)
def test_a_fact_about_the_company_shows_a_question_and_hides_it_again(signed_in, assessment, facts, code):
    before = shown(signed_in, assessment)
    Supplier.objects.filter(pk=assessment.supplier_id).update(**facts)

    assert sorted({*shown(signed_in, assessment)} - {*before}) == [code]
    Supplier.objects.filter(pk=assessment.supplier_id).update(category="media", country="DE", headcount_band="small")
    assert shown(signed_in, assessment) == before == ["A-1"]


def test_a_site_shows_the_questions_of_its_type_and_country_until_it_closes(signed_in, assessment, supplier):
    create_site(supplier=supplier, type="office", country="US")
    assert shown(signed_in, assessment) == ["A-1"]

    site = create_site(supplier=supplier, type="factory", country="US")
    assert shown(signed_in, assessment) == ["A-1", "A-3", "A-7"]

    Site.objects.filter(pk=site.pk).update(closed_on=NOW.date())
    assert shown(signed_in, assessment) == ["A-1"]


def test_an_answer_shows_and_hides_others_in_the_same_response_in_a_row(signed_in, assessment):
    create_answer(assessment=assessment, question="A-6", value={"value": "yes"})

    opened = answer(signed_in, assessment, "A-1", "yes")
    closed = answer(signed_in, assessment, "A-1", "no", base=1)

    assert [opened[code]["hidden"] for code in ("A-6", "A-8")] == [False, False]
    assert [closed[code]["hidden"] for code in ("A-6", "A-8")] == [True, True]


def test_what_is_hidden_is_kept_not_scored_and_there_again(signed_in, assessment):
    create_answer(assessment=assessment, question="A-1", value={"value": "yes"}, version=1)
    create_answer(assessment=assessment, question="A-6", value={"value": "yes"})
    create_answer(assessment=assessment, question="A-8", value={"value": "no"})

    def declared() -> str:
        worksheet = open_worksheet(assessment)
        return str(worksheet.rules.score(worksheet.facts, worksheet.states).declared)

    assert declared() == "66.67"
    answer(signed_in, assessment, "A-1", "no", base=1)
    # Of, only A-1 is asked now, and "no" earns nothing.
    assert (declared(), open_worksheet(assessment).progress().asked) == ("0.00", 1)
    assert Answer.objects.get(question="A-8").value == {"value": "no"}
    answer(signed_in, assessment, "A-1", "yes", base=2)
    assert (declared(), shown(signed_in, assessment)) == ("66.67", ["A-1", "A-6", "A-8"])


def test_a_hidden_question_never_keeps_an_assessment_from_being_handed_in(assessment, owner):
    create_answer(assessment=assessment, question="A-1", value={"value": "yes"})

    def hand_in() -> None:
        submitting.submit_assessment(assessment_id=assessment.pk, by=owner, name="Olive", job_title="Owner", statement="True.", at=NOW)

    with pytest.raises(submitting.Blocked):
        hand_in()
    Answer.objects.filter(question="A-1").update(value={"value": "no"})

    hand_in()
    assessment.refresh_from_db()
    assert assessment.status == "submitted"
