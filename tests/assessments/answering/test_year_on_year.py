"""Quantities far from last year's ask for a note: on the page, on saving, before signing and in the review. Never in the score."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from assessments.answering import year_on_year
from assessments.answering.worksheet import open_worksheet
from assessments.models import Assessment
from assessments.selectors import open_dossier
from suppliers.models import Supplier
from tests.assessments.small import document, question, text
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_questionnaire, create_user


POWER = question("A-1", "number", unit="kWh", units=["kWh", "MWh"], min="0")
WASTE = {
    **question("A-2", credit={"kind": "disclosure"}),
    "fields": [{"key": key, "type": "number", "unit": "t", "label": text(key)} for key in ("made", "kept")],
}
PEOPLE = question("A-3", "number", unit="hours")
GAS = {
    **question("A-4", credit={"kind": "disclosure"}),
    "fields": [{"key": key, "type": "number", "unit": "m3", "label": text(key)} for key in ("value", "previous_year")],
}
CONTENT = document(POWER, WASTE, PEOPLE, GAS)


def kwh(amount: str, unit: str = "kWh") -> dict[str, Any]:
    return {"value": {"amount": amount, "unit": unit}}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    year_on_year._earlier.cache_clear()


@pytest.fixture
def questionnaire(db: None) -> Any:
    return create_questionnaire(content=CONTENT)


@pytest.fixture
def earlier(supplier: Supplier, questionnaire: Any) -> Assessment:
    campaign = create_campaign(questionnaire=questionnaire, cycle=2025)
    found = create_assessment(supplier=supplier, campaign=campaign)
    create_answer(assessment=found, question="A-1", value=kwh("100"))
    create_answer(assessment=found, question="A-2", value={"made": {"amount": "10", "unit": "t"}, "kept": {"amount": "0", "unit": "t"}})
    create_answer(assessment=found, question="A-3", value={"value": {"amount": "10", "unit": "hours"}})
    create_answer(assessment=found, question="A-4", value={"value": {"amount": "10", "unit": "m3"}})
    Assessment.objects.filter(pk=found.pk).update(status="submitted", submitted_at=NOW, submitted_by=create_user())
    return found


@pytest.fixture
def assessment(supplier: Supplier, questionnaire: Any, earlier: Assessment) -> Assessment:
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=questionnaire, cycle=2026))


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def remarks(assessment: Assessment, code: str) -> tuple[str, ...]:
    return open_worksheet(assessment).remarks(code)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (kwh("130"), ()),
        (kwh("70"), ()),
        (kwh("130.1"), ("30% more than in FY2025 (100 kWh). Please check the figure, or say in the note what changed.",)),
        (kwh("0.05", "MWh"), ("50% less than in FY2025 (100 kWh). Please check the figure, or say in the note what changed.",)),
        (kwh("100", "MWh"), ("99900% more than in FY2025 (100 kWh). Please check the figure, or say in the note what changed.",)),
        ({"value": "nonsense"}, ()),
    ],
)
def test_a_quantity_more_than_thirty_per_cent_away_asks_for_a_note(assessment, value, said):
    create_answer(assessment=assessment, question="A-1", value=value)

    assert remarks(assessment, "A-1") == said


def test_each_of_several_quantities_is_named_and_a_zero_has_no_per_cent(assessment):
    create_answer(assessment=assessment, question="A-2", value={"made": {"amount": "1", "unit": "t"}, "kept": {"amount": "1", "unit": "t"}})

    made, kept = remarks(assessment, "A-2")

    assert made.startswith("made: 90% less than in FY2025 (10 t).")
    assert kept.startswith("kept: In FY2025 this was 0.")


def test_hours_and_questions_that_ask_for_the_past_themselves_are_not_compared(assessment):
    create_answer(assessment=assessment, question="A-3", value={"value": {"amount": "99", "unit": "hours"}})
    create_answer(assessment=assessment, question="A-4", value={"value": {"amount": "99", "unit": "m3"}})

    assert (remarks(assessment, "A-3"), remarks(assessment, "A-4")) == ((), ())


def test_only_what_was_handed_in_in_an_earlier_year_is_last_year(supplier, questionnaire, assessment):
    create_answer(assessment=assessment, question="A-1", value=kwh("100"))
    draft = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=questionnaire, cycle=2025))
    create_answer(assessment=draft, question="A-1", value=kwh("1"))
    other = create_assessment(
        campaign=create_campaign(questionnaire=questionnaire, cycle=2025), status="submitted", submitted_at=NOW, submitted_by=create_user()
    )

    assert remarks(assessment, "A-1") == ()
    assert year_on_year.before(other.pk, ["A-1"]) == {}


def test_saving_says_so_at_once_and_saves_all_the_same(signed_in, assessment):
    url = reverse("assessments:save_answer", args=[assessment.pk, "A-1"])

    response = signed_in.post(url, {"A-1__value__amount": "500", "A-1__value__unit": "kWh", "A-1__-base": "0"})

    assert response.status_code == 200
    assert "400% more than in FY2025" in response.json()["questions"]["A-1"]["checks"][0]
    assert "400% more than in FY2025" in signed_in.get(reverse("assessments:area", args=[assessment.pk, "A"])).content.decode()


def test_saving_costs_a_query_more_only_for_a_quantity_of_a_supplier_with_a_last_year(signed_in, assessment, questionnaire, supplier):
    new = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=questionnaire, cycle=2024))

    def save(paper: Assessment, code: str, name: str, amount: str) -> int:
        data = {f"{code}__{name}__amount": amount, f"{code}__-base": "0"}
        url = reverse("assessments:save_answer", args=[paper.pk, code])
        with CaptureQueriesContext(connection) as queries:
            assert signed_in.post(url, data).status_code == 200
        return len(queries)

    for paper in (assessment, new):
        for code, name in (("A-1", "value"), ("A-3", "value")):
            save(paper, code, name, "1")  # the first save of all puts the assessment in progress

    plain = save(assessment, "A-3", "value", "2")
    assert save(assessment, "A-1", "value", "2") == plain + 1
    assert save(new, "A-1", "value", "2") == plain


def test_the_note_explains_it_and_the_reviewer_sees_both(assessment, signed_in):
    answer = create_answer(assessment=assessment, question="A-1", value=kwh("500"))
    assert open_worksheet(assessment).lacks_note("A-1")
    check = signed_in.get(reverse("assessments:check", args=[assessment.pk])).content.decode()
    assert "400% more than in FY2025" in check

    answer.value, answer.note = {**answer.value, "note": "A second hall."}, "A second hall."
    answer.save()

    assert not open_worksheet(assessment).lacks_note("A-1")
    asked = open_dossier(assessment).areas[0].questions[0]
    assert (asked.note, len(asked.remarks)) == ("A second hall.", 1)
    # The score does not know last year.
    assert asked.line.failed_checks == ()


def test_opening_an_area_costs_the_same_for_one_quantity_and_for_all(signed_in, assessment):
    url = reverse("assessments:area", args=[assessment.pk, "A"])
    create_answer(assessment=assessment, question="A-1", value=kwh("500"))
    signed_in.get(url)
    with CaptureQueriesContext(connection) as few:
        signed_in.get(url)
    create_answer(assessment=assessment, question="A-2", value={"made": {"amount": "1", "unit": "t"}})

    with CaptureQueriesContext(connection) as many:
        signed_in.get(url)

    assert len(many) == len(few)
