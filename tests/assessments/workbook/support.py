"""A questionnaire with one question of each type, and what people do with a workbook of it."""

from typing import Any

from accounts.models import User
from assessments.answering.saving import save_answer
from assessments.models import Answer, Assessment, WorkbookUpload
from assessments.questionnaires import answers
from assessments.questionnaires.questions import Question, Text
from assessments.workbook import uploads
from assessments.workbook.merging import typed_of
from assessments.workbook.reading import Given
from tests.assessments.filling import Workbook
from tests.assessments.small import document, option, question, text
from tests.factories import NOW


GAS = {"key": "gas", "type": "single", "label": text("gas"), "options": [option("r22"), option("r410a")]}
AMOUNT = {"key": "amount", "type": "number", "label": text("amount"), "unit": "kg", "units": ["kg", "t"], "min": "0"}
# One question of each type.
ALL = document(
    question("A-01"),
    question("A-02", "single", options=[option("low", "0"), option("high", "1")]),
    question("A-03", "maturity", applies={"when": "A-01 = yes and A-02 in [low, high]"}),
    question("A-04", "multi", options=[option("reuse", "0.5"), option("repair", "0.5"), option("none", "0", excludes_others=True)]),
    question("A-05", "number", unit="kWh", units=["kWh", "MWh"], min="0", max="9000000"),
    question("A-06", "percent"),
    question("A-07", "date"),
    question("A-08", "text"),
    question("B-01", "table", area="B", columns=[GAS, AMOUNT], min_rows=0, max_rows=4),
    question("B-02", "yes_no_na", area="B"),
)
ALL_VALUES: dict[str, dict[str, Any]] = {
    "A-01": {"value": "yes", "note": "=1+1"},
    "A-02": {"value": "high"},
    "A-03": {"value": "3"},
    "A-04": {"value": ["reuse", "repair"]},
    "A-05": {"value": {"amount": "1240.5", "unit": "MWh"}},
    "A-06": {"value": "12.5"},
    "A-07": {"value": "2026-03-31"},
    "A-08": {"value": "第一行\nsecond line"},
    "B-01": {"value": [{"gas": "r22", "amount": {"amount": "2", "unit": "t"}}, {"gas": "r410a"}]},
    "B-02": {"value": "na"},
}


def copy_of(assessment: Assessment, by: User) -> Workbook:
    return Workbook(uploads.copy_of(Assessment.objects.select_related("campaign", "supplier").get(pk=assessment.pk), by=by, at=NOW))


def upload(assessment: Assessment, workbook: Workbook, by: User) -> WorkbookUpload:
    return uploads.keep(assessment=assessment, data=workbook.data(), name="copy.xlsx", by=by, at=NOW)


def save(assessment: Assessment, code: str, value: dict[str, Any], by: User, base: int = 0) -> None:
    save_answer(assessment_id=assessment.pk, question=code, value=value, note="", base_version=base, by=by, at=NOW)


def apply(found: WorkbookUpload, by: User, **choices: str) -> uploads.Applied:
    seen = {str(each.slot): each.now.version for each in uploads.merges_of(found)}
    return uploads.apply(
        upload_id=found.pk, seen=seen, choices={code.replace("_", "-"): choice for code, choice in choices.items()}, by=by, at=NOW
    )


def stored(assessment: Assessment, code: str) -> Any:
    return Answer.objects.get(assessment=assessment, question=code, site=None).value


def cleaned(question: Question, given: Given) -> dict[str, Any]:
    return answers.clean(question, typed_of(question, given)).value


def text_of(name: str) -> Text:
    return Text(name, name)
