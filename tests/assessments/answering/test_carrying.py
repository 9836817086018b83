"""Last year's answers: offered, compared, confirmed by a person; never figures, never over a newer answer."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.answering import carrying, last_year
from assessments.answering.carrying import Pick, confirm, offers, read_earlier
from assessments.answering.inputs import digest
from assessments.answering.saving import NotOpen, save_answer, versions_of
from assessments.answering.worksheet import open_worksheet
from assessments.models import Answer, Assessment, EvidenceUse, Verdict
from assessments.rules import rulesets
from audit.models import Event
from suppliers.models import Supplier
from tests.assessments import small
from tests.factories import (
    NOW,
    attach,
    create_answer,
    create_assessment,
    create_campaign,
    create_document,
    create_questionnaire,
    create_site,
)


TODAY = NOW.date()
PRACTICE = small.question("A-01", evidence={"rule": "required", "when": "value = yes", "text": small.text("Bill")})
REWORDED_BEFORE, REWORDED_NOW = (
    small.question("A-02", "maturity"),
    small.question("A-02", "maturity") | {"text": small.text("A-02, and more")},
)
FIGURE = small.question("B-01", "number", area="B", unit="kWh")
MIXED = small.question("B-02", area="B") | {
    "fields": [{"key": "value", "type": "yes_no", "label": small.text("Done")}, {"key": "day", "type": "date", "label": small.text("Day")}]
}
FOLLOWS = small.question("A-03", applies={"when": "A-01 = yes"})
SITED = small.question("B-03", area="B", per_site=True)
NEW = small.question("B-09", area="B")

LAST_YEAR = small.document(PRACTICE, REWORDED_BEFORE, FOLLOWS, FIGURE, MIXED, SITED, version="2025")
THIS_YEAR = small.document(PRACTICE, REWORDED_NOW, FOLLOWS, FIGURE, MIXED, SITED, NEW, version="2026")


@pytest.fixture
def earlier(supplier: Supplier, owner: User) -> Assessment:
    campaign = create_campaign(questionnaire=create_questionnaire(content=LAST_YEAR), cycle=2025)
    found = create_assessment(supplier=supplier, campaign=campaign, status="submitted", submitted_at=NOW, submitted_by=owner)
    create_answer(assessment=found, question="A-01", value={"value": "yes", "note": "Metered."}, note="Metered.")
    create_answer(assessment=found, question="A-02", value={"value": "3"})
    create_answer(assessment=found, question="A-03", value={"value": "no"})
    create_answer(assessment=found, question="B-01", value={"value": {"amount": "1240", "unit": "kWh"}})
    create_answer(assessment=found, question="B-02", value={"value": "yes", "day": "2025-03-04"})
    create_answer(assessment=found, question="B-03", value={"value": "yes"})
    return found


@pytest.fixture
def reviewed(earlier: Assessment, reviewer: User) -> Assessment:
    Assessment.objects.filter(pk=earlier.pk).update(status="closed", closed_at=NOW, closed_by=reviewer)
    return earlier


@pytest.fixture
def assessment(supplier: Supplier, earlier: Assessment) -> Assessment:
    campaign = create_campaign(questionnaire=create_questionnaire(content=THIS_YEAR), cycle=2026)
    return create_assessment(supplier=supplier, campaign=campaign)


def offered(assessment: Assessment) -> dict[str, carrying.Offer]:
    found = read_earlier(assessment)
    assert found is not None
    return offers(found, rulesets.for_version(assessment.campaign.questionnaire_id).questionnaire.questions, today=TODAY)


def pick(assessment: Assessment, code: str, base: int = 0) -> Pick:
    return Pick(code, base, offered(assessment)[code].digest)


def take(assessment: Assessment, *codes: str, by: User, base: int = 0) -> carrying.Confirmed:
    return confirm(assessment_id=assessment.pk, picks=[pick(assessment, code, base) for code in codes], by=by, at=NOW)


def stored(assessment: Assessment, code: str) -> Answer:
    return Answer.objects.get(assessment=assessment, question=code, site=None)


# --- what is offered --------------------------------------------------------------------------------------------------


def test_unchanged_reworded_and_figures_are_told_apart(assessment: Assessment) -> None:
    found = offered(assessment)

    assert {code: (offer.kind, offer.value) for code, offer in found.items()} == {
        "A-01": ("same", {"value": "yes", "note": "Metered."}),
        "A-02": ("reworded", {"value": "3"}),
        "A-03": ("same", {"value": "no"}),
        "B-01": ("figures", None),
        "B-02": ("figures", {"value": "yes"}),
        "B-03": ("same", {"value": "yes"}),
    }


def test_newest_earlier_assessment_that_was_handed_in_counts(
    supplier: Supplier, owner: User, assessment: Assessment, earlier: Assessment
) -> None:
    questionnaire = create_questionnaire(content=LAST_YEAR)
    for cycle, handed_in in ((2024, True), (2025, False), (2027, True)):
        given: dict[str, Any] = {"status": "submitted", "submitted_at": NOW, "submitted_by": owner} if handed_in else {}
        create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=questionnaire, cycle=cycle), **given)
    create_assessment(campaign=create_campaign(cycle=2025), status="submitted", submitted_at=NOW, submitted_by=owner)

    assert carrying.before(assessment) == earlier


def test_another_questionnaire_is_no_last_year(supplier: Supplier, earlier: Assessment) -> None:
    other = create_assessment(supplier=supplier, campaign=create_campaign(cycle=2026))

    assert read_earlier(other) is not None or carrying.before(other) is None


def test_rejected_answer_is_shown_and_not_offered(assessment: Assessment, reviewed: Assessment, reviewer: User) -> None:
    answer = stored(reviewed, "A-01")
    Verdict.objects.create(answer=answer, outcome="reject_answer", reason="Not so.", by=reviewer, at=NOW)

    found = offered(assessment)["A-01"]

    assert (found.value, found.why_not) == (None, "rejected")


def test_answer_that_no_longer_fits_is_shown_and_not_offered(supplier: Supplier, earlier: Assessment) -> None:
    content = small.document(small.question("A-01", "maturity"), version="2026")
    assessment = create_assessment(
        supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=content), cycle=2026)
    )

    found = offered(assessment)["A-01"]

    assert (found.kind, found.value, found.why_not) == ("reworded", None, "does_not_fit")


# --- what is confirmed ------------------------------------------------------------------------------------------------


def test_nothing_is_stored_until_a_person_confirms(client: Client, assessment: Assessment, owner: User) -> None:
    client.force_login(owner)
    for name in ("overview", "carry"):
        client.get(reverse(f"assessments:{name}", args=[assessment.pk]))
    client.get(reverse("assessments:carry_area", args=[assessment.pk, "A"]))

    assert not Answer.objects.filter(assessment=assessment).exists()


def test_confirmed_answer_says_where_it_came_from_and_who_confirmed_it(assessment: Assessment, earlier: Assessment, owner: User) -> None:
    done = take(assessment, "A-01", "A-02", by=owner)

    answer = stored(assessment, "A-01")
    assert set(done.taken) == {"A-01", "A-02"}
    assert (answer.value, answer.note, answer.version) == ({"value": "yes", "note": "Metered."}, "Metered.", 1)
    assert (answer.carried_from, answer.updated_by, answer.updated_at) == (earlier, owner, NOW)
    assessment.refresh_from_db()
    assert assessment.status == "in_progress"
    assert Event.objects.get(action="answers.confirmed").detail == {"questions": ["A-01", "A-02"], "from": earlier.pk}


def test_changed_afterwards_it_is_this_years_own(assessment: Assessment, owner: User) -> None:
    take(assessment, "A-01", by=owner)

    save_answer(assessment_id=assessment.pk, question="A-01", value={"value": "no"}, note="", base_version=1, by=owner, at=NOW)

    answer = stored(assessment, "A-01")
    assert (answer.carried_from, answer.version) == (None, 2)
    assert [each.value for each in versions_of(answer)] == [{"value": "no"}, {"value": "yes", "note": "Metered."}]


def test_newer_answer_is_never_overwritten(assessment: Assessment, owner: User, colleague: User) -> None:
    seen = pick(assessment, "A-01")
    save_answer(assessment_id=assessment.pk, question="A-01", value={"value": "no"}, note="", base_version=0, by=colleague, at=NOW)

    done = confirm(assessment_id=assessment.pk, picks=[seen, pick(assessment, "A-02")], by=owner, at=NOW)
    again = confirm(assessment_id=assessment.pk, picks=[pick(assessment, "A-01", base=1)], by=owner, at=NOW)

    assert (done.taken, done.left, again.left) == (("A-02",), ("A-01",), ("A-01",))
    assert stored(assessment, "A-01").value == {"value": "no"}


def test_answer_that_was_emptied_may_be_taken_over_again(assessment: Assessment, owner: User) -> None:
    for base, value in ((0, {"value": "no"}), (1, {})):
        save_answer(assessment_id=assessment.pk, question="A-01", value=value, note="", base_version=base, by=owner, at=NOW)

    assert take(assessment, "A-01", by=owner, base=1).left == ("A-01",) or stored(assessment, "A-01").version == 3
    assert take(assessment, "A-01", by=owner, base=2).taken == ("A-01",) or stored(assessment, "A-01").version == 3


def test_confirming_twice_counts_once(assessment: Assessment, owner: User) -> None:
    seen = [pick(assessment, "A-01")]

    confirm(assessment_id=assessment.pk, picks=seen, by=owner, at=NOW)
    again = confirm(assessment_id=assessment.pk, picks=seen, by=owner, at=NOW + timedelta(hours=1))

    assert (again.taken, again.left) == ((), ("A-01",))
    assert stored(assessment, "A-01").version == 1


def test_what_was_not_on_the_page_is_not_stored(assessment: Assessment, earlier: Assessment, owner: User) -> None:
    seen = pick(assessment, "A-01")
    earlier.return_to_supplier(reason="One more look.", opened=None, due_on=assessment.due_on)
    stored(earlier, "A-01").delete()
    create_answer(assessment=earlier, question="A-01", value={"value": "no"})

    assert confirm(assessment_id=assessment.pk, picks=[seen], by=owner, at=NOW).left == ("A-01",)


def test_figures_are_never_stored_as_this_years(assessment: Assessment, owner: User) -> None:
    forged = Pick("B-01", 0, "0" * 16)

    done = confirm(assessment_id=assessment.pk, picks=[forged, pick(assessment, "B-02"), Pick("X-99", 0, "0" * 16)], by=owner, at=NOW)

    assert (done.taken, done.left) == (("B-02",), ("B-01", "X-99"))
    assert stored(assessment, "B-02").value == {"value": "yes"}


def test_nothing_is_taken_over_after_submission(assessment: Assessment, owner: User) -> None:
    seen = pick(assessment, "A-01")
    assessment.submit(by=owner, at=NOW)

    with pytest.raises(NotOpen):
        confirm(assessment_id=assessment.pk, picks=[seen], by=owner, at=NOW)


def test_after_a_return_only_what_it_opened_is_taken_over(assessment: Assessment, owner: User, reviewer: User, supplier: Supplier) -> None:
    attach(answer=Answer.objects.get(assessment__campaign__cycle=2025, question="A-01"), document=create_document(supplier=supplier))
    Assessment.objects.filter(pk=assessment.pk).update(
        status="returned", submitted_at=NOW, submitted_by=owner, reviewer=reviewer, opened_questions=["B-02"]
    )

    done = take(assessment, "A-01", "B-02", "B-03", by=owner)

    assert (done.taken, done.left) == (("B-02",), ("A-01", "B-03"))
    assert list(Answer.objects.filter(assessment=assessment).values_list("question", flat=True)) == ["B-02"]
    assert not EvidenceUse.objects.filter(answer__assessment=assessment).exists()


def test_confirming_all_costs_the_same_as_confirming_one(assessment: Assessment, owner: User, django_assert_num_queries: Any) -> None:
    one, many = [pick(assessment, "A-01")], [pick(assessment, code) for code in ("A-02", "A-03", "B-02")]
    # savepoint, assessment, earlier one, its answers, documents, uses, the statement, the beginning (4), the trail, savepoint
    with django_assert_num_queries(13):
        confirm(assessment_id=assessment.pk, picks=one, by=owner, at=NOW)
    with django_assert_num_queries(9):
        confirm(assessment_id=assessment.pk, picks=many, by=owner, at=NOW)


# --- evidence and sites -----------------------------------------------------------------------------------------------


def test_evidence_in_date_comes_along_and_what_expired_is_named(
    assessment: Assessment, earlier: Assessment, owner: User, supplier: Supplier
) -> None:
    answer = stored(earlier, "A-01")
    good = create_document(supplier=supplier, valid_to=TODAY)
    old = create_document(supplier=supplier, valid_to=TODAY - timedelta(days=1))
    renewed = create_document(
        supplier=supplier, valid_to=date(2030, 1, 1), replaces=create_document(supplier=supplier, valid_to=date(2025, 1, 1))
    )
    for document in (good, old, renewed.replaces):
        attach(answer=answer, document=document)

    found = {each.document.pk: (each.attach, each.why_not) for each in offered(assessment)["A-01"].brought}
    take(assessment, "A-01", by=owner)

    assert found == {good.pk: (good, ""), old.pk: (None, "expired"), renewed.replaces.pk: (renewed, "")}
    taken = stored(assessment, "A-01")
    assert set(taken.evidence.values_list("document", flat=True)) == {good.pk, renewed.pk}
    assert taken.evidence_count == 2


def test_what_the_open_review_of_last_year_says_is_not_told_yet(assessment: Assessment, earlier: Assessment, reviewer: User) -> None:
    Verdict.objects.create(answer=stored(earlier, "A-01"), outcome="reject_answer", reason="Not so.", by=reviewer, at=NOW)

    found = offered(assessment)["A-01"]

    assert (found.why_not, found.verdict) == ("", None)
    Assessment.objects.filter(pk=earlier.pk).update(status="returned")
    assert offered(assessment)["A-01"].why_not == "rejected"


def test_rejected_evidence_stays_behind(
    assessment: Assessment, reviewed: Assessment, owner: User, supplier: Supplier, reviewer: User
) -> None:
    answer = stored(reviewed, "A-01")
    attach(answer=answer, document=create_document(supplier=supplier))
    Verdict.objects.create(answer=answer, outcome="reject_evidence", reason="Unreadable.", by=reviewer, at=NOW)

    assert [each.why_not for each in offered(assessment)["A-01"].brought] == ["rejected"]
    assert take(assessment, "A-01", by=owner).taken == ("A-01",)
    assert not stored(assessment, "A-01").evidence.exists()


def test_answers_of_sites_go_to_the_same_site_while_it_is_open(
    assessment: Assessment, earlier: Assessment, owner: User, supplier: Supplier
) -> None:
    open_site = create_site(supplier=supplier)
    closed_site = create_site(supplier=supplier, closed_on=TODAY - timedelta(days=1), name="Old hall")
    document = create_document(supplier=supplier)
    for site in (open_site, closed_site):
        attach(answer=create_answer(assessment=earlier, question="B-03", value={"value": "no"}, site=site), document=document)

    assert offered(assessment)["B-03"].closed_sites == ("Old hall",)
    take(assessment, "B-03", by=owner)

    answers = Answer.objects.filter(assessment=assessment, question="B-03")
    assert set(answers.values_list("site", "evidence_count")) == {(None, 0), (open_site.pk, 1)}


def test_answers_of_sites_stay_behind_with_their_question(
    assessment: Assessment, earlier: Assessment, owner: User, colleague: User, supplier: Supplier
) -> None:
    create_answer(assessment=earlier, question="B-03", value={"value": "no"}, site=create_site(supplier=supplier))
    save_answer(assessment_id=assessment.pk, question="B-03", value={"value": "no"}, note="", base_version=0, by=colleague, at=NOW)

    take(assessment, "B-03", by=owner)

    assert Answer.objects.get(assessment=assessment, question="B-03").site is None


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def page(name: str, assessment: Assessment, *args: str) -> str:
    return reverse(f"assessments:{name}", args=[assessment.pk, *args])


def test_page_counts_what_can_be_used_again(signed_in: Client, assessment: Assessment, owner: User) -> None:
    take(assessment, "A-01", by=owner)

    tally = signed_in.get(page("carry", assessment)).context["tally"]

    # A-03 is asked because A-01 is "yes"; B-09 is new.
    assert tally == last_year.Tally(asked=7, taken=1, offered=2, reworded=1, figures=2, new=1, answered=0)


def test_question_that_follows_from_an_offer_is_on_the_page(assessment: Assessment) -> None:
    desk = last_year.desk(open_worksheet(assessment), today=TODAY)

    assert desk is not None
    assert "A-03" in [question.code for question in desk.asked_in("A")]


def test_area_page_shows_the_answers_both_wordings_and_the_figures(signed_in: Client, assessment: Assessment) -> None:
    text = signed_in.get(page("carry_area", assessment, "A")).text

    assert "Metered." in text
    assert "<ins>, and more</ins>" in text
    assert "1,240 kWh" in signed_in.get(page("carry_area", assessment, "B")).text


def test_all_that_was_shown_is_confirmed_at_once(signed_in: Client, assessment: Assessment) -> None:
    address = page("carry_area", assessment, "A")
    shown = [line.pick for line in signed_in.get(address).context["same"]]

    response = signed_in.post(address, {"all": "1", "shown": shown}, follow=True)

    assert "2 answers are taken over." in response.text
    assert set(Answer.objects.filter(assessment=assessment).values_list("question", flat=True)) == {"A-01", "A-03"}


@pytest.mark.parametrize("junk", ["", "A-01", "A-01:x:y", "A-01:0", ":0:abc", "A-01:99999999999:abc", "A-01:٣:abc", "\x00:0:\x00"])
def test_junk_confirms_nothing(signed_in: Client, assessment: Assessment, junk: str) -> None:
    response = signed_in.post(page("carry_area", assessment, "A"), {"confirm": junk})

    assert response.status_code == 302
    assert not Answer.objects.filter(assessment=assessment).exists()


def test_editor_shows_last_years_answer_and_figure_beside_the_field(signed_in: Client, assessment: Assessment) -> None:
    assert str(pick(assessment, "A-01")) in signed_in.get(page("area", assessment, "A")).text

    text = signed_in.get(page("area", assessment, "B")).text
    assert "FY2025: 1,240 kWh" in text


def test_editor_without_script_saves_what_is_typed_and_takes_over_by_one_button(signed_in: Client, assessment: Assessment) -> None:
    empty = {f"{code}__-{name}": value for code in ("A-01", "A-02") for name, value in (("base", "0"), ("was", digest({})))}
    data = empty | {"A-02__value": "1", "confirm": str(pick(assessment, "A-01"))}

    response = signed_in.post(page("area", assessment, "A"), data)

    assert response.url.endswith("#A-01")
    assert (stored(assessment, "A-01").carried_from_id is not None, stored(assessment, "A-02").value) == (True, {"value": "1"})


def test_editor_gets_the_value_the_version_and_what_is_asked_now(signed_in: Client, assessment: Assessment) -> None:
    response = signed_in.post(
        page("carry_area", assessment, "A"), {"confirm": str(pick(assessment, "A-01"))}, headers={"X-Requested-With": "fetch"}
    )

    body = response.json()
    assert body["answers"]["A-01"]["version"] == 1
    assert ["A-01__value", "yes"] in body["answers"]["A-01"]["pairs"]
    assert body["questions"]["A-03"]["hidden"] is False
    assert "Confirmed, as in FY2025" in body["answers"]["A-01"]["html"]


def test_first_year_has_nothing_to_take_over(signed_in: Client, supplier: Supplier) -> None:
    assessment = create_assessment(supplier=supplier)

    assert "Nothing to take over" in signed_in.get(page("carry", assessment)).text
    assert signed_in.get(page("carry_area", assessment, "A")).url == page("carry", assessment)
    assert "last-year" not in signed_in.get(page("area", assessment, "A")).text.replace("data-last-year", "").split("</head>")[1]


def test_page_of_an_area_costs_the_same_for_few_and_many_answers(
    signed_in: Client, assessment: Assessment, earlier: Assessment, supplier: Supplier, django_assert_max_num_queries: Any
) -> None:
    signed_in.get(page("carry_area", assessment, "A"))
    for _ in range(20):
        attach(answer=stored(earlier, "A-01"), document=create_document(supplier=supplier))

    # session, person, assessment, sites, answers; the earlier one, its answers, documents and uses
    with django_assert_max_num_queries(10):
        signed_in.get(page("carry_area", assessment, "A"))


def test_reviewer_sees_what_was_confirmed_unchanged(client: Client, assessment: Assessment, owner: User, reviewer: User) -> None:
    take(assessment, "A-01", "A-02", by=owner)
    assessment.refresh_from_db()
    assessment.submit(by=owner, at=NOW)
    client.force_login(reviewer)

    text = client.get(reverse("assessments:review_area", args=[assessment.pk, "A"])).text

    assert "Confirmed unchanged from FY2025" in text
    assert "Taken over from FY2025, reworded since" in text
