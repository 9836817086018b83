"""Sharing the work: areas assigned to colleagues and to people invited with it, with a date and a reminder."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.invitations import accept_as_new_person, token_of
from accounts.messages import compose
from accounts.models import Invitation, Message, Role
from assessments.answering.saving import NotOpen
from assessments.answering.worksheet import open_worksheet
from assessments.models import AreaTask, Assessment
from assessments.teamwork import area_tasks
from assessments.teamwork.area_tasks import Newcomer
from audit.models import Event
from tests.factories import NOW, PASSWORD, create_answer, create_assessment, create_user


TODAY = timezone.localdate()


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(supplier=supplier, status="in_progress", due_on=TODAY + timedelta(days=30))


@pytest.fixture
def signed_in(client: Client, owner) -> Client:
    client.force_login(owner)
    return client


def send(client: Client, assessment: Assessment, **data: Any) -> Any:
    fields = {"areas": ["A"], "due_on": (TODAY + timedelta(days=7)).isoformat(), "language": "en", **data}
    return client.post(reverse("assessments:assign", args=[assessment.pk]), fields)


def assign(assessment: Assessment, **fields: Any) -> None:
    area_tasks.assign(
        **{"assessment_id": assessment.pk, "areas": ["A"], "due_on": TODAY + timedelta(days=2), "at": timezone.now(), **fields}
    )


def test_areas_are_assigned_to_a_colleague_who_gets_one_mail(signed_in, assessment, colleague):
    response = send(signed_in, assessment, areas=["A", "B"], who=str(colleague.pk))

    assert response.url == assessment.get_absolute_url()
    assert dict(AreaTask.objects.values_list("area", "assignee")) == {"A": colleague.pk, "B": colleague.pk}
    [message] = Message.objects.filter(kind="area_assigned")
    mail = compose(message)
    assert mail.to == ["colleague@bamboo.example"]
    assert "Olive Owner asks you to answer" in mail.body
    assert "Water, People" in mail.subject


def test_saying_the_same_again_writes_to_nobody(signed_in, assessment, colleague):
    for _time in range(2):
        send(signed_in, assessment, who=str(colleague.pk))

    assert Message.objects.count() == 1


def test_one_who_takes_an_area_gets_no_mail(signed_in, assessment, owner):
    send(signed_in, assessment, who=str(owner.pk))

    assert AreaTask.objects.get().assignee == owner
    assert not Message.objects.exists()


def test_another_person_takes_over_and_the_history_keeps_who_had_it(signed_in, assessment, owner, colleague):
    from django.apps import apps

    send(signed_in, assessment, who=str(colleague.pk))
    send(signed_in, assessment, who=str(owner.pk))

    assert AreaTask.objects.get().assignee == owner
    assert apps.get_model("assessments", "AreaTaskEvent")._default_manager.get().assignee_id == colleague.pk


def test_nobody_in_particular_takes_it_off(signed_in, assessment, colleague):
    send(signed_in, assessment, who=str(colleague.pk))
    send(signed_in, assessment, who="nobody", due_on="")

    assert not AreaTask.objects.exists()


def test_inviting_asks_again_who_is_there_and_handing_round_does_not(signed_in, assessment, colleague):
    session = signed_in.session
    session["confirmed_at"] = 1.0
    session.save()

    send(signed_in, assessment, who=str(colleague.pk))
    assert AreaTask.objects.get().assignee == colleague
    asked = send(signed_in, assessment, who="new", email="new@bamboo.example")
    assert not Invitation.objects.exists()
    signed_in.post(asked.headers["Location"], {"password": PASSWORD, "next": reverse("assessments:assign", args=[assessment.pk])})

    assert Invitation.objects.get().email == "new@bamboo.example"


def test_somebody_new_is_invited_with_the_same_mail_and_finds_the_area_assigned(signed_in, assessment):
    send(signed_in, assessment, who="new", email="New@Bamboo.example", name="Nora New")

    task = AreaTask.objects.get()
    assert (task.assignee, task.email) == (None, "new@bamboo.example")
    [message] = Message.objects.all()
    invitation = Invitation.objects.get()
    assert invitation.role == Role.SUPPLIER_CONTRIBUTOR
    assert "Open your account and begin" in compose(message).body
    assert token_of(invitation) in compose(message).body

    person = accept_as_new_person(
        token=token_of(invitation), name="Nora New", password="a long enough one", language="en", at=timezone.now()
    )

    task.refresh_from_db()
    assert (task.assignee, task.email) == (person, "")
    [event] = Event.objects.filter(action="area.assigned")
    assert event.detail["invitation"] == invitation.pk
    assert "bamboo.example" not in str(event.detail), "the trail stays for ever"


def test_an_address_of_a_colleague_means_the_colleague(signed_in, assessment, colleague):
    send(signed_in, assessment, who="new", email=colleague.email)

    assert AreaTask.objects.get().assignee == colleague
    assert not Invitation.objects.exists()


def test_an_invitation_to_another_company_hands_over_nothing(assessment, owner, stranger):
    from accounts.invitations import invite

    assign(assessment, to=Newcomer("new@bamboo.example", "", "en"), by=owner)
    elsewhere = invite(
        email="new@bamboo.example",
        role=Role.SUPPLIER_CONTRIBUTOR,
        supplier_id=stranger.supplier_id,
        by=stranger,
        at=timezone.now(),
        language="en",
    )
    accept_as_new_person(token=token_of(elsewhere), name="Nora", password="a long enough one", language="en", at=timezone.now())

    assert AreaTask.objects.get().assignee is None


def test_only_those_who_may_invite_can_name_somebody_new(client, assessment, colleague):
    client.force_login(colleague)

    page = client.get(reverse("assessments:assign", args=[assessment.pk]))
    response = send(client, assessment, who="new", email="new@bamboo.example")

    assert "invite by e-mail" not in page.text
    assert "who" in response.context["form"].errors
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("areas", {"areas": []}),
        ("areas", {"areas": ["Z"]}),
        ("who", {"who": ""}),
        ("who", {"who": "999999"}),
        ("email", {"who": "new"}),
        ("email", {"who": "new", "email": "not an address"}),
        ("due_on", {"due_on": ""}),
        ("due_on", {"due_on": "31.02.2026"}),
        ("due_on", {"due_on": (TODAY - timedelta(days=1)).isoformat()}),
        ("due_on", {"due_on": (TODAY + timedelta(days=31)).isoformat()}),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_kept(signed_in, assessment, colleague, field, data):
    response = send(signed_in, assessment, **{"who": str(colleague.pk), **data})

    assert list(response.context["form"].errors) == [field]
    assert not AreaTask.objects.exists()


def test_the_form_comes_filled_in_as_the_area_is_assigned(signed_in, assessment, owner):
    assign(assessment, to=Newcomer("new@bamboo.example", "", "en"), by=owner)

    def initial(code: str) -> Any:
        return signed_in.get(reverse("assessments:assign", args=[assessment.pk]), {"area": code}).context["form"].initial

    assert (initial("A")["who"], initial("A")["email"], initial("A")["due_on"]) == ("new", "new@bamboo.example", TODAY + timedelta(days=2))
    assert (initial("B")["who"], initial("B")["due_on"]) == ("", assessment.due_on)
    assert initial("\x00")["areas"] == [""]


def test_a_strangers_person_cannot_be_named(signed_in, assessment, stranger):
    assert "who" in send(signed_in, assessment, who=str(stranger.pk)).context["form"].errors


def test_a_handed_in_assessment_is_not_shared_any_more(signed_in, supplier, owner, colleague):
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)

    assert send(signed_in, assessment, who=str(colleague.pk)).url == assessment.get_absolute_url()
    with pytest.raises(NotOpen):
        assign(assessment, to=colleague, by=owner)
    assert not AreaTask.objects.exists()


# --- where it is shown ------------------------------------------------------------------------------------------------


def test_overview_says_who_answers_by_when_and_the_done_state_follows_from_the_answers(signed_in, assessment, colleague, owner):
    assign(assessment, to=colleague, by=owner, due_on=date(TODAY.year + 1, 5, 12))
    overview = assessment.get_absolute_url()

    assert f"Colin Colleague, due on 12 May {TODAY.year + 1}" in signed_in.get(overview).text

    create_answer(assessment=assessment, question="A-01", value={"value": "no"})
    assert "Colin Colleague, done" in signed_in.get(overview).text


def test_overview_says_what_is_late_and_who_has_left(signed_in, assessment, colleague, owner):
    assign(assessment, to=colleague, by=owner, due_on=TODAY - timedelta(days=1))
    assert "Colin Colleague, was due on" in signed_in.get(assessment.get_absolute_url()).text

    colleague.memberships.all().delete()
    assert "Colin Colleague, no longer in your company" in signed_in.get(assessment.get_absolute_url()).text


def test_overview_is_narrowed_to_ones_own_and_to_nobodys(signed_in, assessment, owner):
    assign(assessment, to=owner, by=owner)

    mine = signed_in.get(assessment.get_absolute_url(), {"who": "mine"}).context["work"]
    nobodys = signed_in.get(assessment.get_absolute_url(), {"who": "nobodys"}).context["work"]

    assert [task.title for task in mine.tasks] == ["Water"]
    assert [task.title for task in nobodys.tasks] == ["People"]


def test_home_lists_ones_own_areas_and_leads_to_the_first_open_question(client, assessment, colleague, owner):
    assign(assessment, to=colleague, by=owner)
    client.force_login(colleague)

    page = client.get(reverse("assessments:home"))

    [area] = page.context["my_areas"]
    assert area.url == f"{reverse('assessments:area', args=[assessment.pk, 'A'])}#A-01"
    assert "Your areas" in page.text


def test_area_page_says_whose_it_is(signed_in, assessment, colleague, owner):
    assign(assessment, to=colleague, by=owner)

    assert "Colin Colleague answers this area" in signed_in.get(reverse("assessments:area", args=[assessment.pk, "A"])).text


def test_the_buyers_people_do_not_see_who_answers(assessment, owner, staff, stranger):
    assign(assessment, to=owner, by=owner)

    assert [AreaTask.objects.visible_to(user).count() for user in (owner, staff, stranger)] == [1, 0, 0]


# --- reminding --------------------------------------------------------------------------------------------------------


def remind() -> int:
    return area_tasks.remind(area_tasks.to_be_reminded(TODAY), today=TODAY)


def test_a_reminder_goes_out_once_for_all_areas_of_a_person_and_a_day(assessment, colleague, owner):
    assign(assessment, areas=["A", "B"], to=colleague, by=owner)

    assert [remind(), remind()] == [1, 0]
    mail = compose(Message.objects.get(kind="area_reminder"))
    assert "Water, People" in mail.body


def test_a_new_date_is_reminded_of_again(assessment, colleague, owner):
    assign(assessment, to=colleague, by=owner)
    remind()
    assign(assessment, to=colleague, by=owner, due_on=TODAY + timedelta(days=3))

    assert remind() == 1


@pytest.mark.parametrize("case", ["complete", "far", "past", "invited", "left", "handed in"])
def test_nobody_is_reminded_without_need(assessment, colleague, owner, case):
    days = {"far": 4, "past": -1}.get(case, 2)
    to = Newcomer("new@bamboo.example", "", "en") if case == "invited" else colleague
    assign(assessment, to=to, by=owner, due_on=TODAY + timedelta(days=days))
    if case == "complete":
        create_answer(assessment=assessment, question="A-01", value={"value": "no"})
        assert open_worksheet(assessment).progress("A").is_complete
    elif case == "left":
        colleague.memberships.all().delete()
    elif case == "handed in":
        Assessment.objects.update(status="submitted", submitted_at=NOW, submitted_by=owner)

    assert remind() == 0


def test_the_nightly_run_reminds(assessment, colleague, owner, django_capture_on_commit_callbacks):
    from assessments.jobs import RemindOfAreas
    from runs.models import Chunk, Run

    assign(assessment, to=colleague, by=owner)
    run = Run.objects.create(kind="remind_of_areas", created_at=NOW)

    [plan] = RemindOfAreas().plan(run)
    result = RemindOfAreas().work(run, Chunk(run=run, number=0, payload=plan.payload))

    assert result == {"queued": 1}


def test_assigned_areas_cost_the_same_for_one_and_for_all(signed_in, assessment, supplier, owner):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(assessment.get_absolute_url())
        return len(queries)

    assign(assessment, to=owner, by=owner)
    cost()  # reads the questionnaire
    one = cost()
    assign(assessment, areas=["B"], to=create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=supplier), by=owner)

    assert cost() == one
