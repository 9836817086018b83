"""What a browser, a script or a slip of the hand may send: a clear word about it, nothing broken, nothing lost."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.models import Answer, Assessment
from suppliers.models import Supplier
from tests.assessments.small import document, option, question, text
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_questionnaire, create_user


COLUMNS = [
    {"key": "what", "type": "text", "label": text("What")},
    {"key": "kg", "type": "number", "unit": "kg", "label": text("Kilograms")},
]
CONTENT = document(
    question("A-1", "text"),
    question("A-2", "number", unit="kg", units=["kg", "t"], max="1000000"),
    question("A-3", "date"),
    question("A-4", "table", columns=COLUMNS, max_rows=200),
    question("A-5", "single", options=[option("good", "1"), option("bad", "0")]),
    question("A-6", "multi", options=[option("a"), option("b")], credit={"kind": "checklist", "full": 2}),
    question("A-7", "percent", credit={"kind": "bands", "bands": [{"from": "0", "credit": "1"}]}),
)
GOOD = {
    "A-1": {"value": "As before."},
    "A-2": {"value": {"amount": "5", "unit": "kg"}},
    "A-3": {"value": "2026-03-04"},
    "A-4": {"value": [{"what": "R-32", "kg": {"amount": "1", "unit": "kg"}}]},
    "A-5": {"value": "good"},
    "A-6": {"value": ["a"]},
    "A-7": {"value": "50"},
}


@pytest.fixture
def assessment(supplier: Supplier) -> Assessment:
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=CONTENT)))


@pytest.fixture
def answered(assessment: Assessment, owner: User) -> Assessment:
    for code, value in GOOD.items():
        create_answer(assessment=assessment, question=code, value=value, updated_by=owner)
    return assessment


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def send(client: Client, assessment: Assessment, code: str, data: dict[str, Any], *, base: int = 1) -> Any:
    url = reverse("assessments:save_answer", args=[assessment.pk, code])
    return client.post(url, {f"{code}__-base": base, f"{code}__-strict": "1", **{f"{code}__{name}": value for name, value in data.items()}})


def stored(assessment: Assessment) -> dict[str, Any]:
    return dict(Answer.objects.filter(assessment=assessment).values_list("question", "value"))


TOO_MANY_ROWS = {f"value__{number}__what": "x" for number in range(201)}


@pytest.mark.parametrize(
    ("code", "typed", "said"),
    [
        ("A-1", {"value": "x" * 5001}, "Shorten this text to 5000 characters; it has 5001."),
        ("A-1", {"value": "x" * 1_000_000}, "Shorten this text to 5000 characters; it has 1000000."),
        ("A-2", {"value__amount": "1", "value__unit": "kWh"}, "“kWh” is not a unit offered here."),
        ("A-2", {"value__amount": "1", "value__unit": "x" * 100_000}, f"“{'x' * 40}…” is not a unit offered here."),
        ("A-2", {"value__amount": "1,234", "value__unit": "kg"}, "“1,234” may be 1234 or 1.234. Write it as one of these."),
        ("A-2", {"value__amount": "NaN", "value__unit": "kg"}, "Enter a number in digits, such as 1250.5."),
        ("A-2", {"value__amount": "Infinity", "value__unit": "kg"}, "Enter a number in digits, such as 1250.5."),
        ("A-2", {"value__amount": "1e400", "value__unit": "kg"}, "Enter a number in digits, such as 1250.5."),
        ("A-2", {"value__amount": "-", "value__unit": "kg"}, "Enter a number in digits, such as 1250.5."),
        ("A-2", {"value__amount": "9" * 1000, "value__unit": "kg"}, "Enter at most 18 digits before and 10 after the decimal point."),
        ("A-2", {"value__amount": "1001", "value__unit": "t"}, "Enter at most 1000000 kg."),
        ("A-3", {"value": "3/4/2026"}, "“3/4/2026” may be 2026-04-03 or 2026-03-04. Write the year first, as in one of these."),
        ("A-3", {"value": "2026-02-30"}, "Enter a date such as 2026-03-31."),
        ("A-3", {"value": "1066-10-14"}, "Enter a year from 1900 to 2200."),
        ("A-4", TOO_MANY_ROWS, "Enter at most 200 rows."),
        ("A-5", {"value": "perfect"}, "Choose one of the options offered."),
        ("A-5", {"value": "\x00"}, "Choose one of the options offered."),
        ("A-6", {"value": ["a", "z"]}, "Choose one of the options offered."),
        ("A-7", {"value": "120"}, "Enter at most 100 %."),
    ],
)
def test_what_cannot_be_taken_is_named_beside_its_field_and_what_stood_there_stays(signed_in, answered, code, typed, said):
    response = send(signed_in, answered, code, typed)

    assert response.status_code == 422
    assert list(response.json()["errors"].values()) == [said]
    assert stored(answered) == GOOD


@pytest.mark.parametrize(
    ("code", "typed", "kept"),
    [
        ("A-1", {"value": "first\x00 \x1b[31msecond"}, {"value": "first [31msecond"}),
        ("A-1", {"value": "invoice\u202efdp.exe\u200f"}, {"value": "invoicefdp.exe"}),
        ("A-2", {"value__amount": "\u200e\u2066１ ２３４，５\u2069", "value__unit": "kg"}, {"value": {"amount": "1234.5", "unit": "kg"}}),
        ("A-7", {"value": "١٢"}, {"value": "12"}),
        ("A-3", {"value": "２０２６年３月４日\u200f"}, {"value": "2026-03-04"}),
    ],
)
def test_what_cannot_be_seen_is_taken_out(signed_in, assessment, code, typed, kept):
    assert send(signed_in, assessment, code, typed, base=0).status_code == 200
    assert stored(assessment) == {code: kept}


def test_lone_surrogates_and_broken_bytes_are_stored_as_something_that_can_be_printed(signed_in, assessment):
    url = reverse("assessments:save_answer", args=[assessment.pk, "A-1"])
    body = b"A-1__-base=0&A-1__value=%ED%A0%80left%FF%C3right"

    response = signed_in.post(url, body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 200
    stored(assessment)["A-1"]["value"].encode()


def test_a_table_of_ten_thousand_rows_is_refused(signed_in, answered):
    rows = "&".join(f"A-4__value__{number}__what=x" for number in range(10_000))
    url = reverse("assessments:save_answer", args=[answered.pk, "A-4"])

    response = signed_in.post(url, f"A-4__-base=1&{rows}", content_type="application/x-www-form-urlencoded")

    # More fields than a request may have: the page keeps it and says so.
    assert response.status_code == 400
    assert stored(answered) == GOOD


def test_more_than_a_request_may_hold_is_refused_and_what_stood_there_stays(signed_in, answered):
    assert send(signed_in, answered, "A-1", {"value": "字" * 2_000_000}).status_code in (400, 413)
    assert stored(answered) == GOOD


def test_only_the_last_row_of_many_numbers_makes_no_endless_table(signed_in, answered):
    response = send(signed_in, answered, "A-4", {"value__9999__what": "x", "value__99999999999__what": "x", "value__-1__what": "x"})

    assert response.status_code in (200, 422)
    assert stored(answered)["A-4"] in ({}, GOOD["A-4"])


def test_fields_nobody_asked_for_change_nothing(signed_in, answered):
    more = {"value": "As before.", "value__amount": "1", "colour": "red", "-choice": "nobody", "": "x"}

    assert send(signed_in, answered, "A-1", more).status_code == 200
    assert stored(answered) == GOOD


@pytest.mark.parametrize("base", ["", "-1", "1.5", "9" * 30, "\x00", "１", "one"])
def test_a_version_that_is_none_is_taken_for_none_seen(signed_in, answered, base, owner):
    Answer.objects.filter(question="A-1").update(updated_by=create_user())

    response = send(signed_in, answered, "A-1", {"value": "Otherwise."}, base=base)

    assert response.status_code in (200, 409)
    assert stored(answered)["A-1"] in ({"value": "Otherwise."}, GOOD["A-1"])


def test_a_stale_version_is_a_conflict_and_both_answers_are_there(signed_in, answered):
    Answer.objects.filter(question="A-1").update(version=7, value={"value": "Newer."}, updated_by=create_user(name="Li Wei"))

    response = send(signed_in, answered, "A-1", {"value": "Older."}, base=3)

    assert response.status_code == 409
    assert "Li Wei" in response.json()["html"]
    assert stored(answered)["A-1"] == {"value": "Newer."}


def test_a_question_of_another_questionnaire_or_another_company_is_not_found(signed_in, answered):
    foreign = create_assessment(campaign=answered.campaign)

    assert send(signed_in, answered, "Z-9", {"value": "yes"}).status_code == 404
    assert send(signed_in, foreign, "A-1", {"value": "yes"}).status_code == 404
    assert stored(foreign) == {}


def test_answers_after_submission_are_refused_and_said_not_to_be_saved(signed_in, answered, owner):
    Assessment.objects.filter(pk=answered.pk).update(status="submitted", submitted_at=NOW, submitted_by=owner)

    response = send(signed_in, answered, "A-1", {"value": "Too late."})

    assert response.status_code == 409
    assert "not saved" in response.json()["closed"]
    assert stored(answered) == GOOD
