"""The supplier's pages, as they work without JavaScript: one form an area, a Save button, nothing lost."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from assessments.models import Answer, Assessment, EvidenceUse, Finding
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_questionnaire
from tests.suppliers.files import pdf_bytes


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire()))


@pytest.fixture
def signed_in(client: Client, owner) -> Client:
    client.force_login(owner)
    return client


def area_url(assessment: Assessment, code: str = "A") -> str:
    return reverse("assessments:area", args=[assessment.pk, code])


def form_of(client: Client, assessment: Assessment, code: str = "A") -> dict[str, Any]:
    """The hidden inputs of the page, as a browser would send them back."""
    data = {}
    for question in client.get(area_url(assessment, code)).context["page"].questions:
        data |= {f"{question.code}__-base": question.base, f"{question.code}__-was": question.was}
    return data


def stored(assessment: Assessment) -> dict[str, Any]:
    return dict(Answer.objects.filter(assessment=assessment).values_list("question", "value"))


def test_save_button_saves_the_page_and_stays(signed_in, assessment):
    response = signed_in.post(area_url(assessment), {**form_of(signed_in, assessment), "A-01__value": "yes", "save": "1"})

    assert response.status_code == 302
    assert response.url == area_url(assessment)
    assert stored(assessment) == {"A-01": {"value": "yes"}}


def test_going_on_leads_to_the_next_area_and_from_the_last_to_checking(signed_in, assessment):
    first = signed_in.post(area_url(assessment), {**form_of(signed_in, assessment), "next": "1"})
    last = signed_in.post(area_url(assessment, "B"), {**form_of(signed_in, assessment, "B"), "next": "1"})

    assert first.url == area_url(assessment, "B")
    assert last.url == reverse("assessments:check", args=[assessment.pk])


def test_questions_left_as_they_were_are_not_saved_again(signed_in, assessment, colleague):
    """The page was opened before a colleague answered another of its questions: sending it back does not undo that."""
    data = form_of(signed_in, assessment, "B")
    create_answer(assessment=assessment, question="B-01", value={"value": "no"}, updated_by=colleague)

    signed_in.post(area_url(assessment, "B"), data)

    assert stored(assessment) == {"B-01": {"value": "no"}}


def test_bad_input_comes_back_beside_the_field_and_the_rest_is_saved(signed_in, supplier):
    from tests.assessments.editor.test_answer_views import TABLE_QUESTION
    from tests.factories import SMALL_QUESTIONNAIRE

    content = {**SMALL_QUESTIONNAIRE, "questions": [*SMALL_QUESTIONNAIRE["questions"], TABLE_QUESTION]}
    assessment = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=content)))
    data = {
        **form_of(signed_in, assessment, "B"),
        "B-01__value": "no",
        "B-02__total__amount": "a lot",
        "B-02__total__unit": "kg",
        "next": "1",
    }

    response = signed_in.post(area_url(assessment, "B"), data)

    assert response.status_code == 200
    assert [view.code for view in response.context["page"].wrong] == ["B-02"]
    assert "a lot" in response.text
    assert "Enter a number in digits" in response.text
    assert stored(assessment) == {"B-01": {"value": "no"}}


def test_conflict_shows_both_answers_and_stays_until_one_is_chosen(signed_in, assessment, colleague):
    data = {**form_of(signed_in, assessment), "A-01__value": "yes"}
    create_answer(assessment=assessment, question="A-01", value={"value": "no"}, updated_by=colleague)

    page = signed_in.post(area_url(assessment), data)
    [view] = page.context["page"].wrong
    assert (view.other.by, view.base, view.state) == ("Colin Colleague", 0, "conflict")

    again = {"A-01__-base": view.base, "A-01__-was": view.was, "A-01__-other": view.other.version, "A-01__value": "yes"}
    assert signed_in.post(area_url(assessment), again).context["page"].wrong
    assert stored(assessment) == {"A-01": {"value": "no"}}

    signed_in.post(area_url(assessment), {**again, "A-01__-choice": "theirs"})
    assert stored(assessment) == {"A-01": {"value": "no"}}

    signed_in.post(area_url(assessment), {**again, "A-01__-choice": "mine"})
    assert stored(assessment) == {"A-01": {"value": "yes"}}


def test_ones_own_stale_page_is_saved_on_top(signed_in, assessment, owner):
    data = {**form_of(signed_in, assessment), "A-01__value": "yes"}
    create_answer(assessment=assessment, question="A-01", value={"value": "no"}, updated_by=owner)

    signed_in.post(area_url(assessment), data)

    assert stored(assessment) == {"A-01": {"value": "yes"}}


def test_file_chosen_on_the_page_becomes_evidence_and_a_bad_one_is_named(signed_in, assessment, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    good = SimpleUploadedFile("bill.pdf", pdf_bytes(b"bill"))
    bad = SimpleUploadedFile("tool.exe", b"MZ")

    response = signed_in.post(area_url(assessment), {**form_of(signed_in, assessment), "A-01__value": "yes", "A-01__-file": [good, bad]})

    assert response.status_code == 200
    assert "tool.exe" in response.text
    assert EvidenceUse.objects.get().document.original_name == "bill.pdf"
    assert stored(assessment) == {"A-01": {"value": "yes"}}


def test_hidden_question_is_on_the_page_but_not_shown(signed_in, assessment):
    response = signed_in.get(area_url(assessment))

    views = {view.code: view for view in response.context["page"].questions}
    assert views["A-02"].is_hidden
    assert response.context["page"].progress.asked == 1


def test_questions_of_other_categories_are_not_on_the_page(signed_in, supplier):
    from tests.factories import SMALL_QUESTIONNAIRE

    questions = [{**SMALL_QUESTIONNAIRE["questions"][0], "applies": {"categories": ["logistics"]}}, *SMALL_QUESTIONNAIRE["questions"][2:]]
    content = {**SMALL_QUESTIONNAIRE, "questions": questions}
    assessment = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=content)))

    response = signed_in.get(area_url(assessment))

    assert response.context["page"].questions == []
    assert "Nothing is asked of you here" in response.text


def test_reviewers_remark_stands_beside_its_question(signed_in, supplier, owner, reviewer):
    from assessments.models import Verdict

    assessment = create_assessment(
        supplier=supplier, status="returned", submitted_at=NOW, submitted_by=owner, returned_reason="Two bills are missing."
    )
    answer = create_answer(assessment=assessment, question="A-01")
    Verdict.objects.create(answer=answer, outcome="query", reason="Which month is this bill from?", by=reviewer, at=NOW)

    assert "Which month is this bill from?" in signed_in.get(area_url(assessment)).text
    assert "Two bills are missing." in signed_in.get(assessment.get_absolute_url()).text


def test_submitted_area_can_be_read_and_not_written(signed_in, supplier, owner):
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)

    page = signed_in.get(area_url(assessment))
    response = signed_in.post(area_url(assessment), {**form_of(signed_in, assessment), "A-01__value": "yes"})

    assert not page.context["page"].can_edit
    assert response.url == reverse("assessments:overview", args=[assessment.pk])
    assert stored(assessment) == {}


def test_area_page_costs_the_same_for_one_answer_and_for_all(signed_in, assessment, django_assert_max_num_queries):
    signed_in.get(area_url(assessment))
    for code in ("A-01", "A-02", "B-01"):
        create_answer(assessment=assessment, question=code)

    # session, person with company, everything else
    with django_assert_max_num_queries(3):
        signed_in.get(area_url(assessment))


# --- home, list, overview ---------------------------------------------------------------------------------------------


def test_home_says_what_to_do_and_leads_to_the_first_open_question(signed_in, assessment):
    response = signed_in.get(reverse("assessments:home"))

    [card] = response.context["cards"]
    assert card.next_url == f"{area_url(assessment)}#A-01"
    assert "Self-assessment 2026" in response.text


def test_home_of_a_supplier_without_work_is_calm(client, stranger):
    client.force_login(stranger)

    assert "Nothing to do right now" in client.get(reverse("assessments:home")).text


def test_home_lists_open_findings(signed_in, assessment):
    Finding.objects.create(
        supplier=assessment.supplier, assessment=assessment, question="B-01", severity="major", text="Fire exit blocked", opened_at=NOW
    )

    assert "Fire exit blocked" in signed_in.get(reverse("assessments:home")).text


def test_list_holds_the_suppliers_own_assessments_only(signed_in, assessment):
    other = create_assessment()

    text = signed_in.get(reverse("assessments:list_mine")).text

    assert assessment.get_absolute_url() in text
    assert other.get_absolute_url() not in text


def test_overview_counts_applicable_questions_only(signed_in, assessment):
    create_answer(assessment=assessment, question="A-01", value={"value": "no"})

    response = signed_in.get(assessment.get_absolute_url())

    assert (response.context["progress"].answered, response.context["progress"].asked) == (1, 2)
    assert [task.status_label for task in response.context["tasks"]] == ["Complete", "1 question"]


@pytest.mark.parametrize("name", ["overview", "area", "check", "sign", "submitted"])
def test_stranger_finds_nothing(client, assessment, stranger, name):
    client.force_login(stranger)
    args = [assessment.pk, "A"] if name == "area" else [assessment.pk]

    assert client.get(reverse(f"assessments:{name}", args=args)).status_code == 404


@pytest.mark.parametrize("name", ["area", "check", "sign", "submitted"])
def test_buyers_people_do_not_use_the_suppliers_pages(client, assessment, staff, name):
    client.force_login(staff)
    args = [assessment.pk, "A"] if name == "area" else [assessment.pk]

    assert client.get(reverse(f"assessments:{name}", args=args)).status_code == 403


def test_buyers_people_are_led_to_the_review_of_what_was_handed_in(client, supplier, owner, staff, assessment):
    handed_in = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    client.force_login(staff)

    assert client.get(handed_in.get_absolute_url()).url == reverse("assessments:review", args=[handed_in.pk])
    assert client.get(assessment.get_absolute_url()).url == reverse("assessments:results", args=[assessment.pk])


def test_every_area_of_the_real_questionnaire_is_drawn(signed_in, owner):
    """All 110 questions with all kinds of fields, asked of a supplier that meets most of them."""
    from pathlib import Path

    import yaml
    from django.conf import settings

    from accounts.models import Role
    from tests.factories import create_site, create_supplier, create_user

    source = (Path(settings.BASE_DIR) / "assessments/questionnaires/supplier-esg-code-2026.1.yaml").read_text()
    content = yaml.safe_load(source)
    supplier = create_supplier(category="cloud_dc")
    for kind in ("data_centre", "office", "warehouse", "fleet"):
        create_site(supplier=supplier, type=kind)
    assessment = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=content)))
    signed_in.force_login(create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=supplier))

    drawn = sum(len(signed_in.get(area_url(assessment, area["code"])).context["page"].questions) for area in content["areas"])

    assert drawn > 80


@pytest.mark.parametrize("value", [{"value": ["yes"]}, {"value": {"amount": "1"}}, {"value": 7}, {"other": "yes"}])
def test_stored_value_of_the_wrong_shape_is_drawn_as_not_given(signed_in, assessment, value):
    for code in ("A-01", "A-02", "B-01"):
        create_answer(assessment=assessment, question=code, value=value)

    for page in ("overview", "check"):
        assert signed_in.get(reverse(f"assessments:{page}", args=[assessment.pk])).status_code == 200
    assert signed_in.get(area_url(assessment)).status_code == 200
