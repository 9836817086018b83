"""A questionnaire that strangers wrote in a spreadsheet: read, refused with its cells, asked, scored and printed."""

import re
from collections.abc import Iterable
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Role, User
from assessments.models import Assessment, QuestionnaireVersion
from assessments.questionnaires import questionnaire
from assessments.questionnaires.questionnaire import QuestionnaireError
from assessments.rules import loading, questionnaire_workbook
from assessments.scores.keeping import keep_scores
from reports import audit_pdf, printing
from suppliers.models import Supplier
from suppliers.workbook_opening import WorkbookRefused, column_letters
from tests.assessments.filling import Workbook
from tests.assessments.publishing import today
from tests.assessments.small import document, option, question, text
from tests.factories import NOW, create_assessment, create_campaign, create_user


FOLDER = Path(__file__).resolve().parents[3] / "assessments/questionnaires"
EXAMPLE = FOLDER / "examples/hotel-and-venue-check-1.xlsx"
# What a form keeps beside each answer: the version it was read in, and how it read.
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+__-(?:base|was))" value="([^"]*)"')
SHIPPED = FOLDER / "supplier-esg-code-2026.1.yaml"


def two_questions(**parts: Any) -> dict[str, Any]:
    return document(
        question("A-1"),
        question("A-2", "single", options=[option("good", "1"), option("bad", "0")], applies={"when": "A-1 = yes"}),
        question(
            "B-1", "percent", area="B", credit={"kind": "bands", "bands": [{"from": "0", "credit": "0"}, {"from": "50", "credit": "1"}]}
        ),
        **parts,
    )


def filled(*changes: tuple[str, str, Any], content: dict[str, Any] | None = None) -> bytes:
    """The workbook of two_questions with other contents in these cells: sheet, address, content."""
    workbook = Workbook(questionnaire_workbook.write_xlsx(content or two_questions()))
    for sheet, address, value in changes:
        workbook.put(sheet, address, value)
    return workbook.data()


def refused(data: bytes) -> dict[str, str]:
    with pytest.raises(QuestionnaireError) as error:
        questionnaire_workbook.read_xlsx(data)
    return {problem.cell: problem.reason for problem in error.value.problems}


def cell_of(sheet: str, heading: str, row: int) -> str:
    """The address below a heading."""
    heads = Workbook(filled()).rows(sheet)[0]
    return f"{column_letters(heads.index(heading) + 1)}{row}"


# --- reading ----------------------------------------------------------------------------------------------------------


def test_everything_the_yaml_file_can_say_the_workbook_can_say() -> None:
    ours = questionnaire.read_yaml(SHIPPED.read_text(encoding="utf-8"))

    assert questionnaire_workbook.read_xlsx(questionnaire_workbook.write_xlsx(ours.document)).sha256 == ours.sha256


def test_numbers_typed_as_numbers_are_the_digits_that_were_typed() -> None:
    weight, share = cell_of("questions", "weight", 2), cell_of("profiles", "A", 2)

    read = questionnaire_workbook.read_xlsx(filled(("questions", weight, 0.1), ("profiles", share, 50), ("credit_bands", "B3", 62.5)))

    assert read.question("A-1").weight == Decimal("0.1")
    assert read.profiles["default"]["A"] == 50
    assert read.question("B-1").credit.bands[1].starts_at == Decimal("62.5")


def test_sheets_by_any_case_remarks_and_notes_are_understood() -> None:
    workbook = Workbook(filled())
    workbook.change("xl/workbook.xml", 'name="bands"', 'name="Bands"')
    workbook.put("areas", "A3", "# B")

    with pytest.raises(QuestionnaireError) as error:
        questionnaire_workbook.read_xlsx(workbook.data())

    # The remark took the second area away, and nothing else is wrong.
    assert {problem.path for problem in error.value.problems} >= {"questions[2].area"}
    assert not any("bands" in problem.path and "credit" not in problem.path for problem in error.value.problems)


def test_every_problem_of_a_workbook_is_in_one_list_with_its_cell() -> None:
    share, kind, when = cell_of("profiles", "B", 2), cell_of("questions", "type", 4), cell_of("questions", "applies.when", 3)

    found = refused(
        filled(
            ("profiles", share, 40),
            ("bands", "B2", 5),
            ("questions", when, "A-1 = maybe"),
            ("questions", kind, "colour"),
            ("options", "A2", "A-9"),
            ("credit_bands", "C2", "much"),
        )
    )

    assert found[f"questions!{when}"].startswith("Unknown option “maybe”")
    assert found["profiles!A2"] == "The shares add up to 90, not to 100."
    assert found["bands!A2"] == "The first band starts at 5, not at 0."
    assert found[f"questions!{kind}"].startswith("“colour” is not one of: maturity")
    assert found["options!A2"] == "There is no question “A-9” on the sheet “questions”."
    assert found["credit_bands!C2"].startswith("“much” is not a number")


@pytest.mark.parametrize(
    ("sheet", "address", "content", "reason"),
    [
        ("questions", "A1", "kode", "Unknown heading “kode”"),
        ("questions", "B1", "code", "“code” appears more than once."),
        ("options", "B2", "other", "Question A-2 has no field “other”."),
        ("questionnaire", "A2", "kee", "Unknown key; known here: key, version"),
        ("profiles", "A2", "circus", "Unknown key; known here: default, media"),
    ],
)
def test_a_slip_is_named_with_its_cell(sheet: str, address: str, content: str, reason: str) -> None:
    found = refused(filled((sheet, address, content)))

    assert found[f"{sheet}!{address}"].startswith(reason), found


@pytest.mark.parametrize("sheet", ["areas", "profiles", "bands", "questions", "options", "credit_bands"])
@pytest.mark.parametrize("heading", ["", "whatever"])
def test_a_sheet_without_a_heading_that_is_known_is_said_and_is_no_accident(sheet: str, heading: str) -> None:
    workbook = Workbook(filled())
    for column in range(len(workbook.rows(sheet)[0])):
        workbook.put(sheet, f"{column_letters(column + 1)}1", heading)

    found = refused(workbook.data())

    said = "Unknown heading “whatever”" if heading else "There is no heading above this cell."
    assert any(cell.startswith(f"{sheet}!") and reason.startswith(said) for cell, reason in found.items()), found


def test_a_missing_and_an_unknown_sheet_are_named() -> None:
    workbook = Workbook(filled())
    workbook.change("xl/workbook.xml", 'name="bands"', 'name="bandz"')

    found = refused(workbook.data())

    assert found["bandz!A1"].startswith("Unknown sheet; known are: questionnaire, areas, profiles, bands")
    assert found[""] == "The sheet “bands” is missing."


def test_conditions_in_a_circle_are_listed_beside_shares_that_do_not_add_up() -> None:
    content = two_questions()
    content["questions"][0]["applies"] = {"when": "A-2 = good"}
    content["profiles"]["default"] = {"A": "50", "B": "45"}

    found = refused(filled(content=content))

    assert found["profiles!A2"] == "The shares add up to 95, not to 100."
    assert found[f"questions!{cell_of('questions', 'applies.when', 2)}"] == "These conditions wait for each other: A-1, A-2."
    assert len(found) == 2


def test_a_formula_without_a_result_is_named_by_its_cell() -> None:
    workbook = Workbook(filled())
    workbook.put("credit_bands", "C3", None, formula="1/0")

    assert refused(workbook.data()) == {"credit_bands!C3": "This cell holds an error, or a formula without a result."}


_WORKBOOK = filled(content=two_questions(areas=[{"code": "A", "title": text("A")}, {"code": "B", "title": text("B")}]))
_CELLS = [
    (sheet, f"{column_letters(place)}{number}")
    for sheet in Workbook(_WORKBOOK).names
    for number, row in enumerate(Workbook(_WORKBOOK).rows(sheet), start=1)
    for place, cell in enumerate(row, start=1)
    if cell != ""
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(_CELLS),
            st.sampled_from(
                ["", "x", "#", "A", "A.B", "A-1", "code", "value", "credit.full", "mappings.a.b", "mappings.a", "yes; no", "na"]
            )
            | st.floats(allow_nan=False, allow_infinity=False),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_stands_in_a_cell_the_workbook_is_read_or_refused_with_a_place(changes: list[tuple[tuple[str, str], Any]]) -> None:
    workbook = Workbook(_WORKBOOK)
    for (sheet, address), content in changes:
        workbook.put(sheet, address, content)

    places = ["read"]
    try:
        questionnaire_workbook.read_xlsx(workbook.data())
    except QuestionnaireError as refusal:
        places = [problem.reason and (problem.cell or problem.path) for problem in refusal.problems]

    assert all(places)


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a package", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"])
def test_what_only_looks_like_a_spreadsheet_is_refused(client: Client, staff: User, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "no.xlsx"
    file.write_bytes(content)
    client.force_login(staff)

    with pytest.raises(WorkbookRefused):
        loading.read(file)
    with pytest.raises(CommandError, match="XLSX"):
        call_command("load_questionnaire", file)
    page = client.post(reverse("assessments:questionnaire_load"), {"file": SimpleUploadedFile("no.xlsx", content)})
    assert page.status_code == 422
    assert "XLSX" in page.text


# --- a stranger's questionnaire from the file to the printed report ---------------------------------------------------

# Yes to all but what stands here; each yes or no comes with its reason.
SAID = {"S-10": "na", "R-01": "no"}
CHOSEN: dict[str, Any] = {
    "S-16": "outside",
    "R-14": ["own", "certificates"],
    "R-15": "na",
    "P-14": ["safety", "rights"],
    "P-15": "elected",
}


def load_in_the_browser(client: Client, staff: User) -> QuestionnaireVersion:
    client.force_login(staff)
    page = client.post(
        reverse("assessments:questionnaire_load"), {"file": SimpleUploadedFile(EXAMPLE.name, EXAMPLE.read_bytes())}, follow=True
    )
    version = QuestionnaireVersion.objects.get(key="hotel-and-venue-check")
    assert "46 questions in 3 areas" in page.text
    client.force_login(create_user(role=Role.ESG_STAFF))
    client.post(reverse("assessments:questionnaire_announce", args=[version.pk]), {"in_force_from": today().isoformat()})
    client.force_login(staff)
    version.refresh_from_db()
    return version


def typed(codes: Iterable[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for code in codes:
        given[f"{code}__value"] = CHOSEN.get(code) or SAID.get(code, "yes")
        if code not in CHOSEN:
            given[f"{code}__reason"] = f"Because of {code}"
    return given


def answer_area(client: Client, assessment: Assessment, area: str) -> None:
    url = reverse("assessments:area", args=[assessment.pk, area])
    hidden = {name: unescape(value) for name, value in HIDDEN.findall(client.get(url).text)}
    codes = {name.partition("__")[0] for name in hidden}
    assert client.post(url, {"save": "1", **hidden, **typed(codes)}).status_code == 302


def test_a_strangers_questionnaire_is_asked_scored_and_printed_like_ours(
    client: Client, staff: User, owner: User, reviewer: User, supplier: Supplier
) -> None:
    version = load_in_the_browser(client, staff)
    assessment = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=version))
    client.force_login(owner)
    for area in ("safety", "resources", "people"):
        answer_area(client, assessment, area)
    keep_scores([assessment.pk], at=NOW)
    assessment.refresh_from_db()

    # Safety: 13 yes (one does not apply) and 2 x 0.8 of 15: 97.33; the drill without its record earns half: 94.
    # Resources: 12 yes of 13 and 2 x (0.5 + 0.25) of 15: 90. People: 13 yes, 2 x 2/3 and 2 x 1 of 17: 96.0784.
    # 0.4 x 97.3333 + 0.3 x 90 + 0.3 x 96.0784 = 94.7569; evidenced 0.4 x 94 + 27 + 28.8235 = 93.4235.
    assert (assessment.declared, assessment.evidenced) == (Decimal("94.76"), Decimal("93.42"))
    report = audit_pdf.as_html(audit_pdf.gather(assessment, by=reviewer))
    for words in ("Hotel and venue check", "Is food waste weighed?", "Because of R-01", "Own solar roof", "An outside expert", "93.42"):
        assert words in report, words
    assert printing.as_pdf(report).startswith(b"%PDF-1.7")


def test_the_command_loads_a_workbook(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_questionnaire", EXAMPLE, "--publish")

    assert "hotel-and-venue-check 1: in_force" in capsys.readouterr().out


def test_the_command_names_file_cell_and_reason(db: None, tmp_path: Path) -> None:
    file = tmp_path / "shares.xlsx"
    file.write_bytes(filled(("profiles", cell_of("profiles", "B", 2), 40)))

    with pytest.raises(CommandError) as refusal:
        call_command("load_questionnaire", file)

    assert f"{file}:profiles!A2: profiles.default: The shares add up to 90, not to 100." in str(refusal.value)


def test_the_browser_lists_the_cells(client: Client, staff: User) -> None:
    client.force_login(staff)
    data = filled(("profiles", cell_of("profiles", "B", 2), 40), ("bands", "B2", 5))

    page = client.post(reverse("assessments:questionnaire_load"), {"file": SimpleUploadedFile("mine.xlsx", data)})

    assert page.status_code == 422
    for words in ("mine.xlsx", "2 problems", "profiles!A2", "bands!A2"):
        assert words in page.text, words
    assert not QuestionnaireVersion.objects.exists()


def test_a_version_is_taken_away_as_a_workbook_and_comes_back_the_same(client: Client, reviewer: User) -> None:
    version = loading.load_questionnaire(two_questions(title=text("Two")), by=None, at=NOW)
    client.force_login(reviewer)

    page = client.get(reverse("assessments:questionnaire_file", args=[version.pk]))
    data = b"".join(page.streaming_content)  # type: ignore[attr-defined]

    assert page["Content-Disposition"] == 'attachment; filename="small-1.xlsx"'
    assert questionnaire_workbook.read_xlsx(data).sha256 == version.sha256
