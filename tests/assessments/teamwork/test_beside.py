"""What stands beside the answers is known by a fingerprint: it changes with all of that, and with nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from assessments.answering import saving
from assessments.editor.area_page import read_page
from assessments.models import Assessment, Presence
from assessments.rules import rulesets
from assessments.teamwork import area_tasks, come_back, comments
from assessments.teamwork.presence import call
from suppliers.models import Supplier
from tests.assessments.editor.test_site_pages import CONTENT
from tests.factories import NOW, create_assessment, create_campaign, create_document, create_questionnaire, create_site


@pytest.fixture
def assessment(supplier: Supplier) -> Assessment:
    campaign = create_campaign(questionnaire=create_questionnaire(content=CONTENT))
    return create_assessment(supplier=supplier, campaign=campaign, status="in_progress")


def fingerprint(assessment: Assessment, by: User, area: str = "A") -> str:
    rules = rulesets.for_version(assessment.campaign.questionnaire_id)
    return call(assessment_id=assessment.pk, rules=rules, area=area, question="", by=by, at=NOW).beside


def drawn_with(assessment: Assessment, by: User) -> str:
    rules = rulesets.for_version(assessment.campaign.questionnaire_id)
    page = read_page(assessment_id=assessment.pk, this=rules.questionnaire.areas[0], rules=rules, user=by, at=NOW)
    return page.team.beside


Deed = Callable[[Assessment, User], object]


def attach(assessment: Assessment, by: User) -> object:
    document = create_document(supplier=assessment.supplier)
    return saving.attach_evidence(assessment_id=assessment.pk, question="A-01", document_id=document.pk, by=by, at=NOW)


def take_away(assessment: Assessment, by: User) -> None:
    use = saving.EvidenceUse.objects.get()
    saving.detach_evidence(assessment_id=assessment.pk, use_id=use.pk)


def save(assessment: Assessment, by: User, site: int | None = None) -> object:
    return saving.save_answer(
        assessment_id=assessment.pk, question="A-01", value={"value": "yes"}, note="", base_version=0, by=by, at=NOW, site=site
    )


def begin_a_site(assessment: Assessment, by: User) -> object:
    return save(assessment, by, create_site(supplier=assessment.supplier, type="factory").pk)


def say(assessment: Assessment, by: User) -> object:
    question = rulesets.for_version(assessment.campaign.questionnaire_id).questionnaire.question("A-01")
    return comments.say(assessment_id=assessment.pk, question=question, text="Which meter?", by=by, at=NOW)


def mark(assessment: Assessment, by: User) -> None:
    come_back.mark(assessment_id=assessment.pk, question="A-01", by=by, at=NOW)


def assign(assessment: Assessment, by: User) -> None:
    due_on = NOW.date() + timedelta(days=3)
    area_tasks.assign(assessment_id=assessment.pk, areas=["A"], to=by, due_on=due_on, by=by, at=NOW)


@pytest.mark.parametrize("deed", [attach, begin_a_site, say, mark, assign])
def test_whatever_a_colleague_does_beside_an_answer_changes_it(assessment: Assessment, owner: User, colleague: User, deed: Deed) -> None:
    before = fingerprint(assessment, owner)

    deed(assessment, colleague)

    after = fingerprint(assessment, owner)
    assert after != before
    # Pages are drawn with the same one.
    assert drawn_with(assessment, owner) == after


def test_what_was_taken_away_again_leaves_no_trace(assessment: Assessment, owner: User, colleague: User) -> None:
    before = fingerprint(assessment, owner)
    attach(assessment, colleague)
    with_evidence = fingerprint(assessment, owner)
    take_away(assessment, colleague)

    assert with_evidence != before == fingerprint(assessment, owner)


def test_an_answer_changes_the_overview_alone(assessment: Assessment, owner: User, colleague: User) -> None:
    of_area, of_overview = fingerprint(assessment, owner), fingerprint(assessment, owner, area="")

    save(assessment, colleague)

    assert fingerprint(assessment, owner) == of_area
    assert fingerprint(assessment, owner, area="") != of_overview


def test_who_looks_at_the_overview_hears_who_is_where_and_is_nowhere(
    client: Client, assessment: Assessment, owner: User, colleague: User
) -> None:
    fingerprint(assessment, colleague)
    Presence.objects.update(seen_at=NOW + timedelta(days=9000))
    client.force_login(owner)

    news = client.post(reverse("assessments:presence", args=[assessment.pk]), {"area": ""}).json()

    assert [each["name"] for each in news["here"]] == ["Colin Colleague"]
    assert "answers" not in news
    assert [each.user for each in Presence.objects.all()] == [colleague]


def test_an_area_that_saw_something_else_hears_how_its_questions_stand(client: Client, assessment: Assessment, owner: User) -> None:
    client.force_login(owner)
    url = reverse("assessments:presence", args=[assessment.pk])
    create_site(supplier=assessment.supplier, type="factory")
    seen = client.post(url, {"area": "A"}).json()["beside"]
    save(assessment, owner)
    attach(assessment, owner)

    news = client.post(url, {"area": "A", "seen": seen}).json()

    assert not news["questions"]["A-01"]["lacks_evidence"]
    assert "questions" not in client.post(url, {"area": "A", "seen": news["beside"]}).json()
