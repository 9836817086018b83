"""An area page is read by one statement and drawn once for what it shows: whatever it shows changes, it is drawn anew."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.kept_html import KeptHtml
from accounts.models import Membership, Role, User
from accounts.permissions import ROLE_PERMISSIONS
from assessments.answering import saving
from assessments.answering.carrying import Earlier, read_earlier
from assessments.answering.worksheet import open_worksheet
from assessments.editor import area_reading
from assessments.models import Answer, AnswerTime, Assessment, Campaign, Presence, Verdict
from assessments.rules import rulesets
from assessments.teamwork import area_tasks, come_back, comments
from assessments.teamwork.team_notes import notes_of
from suppliers.models import Document, Site, Supplier
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
    create_supplier,
)


PROVEN = small.question("A-01", per_site=True, evidence={"rule": "required", "when": "value = yes", "text": small.text("Bill")})
FIGURE = small.question("A-02", "number", unit="kWh")
FOLLOWS = small.question("A-03", applies={"when": "B-01 = yes"})
ELSEWHERE = small.question("B-01", area="B")
LAST_YEAR = small.document(PROVEN, FIGURE, ELSEWHERE, version="2025")
THIS_YEAR = small.document(PROVEN, FIGURE, FOLLOWS, ELSEWHERE, version="2026")


@pytest.fixture
def earlier(supplier: Supplier, owner: User, reviewer: User) -> Assessment:
    campaign = create_campaign(questionnaire=create_questionnaire(content=LAST_YEAR), cycle=2025)
    found = create_assessment(supplier=supplier, campaign=campaign, status="in_progress")
    site = create_site(supplier=supplier, name="Old works", closed_on=date(2026, 1, 1))
    proven = create_answer(assessment=found, question="A-01", value={"value": "yes", "note": "Metered."}, note="Metered.")
    create_answer(assessment=found, question="A-01", value={"value": "no"}, site=site)
    create_answer(assessment=found, question="A-02", value={"value": {"amount": "100", "unit": "kWh"}})
    create_answer(assessment=found, question="B-01", value={"value": "no"})
    create_answer(assessment=found, question="A-03", value={})
    first = create_document(supplier=supplier, title="Bill of 2024")
    attach(answer=proven, document=first)
    create_document(supplier=supplier, title="Bill of 2025", replaces=first)
    Verdict.objects.create(answer=proven, outcome="query", reason="Which month?", by=reviewer, at=NOW)
    Assessment.objects.filter(pk=found.pk).update(status="returned", submitted_at=NOW, submitted_by=owner)
    return found


@pytest.fixture
def assessment(supplier: Supplier, earlier: Assessment, owner: User, colleague: User, reviewer: User) -> Assessment:
    campaign = create_campaign(questionnaire=create_questionnaire(content=THIS_YEAR), cycle=2026)
    found = create_assessment(supplier=supplier, campaign=campaign, status="in_progress")
    works = [create_site(supplier=supplier, name=name, type="factory") for name in ("Hangzhou works", "Ningbo works")]
    proven = create_answer(assessment=found, question="A-01", value={"value": "yes"}, updated_by=colleague)
    sited = create_answer(assessment=found, question="A-01", value={"value": "no"}, site=works[0], updated_by=owner)
    create_answer(assessment=found, question="A-02", value={"value": {"amount": "250", "unit": "kWh"}}, carried_from=earlier)
    create_answer(assessment=found, question="B-01", value={"value": "no"})
    for answer, title in ((proven, "Permit"), (proven, "Photo"), (sited, "Lease")):
        attach(answer=answer, document=create_document(supplier=supplier, title=title))
    Verdict.objects.create(answer=sited, outcome="reject_answer", reason="This is another site.", by=reviewer, at=NOW)
    comments.say(assessment_id=found.pk, question=_question(found, "A-02"), text="Which meter?", by=colleague, at=NOW)
    come_back.mark(assessment_id=found.pk, question="A-02", by=owner, at=NOW)
    area_tasks.assign(assessment_id=found.pk, areas=["A"], to=colleague, due_on=NOW.date() + timedelta(days=3), by=owner, at=NOW)
    Presence.objects.create(assessment=found, user=colleague, area="A", question="A-01", seen_at=NOW)
    AnswerTime.objects.create(questionnaire=campaign.questionnaire, question="A-02", seconds=40, answers=21, measured_at=NOW)
    return found


def _question(assessment: Assessment, code: str) -> Any:
    return rulesets.for_version(assessment.campaign.questionnaire_id).questionnaire.question(code)


# --- what is read -----------------------------------------------------------------------------------------------------


def columns(row: Model | None) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields} if row else {}


def whole(answer: Answer) -> list[Any]:
    return [columns(answer), columns(getattr(answer, "verdict", None))]


def of_last_year(earlier: Earlier | None) -> Any:
    assert earlier
    return {
        "assessment": columns(earlier.assessment),
        "cycle": earlier.cycle,
        "answers": {code: whole(answer) for code, answer in earlier.answers.items()},
        "of_sites": {code: [(whole(each), columns(each.site)) for each in those] for code, those in earlier.of_sites.items()},
        "documents": {pk: [(columns(one), columns(newest)) for one, newest in those] for pk, those in earlier.documents.items()},
    }


def test_one_statement_reads_what_the_other_pages_read_one_by_one(assessment, owner, django_assert_num_queries):
    rules = rulesets.for_version(assessment.campaign.questionnaire_id)
    rulesets.for_version(Campaign.objects.get(cycle=2025).questionnaire_id)
    with django_assert_num_queries(1):
        rows = area_reading.read_rows(
            assessment_id=assessment.pk, questionnaire_id=assessment.campaign.questionnaire_id, area="A", by=owner, at=NOW
        )
        opened = area_reading.open_rows(rows, rules)
        changes = opened.worksheet.remarks("A-02")

    again = Assessment.objects.select_related("campaign", "supplier").get(pk=assessment.pk)
    worksheet, desk = open_worksheet(again), opened.worksheet
    assert [columns(each) for each in (desk.assessment, desk.assessment.campaign, desk.assessment.supplier)] == [
        columns(each) for each in (again, again.campaign, again.supplier)
    ]
    assert [columns(site) for site in desk.sites] == [columns(site) for site in worksheet.sites]
    assert {code: whole(answer) for code, answer in desk.answers.items()} == {
        code: whole(answer) for code, answer in worksheet.answers.items()
    }
    assert desk.answers_of_sites == worksheet.answers_of_sites
    assert [desk.saved_by(code) for code in worksheet.answers] == [worksheet.saved_by(code) for code in worksheet.answers]
    assert (desk.facts, desk.states) == (worksheet.facts, worksheet.states)
    assert changes == worksheet.remarks("A-02")
    evidence = worksheet.evidence(["A-01", "A-02", "A-03"])
    assert {key: [(columns(use), columns(use.document)) for use in uses] for key, uses in opened.evidence.items()} == {
        key: [(columns(use), columns(use.document)) for use in uses] for key, uses in evidence.items()
    }
    assert of_last_year(opened.earlier) == of_last_year(read_earlier(again, ["A-01", "A-02", "A-03"]))
    assert opened.notes.beside
    notes = notes_of(again, user=owner, at=NOW)
    assert (opened.notes.here, opened.notes.areas, opened.notes.talks) == (notes.here, notes.areas, notes.talks)
    assert (opened.notes.marks, opened.notes.times) == (notes.marks, notes.times)


def test_strangers_rows_stay_closed(assessment, stranger):
    rows = area_reading.read_rows(
        assessment_id=assessment.pk, questionnaire_id=assessment.campaign.questionnaire_id, area="A", by=stranger, at=NOW
    )

    assert set(rows._replace(notes=None)) == {None}
    # Times are measured from everybody's answers.
    assert set(re.findall(r'\["(\w+)"', rows.notes or "")) == {"time"}


# --- what is drawn ----------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def content(client: Client, assessment: Assessment, **query: str) -> str:
    """The page without what is new in each: its token, and when it was read."""
    page = client.get(reverse("assessments:area", args=[assessment.pk, "A"]), query)
    text = page.text[page.text.index('<aside class="area-side"') :]
    return text.replace(str(page.context["csrf_token"]), "").replace(page.context["seen_at"].isoformat(), "")


def test_page_with_nothing_changed_is_not_worked_out_again(signed_in, assessment, monkeypatch, django_assert_num_queries):
    first = content(signed_in, assessment)
    monkeypatch.setattr(area_reading, "open_rows", lambda *_: pytest.fail("worked out again"))

    # session, person with company, everything else
    with django_assert_num_queries(3):
        assert "Which meter" not in first
        assert content(signed_in, assessment) == first


def test_drawing_asks_the_database_nothing(signed_in, assessment, django_assert_num_queries):
    content(signed_in, assessment)  # reads the questionnaires
    Answer.objects.filter(assessment=assessment).update(updated_at=NOW + timedelta(days=1))

    with django_assert_num_queries(3):
        content(signed_in, assessment)


Deed = Callable[[Assessment, User], object]


def save(assessment: Assessment, by: User) -> None:
    saving.save_answer(
        assessment_id=assessment.pk,
        question="A-02",
        value={"value": {"amount": "9", "unit": "kWh"}},
        note="",
        base_version=1,
        by=by,
        at=NOW,
    )


def answer_elsewhere(assessment: Assessment, by: User) -> None:
    """Shows a question of this area."""
    saving.save_answer(assessment_id=assessment.pk, question="B-01", value={"value": "yes"}, note="", base_version=1, by=by, at=NOW)


def bring_evidence(assessment: Assessment, by: User) -> None:
    document = create_document(supplier=assessment.supplier)
    saving.attach_evidence(assessment_id=assessment.pk, question="A-02", document_id=document.pk, by=by, at=NOW)


def say(assessment: Assessment, by: User) -> None:
    comments.say(assessment_id=assessment.pk, question=_question(assessment, "A-01"), text="Done?", by=by, at=NOW)


def hand_in(assessment: Assessment, by: User) -> None:
    Assessment.objects.filter(pk=assessment.pk).update(status="submitted", submitted_at=NOW, submitted_by=by)


def answer_last_year(assessment: Assessment, by: User) -> None:
    last = Answer.objects.get(question="A-02", assessment__campaign__cycle=2025)
    Answer.objects.filter(pk=last.pk).update(value={"value": {"amount": "101", "unit": "kWh"}})


DEEDS: dict[str, Deed] = {
    "an answer": save,
    "an answer of another area that shows a question": answer_elsewhere,
    "an answer, whatever changed it": lambda assessment, _by: Answer.objects.filter(assessment=assessment, question="A-02").update(
        value={"value": {"amount": "251", "unit": "kWh"}}
    ),
    "a reviewer's word": lambda *_: Verdict.objects.filter(outcome="reject_answer").update(reason="Look again."),
    "who saved it": lambda _assessment, by: User.objects.filter(pk=by.pk).update(name="Colin Renamed"),
    "evidence": bring_evidence,
    "evidence taken away": lambda *_: saving.EvidenceUse.objects.filter(document__title="Photo").delete(),
    "what a document is called": lambda *_: Document.objects.filter(title="Photo").update(title="Photograph"),
    "when a document ends": lambda *_: Document.objects.filter(title="Photo").update(valid_to=date(2020, 1, 1)),
    "a newer revision of last year's document": lambda assessment, _by: create_document(
        supplier=assessment.supplier, title="Bill, again", replaces=Document.objects.get(title="Bill of 2025")
    ),
    "a comment": say,
    "a mark": lambda assessment, by: come_back.mark(assessment_id=assessment.pk, question="A-01", by=by, at=NOW),
    "who answers the area": lambda assessment, by: area_tasks.assign(
        assessment_id=assessment.pk, areas=["A"], to=by, due_on=NOW.date() + timedelta(days=9), by=by, at=NOW
    ),
    "who is here": lambda *_: Presence.objects.update(seen_at=timezone.now()),
    "a measured time": lambda *_: AnswerTime.objects.update(seconds=4000),
    "a site": lambda assessment, _by: create_site(supplier=assessment.supplier, name="Wuhan works", type="factory"),
    "a site that closes": lambda *_: Site.objects.filter(name="Ningbo works").update(closed_on=date(2026, 1, 1)),
    "what is known of the company": lambda assessment, _by: Supplier.objects.filter(pk=assessment.supplier_id).update(category="cloud_dc"),
    "last year's answer": answer_last_year,
    "last year's verdict": lambda *_: Verdict.objects.filter(outcome="query").update(outcome="reject_answer"),
    "the campaign's name": lambda assessment, _by: Campaign.objects.filter(pk=assessment.campaign_id).update(title_en="Renamed"),
    "the state": hand_in,
}


# Not seen between these two names, or of no consequence here; the page is known to be another one all the same.
ELSEWHERE_ON_THE_PAGE = (
    "the campaign's name",
    "what is known of the company",
    "a measured time",
    "a newer revision of last year's document",
)


@pytest.mark.parametrize("what", DEEDS)
def test_page_changes_with_what_it_shows(signed_in, assessment, colleague, monkeypatch, what):
    def stamp() -> str:
        return signed_in.get(reverse("assessments:area", args=[assessment.pk, "A"])).context["page"].stamp

    known, shown = stamp(), content(signed_in, assessment)

    DEEDS[what](assessment, colleague)

    assert stamp() != known
    now = content(signed_in, assessment)
    assert (now == shown) == (what in ELSEWHERE_ON_THE_PAGE)
    monkeypatch.setattr("accounts.templatetags.kept.kept_html", KeptHtml(most=0))
    assert content(signed_in, assessment) == now


def test_page_is_another_one_in_another_language_and_for_another_person(signed_in, assessment, owner, colleague):
    english = content(signed_in, assessment)
    User.objects.filter(pk=owner.pk).update(language="zh-hans")
    chinese = content(signed_in, assessment)
    signed_in.force_login(colleague)
    colleagues = content(signed_in, assessment)

    assert ("Answered here" in english, "Answered here" in chinese) == (True, False)
    assert "Colin Colleague answers this area" in english
    assert "Yours to answer" in colleagues


def test_page_is_another_one_the_next_day(client, assessment, owner):
    Document.objects.filter(title="Photo").update(valid_to=date(2026, 6, 10))

    def chip(day: int) -> str:
        with time_machine.travel(datetime(2026, 6, day, 12, tzinfo=ZoneInfo("UTC")), tick=False):
            client.force_login(owner)
            return "".join(re.findall(r"Ends in \d+ days?", content(client, assessment)))

    assert [chip(7), chip(8)] == ["Ends in 3 days", "Ends in 2 days"]


def test_what_a_person_may_not_any_more_is_not_shown_from_memory(signed_in, assessment, owner, monkeypatch):
    address = reverse("assessments:area", args=[assessment.pk, "A"])
    assert signed_in.get(address).status_code == 200

    monkeypatch.setitem(ROLE_PERMISSIONS, Role.SUPPLIER_SIGNATORY, frozenset())
    assert signed_in.get(address).status_code == 403

    monkeypatch.undo()
    Membership.objects.filter(user=owner).update(supplier=create_supplier())
    assert signed_in.get(address).status_code == 404


def test_what_was_typed_and_could_not_be_saved_is_kept_for_nobody(signed_in, assessment):
    address = reverse("assessments:area", args=[assessment.pk, "A"])
    wrong = {"A-02__-base": 1, "A-02__-was": "", "A-02__value__amount": "a lot", "A-02__value__unit": "kWh"}

    assert "a lot" in signed_in.post(address, wrong).text
    assert "a lot" not in signed_in.get(address).text
