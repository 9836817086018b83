from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts import messages
from accounts.models import Invitation, Message, User
from assessments import standing
from assessments.campaigns import invitations, steps
from assessments.campaigns.steps import Population
from assessments.models import Assessment, Campaign
from assessments.scores.keeping import keep_scores
from audit.models import Event
from runs import engine
from runs.models import Run
from suppliers.models import Supplier
from tests.factories import (
    NOW,
    attach,
    create_answer,
    create_assessment,
    create_campaign,
    create_contact,
    create_document,
    create_questionnaire,
    create_site,
    create_supplier,
    create_user,
)


def draft(**fields: Any) -> Campaign:
    return create_campaign(**{"status": Campaign.Status.DRAFT, "launched_at": None} | fields)


def launch(campaign: Campaign, *, by: User | None = None, invite: bool = False) -> Run | None:
    return steps.launch(campaign_id=campaign.pk, by=by, at=NOW, invite=invite)


# --- who is asked -----------------------------------------------------------------------------------------------------


def test_a_population_without_limits_is_everybody_we_do_business_with(db: None) -> None:
    active, invited = create_supplier(), create_supplier(state="invited")
    create_supplier(state="offboarded")
    create_supplier(state="suspended")

    assert set(Population().suppliers()) == {active, invited}


def test_a_population_is_limited_by_what_staff_choose(db: None) -> None:
    wanted = create_supplier(category="cloud_dc", country="CN", headcount_band="large", name_en="Willow Data Ltd")
    create_site(supplier=wanted, type="data_centre")
    create_site(supplier=wanted, type="office")
    create_supplier(category="cloud_dc", country="DE", headcount_band="large")
    create_supplier(category="media", country="CN")

    population = Population(
        categories=["cloud_dc"], countries=["CN"], headcounts=["large"], site_types=["data_centre", "office"], search="willow"
    )

    assert list(population.suppliers()) == [wanted]
    assert Population.from_json(population.as_json()) == population


def test_a_population_may_be_limited_by_what_another_app_knows(client: Client, staff: User) -> None:
    create_supplier()
    client.force_login(staff)
    url = reverse("assessments:campaign_new")

    client.post(url, FORM | {"questionnaire": create_questionnaire().pk, "population-categories": [], "population-label": ["none"]})
    campaign = Campaign.objects.get()

    assert campaign.population == {"others": {"label": ["none"]}}
    assert Population.from_json(campaign.population).suppliers().count() == 1
    assert Population(others={"label": ["awarded"]}).suppliers().count() == 0
    assert client.get(reverse("assessments:campaign_edit", args=[campaign.pk])).context["size"] == 1
    assert "Green label" in client.get(campaign.get_absolute_url()).text


def test_a_limit_nobody_knows_asks_nobody(db: None) -> None:
    with pytest.raises(KeyError):
        Population(others={"colour": ["green"]}).suppliers()


# --- launching --------------------------------------------------------------------------------------------------------


def test_launching_asks_each_supplier_of_the_population_once(staff: User) -> None:
    first, second = create_supplier(), create_supplier()
    create_supplier(state="offboarded")
    campaign = draft()

    launch(campaign, by=staff)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.launched_at, campaign.launched_by) == (Campaign.Status.OPEN, NOW, staff)
    assert set(campaign.assessments.values_list("supplier_id", "status", "due_on")) == {
        (first.pk, "not_started", campaign.due_on),
        (second.pk, "not_started", campaign.due_on),
    }
    assert first.standing.newest.campaign_id == campaign.pk
    assert standing.differences() == []
    event = Event.objects.get(action="campaign.launched")
    assert (event.actor, event.detail["asked"]) == (staff, 2)


def test_launching_again_asks_only_those_who_joined_since(db: None) -> None:
    create_supplier()
    campaign = draft()
    launch(campaign)
    create_supplier()

    launch(campaign)

    assert campaign.assessments.count() == 2


def test_an_unpublished_questionnaire_cannot_be_put_to_anybody(db: None) -> None:
    create_supplier()
    campaign = draft(questionnaire=create_questionnaire(status="draft", published_at=None))

    with pytest.raises(steps.NotReady):
        launch(campaign)


def test_nobody_to_ask_is_said_before_the_launch(db: None) -> None:
    with pytest.raises(steps.NotReady):
        launch(draft())


def test_a_campaign_is_not_launched_before_its_opening_date(db: None) -> None:
    create_supplier()
    campaign = draft(opens_on=NOW.date() + timedelta(days=1))

    with pytest.raises(steps.NotReady, match="opening date"):
        launch(campaign)

    assert not Assessment.objects.exists()
    launch_at = NOW + timedelta(days=1)
    steps.launch(campaign_id=campaign.pk, by=None, at=launch_at, invite=False)
    assert Assessment.objects.exists()


