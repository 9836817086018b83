"""Every type of answer, and every unit, from the editor to the audit report, with and without JavaScript."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.answering.worksheet import open_worksheet
from assessments.models import Answer, Assessment
from assessments.scores.keeping import keep_scores
from reports import audit_pdf, printing
from suppliers.models import Supplier
from tests.assessments.small import document, option, question, text
from tests.factories import NOW, create_assessment, create_campaign, create_questionnaire


UNITS = ["t", "kg", "kWh", "MWh", "MJ", "GJ", "tce", "m3", "Nm3", "L", "CNY"]
# What a unit is counted in: (unit of the question, factor).
COUNTED_IN = {
    "t": ("kg", "1000"), "kg": ("t", "0.001"), "kWh": ("MJ", "3.6"), "MWh": ("kWh", "1000"), "MJ": ("GJ", "0.001"), "GJ": ("MJ", "1000"),
    "tce": ("GJ", "29.307"), "m3": ("L", "1000"), "Nm3": ("m3", "1"), "L": ("m3", "0.001"), "CNY": ("10k CNY", "0.0001"),
}  # fmt: skip

SEVERAL = [
    {"key": "bought", "type": "number", "unit": "t", "units": ["t", "kg"], "label": text("Bought")},
    {"key": "share", "type": "percent", "label": text("Recycled")},
    {"key": "since", "type": "date", "label": text("Since"), "required": False},
]
GASES = [
    {"key": "gas", "type": "single", "label": text("Gas"), "options": [option("r32"), option("sf6")]},
    {"key": "quantity", "type": "number", "unit": "kg", "label": text("Quantity")},
    {"key": "on", "type": "date", "label": text("Filled on"), "required": False},
]
BANDS = {"kind": "bands", "bands": [{"from": "0", "credit": "0"}, {"from": "50", "credit": "1"}]}
QUESTIONS = [
    question("A-01"),
    question("A-02", "yes_no_na"),
    question("A-03", "single", options=[option("good", "1"), option("bad", "0")]),
    question(
        "A-04",
        "multi",
        options=[option("sun"), option("wind"), option("none", excludes_others=True)],
        credit={"kind": "checklist", "full": 2},
    ),
    question("A-05", "maturity"),
    question("A-06", "percent", credit=BANDS),
    question("A-07", "date"),
    question("A-08", "text"),
    {**question("A-09", credit={"kind": "disclosure"}), "fields": SEVERAL},
    question("A-10", "table", columns=GASES),
    {**question("A-11", "file", credit={"kind": "disclosure"}), "evidence": {"rule": "required", "text": text("Plan")}},
    *(
        question(f"U-{n:02}", "number", unit=COUNTED_IN[unit][0], units=[COUNTED_IN[unit][0], unit], min="0")
        for n, unit in enumerate(UNITS)
    ),
]

# Names of the inputs and what a browser sends in them.
TYPED: dict[str, dict[str, Any]] = {
    "A-01": {"value": "yes"},
    "A-02": {"value": "na"},
    "A-03": {"value": "good"},
    "A-04": {"value": ["sun", "wind"]},
    "A-05": {"value": "3"},
    "A-06": {"value": "62,5 %"},
    "A-07": {"value": "2026年3月4日"},
    "A-08": {"value": "By the site manager.\r\nEvery week."},
    "A-09": {"bought__amount": "1.234,5", "bought__unit": "kg", "share": "12.5", "since": "04.03.2026"},
    "A-10": {
        "value__0__gas": "r32",
        "value__0__quantity__amount": "３",
        "value__1__gas": "sf6",
        "value__1__quantity__amount": "0,5",
        "value__1__on": "2026-01-31",
    },
    **{f"U-{n:02}": {"value__amount": "1 234,5", "value__unit": unit} for n, unit in enumerate(UNITS)},
}
STORED: dict[str, Any] = {
    "A-01": {"value": "yes"},
    "A-02": {"value": "na"},
    "A-03": {"value": "good"},
    "A-04": {"value": ["sun", "wind"]},
    "A-05": {"value": "3"},
    "A-06": {"value": "62.5"},
    "A-07": {"value": "2026-03-04"},
    "A-08": {"value": "By the site manager.\nEvery week."},
    "A-09": {"bought": {"amount": "1234.5", "unit": "kg"}, "share": "12.5", "since": "2026-03-04"},
    "A-10": {
        "value": [
            {"gas": "r32", "quantity": {"amount": "3", "unit": "kg"}},
            {"gas": "sf6", "quantity": {"amount": "0.5", "unit": "kg"}, "on": "2026-01-31"},
        ]
    },
    **{f"U-{n:02}": {"value": {"amount": "1234.5", "unit": unit}} for n, unit in enumerate(UNITS)},
}
PROOF = b"month,m3\n2026-01,12\n"


@pytest.fixture
def assessment(supplier: Supplier) -> Assessment:
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=document(*QUESTIONS))))


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def named(code: str) -> dict[str, Any]:
    return {f"{code}__{name}": value for name, value in TYPED[code].items()}


def area_url(assessment: Assessment) -> str:
    return reverse("assessments:area", args=[assessment.pk, "A"])


def stored(assessment: Assessment) -> dict[str, Any]:
    return {code: value for code, value in Answer.objects.filter(assessment=assessment).values_list("question", "value") if value}


def answer_everything(client: Client, assessment: Assessment) -> None:
    page = client.get(area_url(assessment))
    data: dict[str, Any] = {"save": "1", "A-11__-file": SimpleUploadedFile("plan.csv", PROOF)}
    for view in page.context["page"].questions:
        data |= {f"{view.code}__-base": view.base, f"{view.code}__-was": view.was}
    for code in TYPED:
        data |= named(code)
    assert client.post(area_url(assessment), data).status_code == 302


@pytest.mark.parametrize("code", sorted(TYPED))
def test_each_answer_saves_by_itself(signed_in: Client, assessment: Assessment, code: str) -> None:
    response = signed_in.post(reverse("assessments:save_answer", args=[assessment.pk, code]), {**named(code), f"{code}__-base": "0"})

    assert response.status_code == 200
    assert response.json()["questions"][code]["answered"] is True
    assert stored(assessment) == {code: STORED[code]}


def test_one_form_saves_all_of_them_without_javascript_and_shows_them_again(signed_in: Client, assessment: Assessment) -> None:
    answer_everything(signed_in, assessment)

    assert stored(assessment) == STORED
    page = signed_in.get(area_url(assessment))
    assert page.context["page"].progress.is_complete
    # What is shown is what is stored: the same form sent back changes nothing.
    versions = dict(Answer.objects.values_list("question", "version"))
    again: dict[str, Any] = {"save": "1"}
    for view in page.context["page"].questions:
        again |= {f"{view.code}__-base": view.base, f"{view.code}__-was": view.was}
        again |= {name: value for each in view.inputs for name, value in sent_back(each)}
    signed_in.post(area_url(assessment), again)
    assert (stored(assessment), dict(Answer.objects.values_list("question", "version"))) == (STORED, versions)


def sent_back(shown: Any) -> list[tuple[str, Any]]:
    if shown.kind == "table":
        return [pair for row in shown.rows for cell in row for pair in sent_back(cell)]
    if shown.kind == "number":
        units = [choice.value for choice in shown.unit_choices if choice.is_chosen]
        return [(f"{shown.name}__amount", shown.value), *((f"{shown.name}__unit", unit) for unit in units)]
    if shown.choices:
        return [(shown.name, [choice.value for choice in shown.choices if choice.is_chosen])]
    return [] if shown.kind == "file" else [(shown.name, shown.value)]


def test_each_unit_is_converted_into_the_one_that_counts(signed_in: Client, assessment: Assessment) -> None:
    answer_everything(signed_in, assessment)
    worksheet = open_worksheet(assessment)

    for number, unit in enumerate(UNITS):
        code = f"U-{number:02}"
        counted = worksheet.rules.rules[code].read(worksheet.states[code].value)["value"]
        assert counted == Decimal("1234.5") * Decimal(COUNTED_IN[unit][1]), unit


def test_all_of_them_are_scored_checked_and_reported(signed_in: Client, assessment: Assessment, reviewer: User) -> None:
    answer_everything(signed_in, assessment)
    Assessment.objects.filter(pk=assessment.pk).update(status="submitted", submitted_at=NOW, submitted_by=reviewer)
    keep_scores([assessment.pk], at=NOW)
    assessment.refresh_from_db()

    # Everything earns its full credit but A-05 (3/4); A-02 does not apply: (1 x 20 + 3/4) / 21.
    assert (assessment.declared, assessment.evidenced) == (Decimal("98.81"), Decimal("98.81"))
    check = signed_in.get(reverse("assessments:check", args=[assessment.pk])).content.decode()
    report = audit_pdf.as_html(audit_pdf.gather(assessment, by=reviewer))
    for words in ("62.5%", "1,234.5 kg", "1,234.5 tce", "1,234.5 Nm³", "By the site manager.", "sf6", "0.5 kg", "plan.csv"):
        assert words in check, words
        assert words in report, words
    assert printing.as_pdf(report).startswith(b"%PDF-1.7")
