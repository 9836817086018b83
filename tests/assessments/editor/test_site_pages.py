"""A question asked per site, from the editor to the audit report: one answer for all sites, and those of the sites that differ."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from assessments.answering.worksheet import open_worksheet
from assessments.models import Answer, Assessment, EvidenceUse, Verdict
from assessments.review import reviewing
from assessments.scores.keeping import keep_scores
from reports import audit_pdf
from suppliers.models import Site, Supplier
from tests.factories import (
    NOW,
    SMALL_QUESTIONNAIRE,
    create_answer,
    create_assessment,
    create_campaign,
    create_questionnaire,
    create_site,
    create_supplier,
)


FIRST, *REST = SMALL_QUESTIONNAIRE["questions"]
CONTENT = {**SMALL_QUESTIONNAIRE, "questions": [{**FIRST, "per_site": True, "applies": {"site_types": ["factory"]}}, *REST]}


@pytest.fixture
def hangzhou(supplier: Supplier) -> Site:
    return create_site(supplier=supplier, name="Hangzhou works", type="factory")


@pytest.fixture
def ningbo(supplier: Supplier) -> Site:
    return create_site(supplier=supplier, name="Ningbo works", type="factory")


@pytest.fixture
def assessment(supplier: Supplier, hangzhou: Site, ningbo: Site) -> Assessment:
    create_site(supplier=supplier, name="Head office", type="office")
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=CONTENT)))


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def url(name: str, assessment: Assessment, site: Site) -> str:
    return reverse(f"assessments:{name}", args=[assessment.pk, f"A-01@{site.pk}"])


def area_url(assessment: Assessment) -> str:
    return reverse("assessments:area", args=[assessment.pk, "A"])


def send(client: Client, assessment: Assessment, site: Site, value: str, *, base: int = 0) -> Any:
    key = f"A-01@{site.pk}"
    return client.post(url("save_answer", assessment, site), {f"{key}__value": value, f"{key}__-base": base, f"{key}__-strict": "1"})


def stored(assessment: Assessment) -> dict[tuple[str, int | None], Any]:
    return {(row.question, row.site_id): row.value.get("value") for row in Answer.objects.filter(assessment=assessment)}


def form_of(response: Any) -> dict[str, Any]:
    """The hidden inputs of a page, as a browser would send them back, with what the fields hold."""
    data: dict[str, Any] = {}
    for question in response.context["page"].questions:
        for answer in (question, *(question.sites.views if question.sites else ())):
            data |= {f"{answer.code}__-base": answer.base, f"{answer.code}__-was": answer.was}
            data |= {each.name: choice.value for each in answer.inputs for choice in each.choices if choice.is_chosen}
    return data


# --- the editor -------------------------------------------------------------------------------------------------------


def test_the_page_says_for_which_sites_an_answer_stands_and_offers_each_of_them(signed_in, assessment):
    page = signed_in.get(area_url(assessment)).content.decode()

    assert "Same for all 2 sites" in page
    assert "Hangzhou works · Ningbo works" in page
    assert "Head office" not in page


def test_supplier_with_one_such_site_sees_nothing_of_sites(signed_in, assessment, ningbo):
    Site.objects.filter(pk=ningbo.pk).update(closed_on=date(2026, 1, 1))

    assert "question-sites" not in signed_in.get(area_url(assessment)).content.decode()


def test_answer_of_a_site_is_saved_by_itself_with_its_own_version(signed_in, assessment, ningbo):
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"}, version=4)

    response = send(signed_in, assessment, ningbo, "no")

    key = f"A-01@{ningbo.pk}"
    assert (response.status_code, response.json()["version"]) == (200, 1)
    assert response.json()["questions"][key] == {"hidden": False, "answered": True, "lacks_evidence": False, "checks": []}
    assert stored(assessment) == {("A-01", None): "yes", ("A-01", ningbo.pk): "no"}
    page = signed_in.get(area_url(assessment)).content.decode()
    assert "1 of 2 sites answered differently" in page
    assert f'id="{key}"' in page


def test_conflict_at_a_site_shows_what_the_colleague_said_there(signed_in, assessment, ningbo, colleague):
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"}, site=ningbo, updated_by=colleague)

    response = send(signed_in, assessment, ningbo, "no")

    assert response.status_code == 409
    assert response.json()["pairs"][0] == [f"A-01@{ningbo.pk}__value", "yes"]
    assert f'name="A-01@{ningbo.pk}__-choice"' in response.json()["html"]
    assert stored(assessment) == {("A-01", ningbo.pk): "yes"}


def test_cleared_site_answers_as_all_do_and_keeps_its_earlier_values(signed_in, assessment, ningbo):
    send(signed_in, assessment, ningbo, "no")

    body = send(signed_in, assessment, ningbo, "", base=1).json()

    assert body["questions"][f"A-01@{ningbo.pk}"]["answered"] is True
    worksheet = open_worksheet(assessment)
    assert worksheet.different_sites(worksheet.rules.questionnaire.question("A-01")) == []
    history = signed_in.get(url("history", assessment, ningbo))
    assert [each["version"].version for each in history.context["versions"]] == [2, 1]
    signed_in.post(url("restore", assessment, ningbo), {"version": 1})
    assert stored(assessment) == {("A-01", ningbo.pk): "no"}


def test_evidence_of_a_site_stands_behind_its_own_answer(signed_in, assessment, ningbo):
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"})
    send(signed_in, assessment, ningbo, "yes")

    signed_in.post(url("evidence", assessment, ningbo), {"file": SimpleUploadedFile("bill.csv", b"month,m3\n2026-01,12\n")})

    assert list(EvidenceUse.objects.values_list("answer__question", "answer__site")) == [("A-01", ningbo.pk)]
    worksheet = open_worksheet(assessment)
    assert (worksheet.wants_evidence("A-01", ningbo.pk), worksheet.wants_evidence("A-01")) == (False, True)
    assert worksheet.lacks_evidence("A-01")
    assert "Ningbo works" in signed_in.get(url("evidence", assessment, ningbo)).content.decode()


def test_other_questions_see_the_answer_for_all_sites(signed_in, assessment, ningbo):
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"})

    body = send(signed_in, assessment, ningbo, "no").json()

    assert body["questions"]["A-02"]["hidden"] is False


def test_progress_counts_the_question_when_every_answer_of_it_is_whole(assessment, ningbo, hangzhou):
    create_answer(assessment=assessment, question="A-01", value={"value": "no"})
    create_answer(assessment=assessment, question="A-01", value={"note": "See the plan."}, site=ningbo)

    assert not open_worksheet(assessment).is_answered("A-01")
    Answer.objects.filter(site=ningbo).update(value={"value": "yes"})
    assert open_worksheet(assessment).is_answered("A-01")


def test_site_that_is_not_asked_about_is_not_found(signed_in, assessment, ningbo, supplier):
    office = Site.objects.get(name="Head office")
    foreign = create_site(supplier=create_supplier(), type="factory")
    Site.objects.filter(pk=ningbo.pk).update(closed_on=date(2026, 1, 1))

    for site in (office, foreign, ningbo):
        assert send(signed_in, assessment, site, "no").status_code == 404
        assert signed_in.get(url("evidence", assessment, site)).status_code == 404
    # Not a question asked per site; a site that does not exist; more digits than any id has.
    for key in (f"B-01@{ningbo.pk}", "A-01@999999999", "A-01@999999999999999999"):
        assert signed_in.post(reverse("assessments:save_answer", args=[assessment.pk, key]), {}).status_code == 404
    assert stored(assessment) == {}


def test_area_page_costs_the_same_for_two_sites_and_for_twenty(signed_in, assessment, supplier, ningbo):
    signed_in.get(area_url(assessment))
    with CaptureQueriesContext(connection) as few:
        signed_in.get(area_url(assessment))
    for number in range(18):
        site = create_site(supplier=supplier, name=f"Works {number}", type="factory")
        create_answer(assessment=assessment, question="A-01", value={"value": "no"}, site=site)

    with CaptureQueriesContext(connection) as many:
        signed_in.get(area_url(assessment))

    assert len(many) == len(few)


# --- without JavaScript -----------------------------------------------------------------------------------------------


def test_form_opens_a_site_takes_its_answer_and_gives_it_up_again(signed_in, assessment, ningbo):
    key = f"A-01@{ningbo.pk}"
    first = {**form_of(signed_in.get(area_url(assessment))), "A-01__value": "yes", "differ": "A-01", "A-01__-site": ningbo.pk}

    opened = signed_in.post(area_url(assessment), first)
    assert opened.url == f"{area_url(assessment)}?differ=A-01%40{ningbo.pk}#{key.replace('@', '%40')}"
    page = signed_in.get(opened.url)
    signed_in.post(area_url(assessment), {**form_of(page), f"{key}__value": "no", "save": "1"})
    assert stored(assessment) == {("A-01", None): "yes", ("A-01", ningbo.pk): "no"}

    signed_in.post(area_url(assessment), {**form_of(signed_in.get(area_url(assessment))), "same": key})
    assert stored(assessment) == {("A-01", None): "yes", ("A-01", ningbo.pk): None}
    assert "Same for all 2 sites" in signed_in.get(area_url(assessment)).content.decode()


@pytest.mark.parametrize("chosen", ["", "x", "0", "999999999", "-1", "1\x00"])
def test_choosing_no_real_site_opens_nothing(signed_in, assessment, chosen):
    response = signed_in.post(area_url(assessment), {"differ": "A-01", "A-01__-site": chosen}, follow=True)

    assert response.status_code == 200
    assert response.context["page"].questions[0].sites.views == []


# --- checking, reviewing, the results -----------------------------------------------------------------------------------


@pytest.fixture
def handed_in(assessment: Assessment, ningbo: Site, owner: User) -> Assessment:
    create_answer(assessment=assessment, question="A-01", value={"value": "yes"}, evidence_count=1)
    create_answer(
        assessment=assessment, question="A-01", value={"value": "yes", "note": "Meter is new."}, note="Meter is new.", site=ningbo
    )
    create_answer(assessment=assessment, question="A-02", value={"value": "2"})
    create_answer(assessment=assessment, question="B-01", value={"value": "no"})
    Assessment.objects.filter(pk=assessment.pk).update(status="submitted", submitted_at=NOW, submitted_by=owner)
    keep_scores([assessment.pk], at=NOW)
    assessment.refresh_from_db()
    return assessment


def test_check_page_shows_each_site_and_what_its_missing_evidence_costs(signed_in, handed_in):
    page = signed_in.get(reverse("assessments:check", args=[handed_in.pk])).content.decode()

    assert "For 1 site:" in page
    assert "Ningbo works" in page
    assert "Meter is new." in page
    # A-01 is half of area A, which is half of the total; one of two sites earns half of it: 25 x 1/2 x 1/2.
    assert "costs 6.25 points" in page


def test_results_and_receipt_show_each_site(signed_in, handed_in, ningbo):
    page = signed_in.get(reverse("assessments:results", args=[handed_in.pk])).content.decode()
    receipt = signed_in.get(reverse("assessments:receipt", args=[handed_in.pk])).json()

    assert "All other sites" in page
    assert "A-01 · Ningbo works" in page
    assert [part["site"] for part in receipt["lines"][0]["sites"]] == [None, ningbo.pk]


def test_reviewer_judges_each_site_by_itself(client, handed_in, reviewer, ningbo):
    reviewing.take(assessment_id=handed_in.pk, by=reviewer, at=NOW)
    client.force_login(reviewer)
    workbench = client.get(reverse("assessments:review_area", args=[handed_in.pk, "A"]))
    assert "This answer stands for 1 site; those that differ follow." in workbench.content.decode()
    assert [card.question.code for card in workbench.context["desk"].cards] == ["A-01", f"A-01@{ningbo.pk}", "A-02"]

    key = f"A-01@{ningbo.pk}"
    address = reverse("assessments:review_decide", args=[handed_in.pk, key])
    assert client.post(address, {f"{key}__.outcome": "reject_answer"}).status_code == 422
    assert not Verdict.objects.exists()
    client.post(address, {f"{key}__.outcome": "query", f"{key}__.reason": "Which meter?"})

    assert list(Verdict.objects.values_list("answer__site", "outcome")) == [(ningbo.pk, "query")]
    with pytest.raises(reviewing.QueriesOpen) as refusal:
        reviewing.close(assessment_id=handed_in.pk, by=reviewer, at=NOW)
    assert refusal.value.questions == [key]
    reviewing.accept_rest(assessment_id=handed_in.pk, keys=["A-01", "A-02"], by=reviewer, at=NOW)
    assert Verdict.objects.filter(outcome="accept").count() == 2
    # One question of two answers, with one verdict each.
    assert "Ningbo works" in client.get(reverse("assessments:review_finish", args=[handed_in.pk])).content.decode()


def test_supplier_sees_the_reviewers_word_beside_the_site(signed_in, handed_in, reviewer, ningbo):
    answer = Answer.objects.get(site=ningbo)
    Verdict.objects.create(answer=answer, outcome="reject_evidence", reason="Another works.", by=reviewer, at=NOW)
    Assessment.objects.filter(pk=handed_in.pk).update(status="returned", returned_reason="See the remarks.")

    view = signed_in.get(area_url(handed_in)).context["page"].questions[0]

    assert view.verdict is None
    assert view.sites.views[0].verdict.reason == "Another works."


def test_audit_report_shows_each_site_and_the_mean(handed_in, reviewer):
    html = audit_pdf.as_html(audit_pdf.gather(handed_in, by=reviewer))

    assert "Ningbo works (Factory)" in html
    assert "Meter is new." in html
    assert "Mean over the sites" in html