def test_a_draft_that_somebody_launched_meanwhile_is_not_changed(client: Client, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = draft()
    client.force_login(staff)
    change = steps.change_draft

    def launched_first(**arguments: Any) -> Campaign:
        Campaign.objects.filter(pk=campaign.pk).update(status=Campaign.Status.OPEN, launched_at=NOW)
        return change(**arguments)

    monkeypatch.setattr(steps, "change_draft", launched_first)
    sent = FORM | {"questionnaire": campaign.questionnaire_id}
    response = client.post(reverse("assessments:campaign_edit", args=[campaign.pk]), sent, follow=True)

    assert "not changed any more" in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.title_en == "Self-assessment 2026"


def test_a_closed_campaign_is_not_launched(db: None) -> None:
    create_supplier()

    with pytest.raises(steps.IllegalTransition):
        launch(create_campaign(status=Campaign.Status.CLOSED))


# --- inviting ---------------------------------------------------------------------------------------------------------


def invite(campaign: Campaign) -> Run:
    run = steps.send_invitations(campaign_id=campaign.pk, by=None, at=NOW)
    return engine.work_off(run.pk)


def test_people_with_an_account_are_invited_and_else_the_first_contact(db: None) -> None:
    signed_up, unknown, silent = create_supplier(), create_supplier(), create_supplier()
    create_user(role="supplier_signatory", supplier=signed_up, email="ann@signed.example")
    create_user(role="supplier_contributor", supplier=signed_up, email="bob@signed.example")
    create_user(role="supplier_contributor", supplier=signed_up, email="gone@signed.example", is_active=False)
    create_contact(supplier=signed_up, email="front@signed.example", is_primary=True)
    create_contact(supplier=unknown, email="second@unknown.example")
    create_contact(supplier=unknown, email="First@unknown.example", is_primary=True)
    campaign = draft()
    launch(campaign)

    run = invite(campaign)

    assert set(Message.objects.values_list("email", flat=True)) == {"ann@signed.example", "bob@signed.example", "first@unknown.example"}
    assert (run.status, run.result, run.total) == ("done", {"queued": 3, "invited": 1}, 3)
    assert list(Invitation.objects.values_list("email", "supplier_id", "role")) == [
        ("first@unknown.example", unknown.pk, "supplier_signatory")
    ]
    assert not silent.contacts.exists()


def test_nobody_is_invited_twice_however_often_it_is_sent(db: None) -> None:
    supplier = create_supplier()
    create_contact(supplier=supplier, is_primary=True)
    campaign = draft()
    launch(campaign)
    invite(campaign)

    again = invite(campaign)

    assert again.result == {"queued": 0, "invited": 0} or again.total == 1
    assert Message.objects.count() == Invitation.objects.count() == 1


def test_a_contact_of_two_suppliers_gets_one_mail_with_both_links(db: None) -> None:
    first, second = create_supplier(name_en="Alder Ltd"), create_supplier(name_en="Birch Ltd")
    for supplier in (first, second):
        create_contact(supplier=supplier, email="desk@agency.example", is_primary=True, language="en")
    campaign = draft()
    launch(campaign)

    invite(campaign)

    message = Message.objects.get()
    mail = messages.compose(message)
    assert "Alder Ltd" in mail.body
    assert "Birch Ltd" in mail.body
    assert mail.body.count("/invitations/") == 2 or mail.body.count("http") >= 3


def test_the_mail_speaks_the_language_of_its_reader(db: None) -> None:
    supplier = create_supplier(name_en="Alder Ltd", name_zh="桤木有限公司")
    create_user(role="supplier_signatory", supplier=supplier, language="zh-hans")
    campaign = draft(title_zh="2026年度供应商自评")
    launch(campaign)
    invite(campaign)

    mail = messages.compose(Message.objects.get())

    assert "2026年度供应商自评" in mail.subject
    assert "桤木有限公司" in mail.body
    assert reverse("assessments:overview", args=[Assessment.objects.get().pk]) in mail.body


def test_the_campaign_says_how_far_its_mails_are(db: None) -> None:
    supplier = create_supplier()
    create_contact(supplier=supplier, is_primary=True)
    campaign = draft()
    launch(campaign)
    invite(campaign)

    assert sum(invitations.mail_counts(campaign.pk).values()) == 1
    assert invitations.mail_counts(campaign.pk + 1) == {}


# --- closing ----------------------------------------------------------------------------------------------------------


def test_closing_lets_lapse_what_was_not_handed_in(staff: User) -> None:
    campaign = create_campaign()
    begun = create_assessment(campaign=campaign, status="in_progress")
    handed_in = create_assessment(campaign=campaign, status="submitted", submitted_at=NOW, submitted_by=staff)

    lapsed = steps.close(campaign_id=campaign.pk, by=staff, at=NOW)

    begun.refresh_from_db()
    handed_in.refresh_from_db()
    assert (lapsed, begun.status, handed_in.status) == (1, "lapsed", "submitted")
    assert begun.supplier.standing.status == "lapsed"


# --- pages ------------------------------------------------------------------------------------------------------------

FORM = {
    "title_en": "Self-assessment 2026",
    "title_zh": "2026年度自评",
    "cycle": "2026",
    "opens_on": "2025-07-01",
    "due_on": "2025-09-30",
    "population-categories": ["media"],
}


def test_staff_draft_look_and_launch(client: Client, staff: User) -> None:
    create_supplier(category="media")
    create_supplier(category="events")
    client.force_login(staff)

    response = client.post(reverse("assessments:campaign_new"), FORM | {"questionnaire": create_questionnaire().pk}, follow=True)
    campaign = Campaign.objects.get()
    assert campaign.population == {"categories": ["media"]}
    assert "Launching it asks 1 supplier." in response.text

    response = client.post(reverse("assessments:campaign_launch", args=[campaign.pk]), follow=True)
    assert "1 supplier is asked." in response.text
    assert Run.objects.get().kind == "send_invitations"


def test_a_due_date_before_the_opening_is_refused_beside_its_field(client: Client, staff: User) -> None:
    client.force_login(staff)

    response = client.post(reverse("assessments:campaign_new"), FORM | {"questionnaire": create_questionnaire().pk, "due_on": "2025-06-30"})

    assert response.status_code == 422
    assert "The due date lies before the opening date." in response.text


def test_the_preview_counts_the_population_on_the_form(client: Client, staff: User) -> None:
    create_supplier(category="media")
    create_supplier(category="events")
    client.force_login(staff)

    response = client.get(reverse("assessments:campaign_preview"), {"population-categories": "media"})

    assert "<strong>1</strong>" in response.text


def test_reviewers_read_campaigns_and_launch_none(client: Client, reviewer: User) -> None:
    campaign = draft()
    client.force_login(reviewer)

    assert client.get(reverse("assessments:campaign", args=[campaign.pk])).status_code == 200
    assert client.get(reverse("assessments:campaign_list")).status_code == 200
    assert client.post(reverse("assessments:campaign_launch", args=[campaign.pk])).status_code == 403
    assert client.post(reverse("assessments:campaign_close", args=[campaign.pk])).status_code == 403


def test_the_campaign_page_says_the_average_of_scores_and_evidence(client: Client, staff: User, owner: User) -> None:
    campaign = create_campaign(opens_on=date(2026, 1, 1))
    for has_evidence in (True, False):
        supplier = create_supplier()
        assessment = create_assessment(campaign=campaign, supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
        answer = create_answer(assessment=assessment, question="A-01")
        create_answer(assessment=assessment, question="B-01", value={"value": "no"})
        if has_evidence:
            attach(answer=answer, document=create_document(supplier=supplier))
        keep_scores([assessment.pk], at=NOW)
    create_assessment(campaign=campaign, supplier=create_supplier())
    client.force_login(staff)

    response = client.get(reverse("assessments:campaign", args=[campaign.pk]))

    found = response.context["averages_of_all"]
    # A: 2 of 4 as declared; half of that without evidence. B: all.
    assert (found.declared, found.evidenced, found.verified, found.evidence_coverage) == (Decimal(75), Decimal("68.75"), None, Decimal(50))
    assert "50%" in response.text


def test_the_campaign_page_costs_the_same_for_few_and_many(client: Client, staff: User, django_assert_max_num_queries: Any) -> None:
    campaign = create_campaign(opens_on=date(2026, 1, 1))
    for number in range(8):
        create_assessment(campaign=campaign, supplier=create_supplier(category=["media", "events"][number % 2]))
    client.force_login(staff)

    # session, user, campaign, participation, averages (2), mails, runs, population's units: none of them a row each
    with django_assert_max_num_queries(10):
        response = client.get(reverse("assessments:campaign", args=[campaign.pk]))
    with translation.override("zh-hans"):
        client.get(reverse("assessments:campaign", args=[campaign.pk]))

    assert "Participation" in response.text


def test_suppliers_are_told_their_new_assessment_is_there(db: None) -> None:
    supplier = create_supplier()
    campaign = draft(due_on=date(2026, 9, 1))
    launch(campaign)

    assert (supplier.standing.status, supplier.standing.due_on) == ("not_started", date(2026, 9, 1))
    assert Supplier.objects.filter(standing__newest__campaign=campaign).count() == 1
    assert campaign.opens_on <= campaign.due_on - timedelta(days=1)
