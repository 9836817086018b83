"""Two people in one form: who is where, and what the other saved meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.models import Answer, Assessment, Presence
from tests.factories import NOW, create_answer, create_assessment


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(supplier=supplier, status="in_progress")


@pytest.fixture
def signed_in(client: Client, owner) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def other(colleague) -> Client:
    client = Client()
    client.force_login(colleague)
    return client


def call(client: Client, assessment: Assessment, area: str = "A", question: str = "", since: str = "") -> dict[str, Any]:
    response = client.post(reverse("assessments:presence", args=[assessment.pk]), {"area": area, "question": question, "since": since})
    assert response.status_code == 200
    return dict(response.json())


def save(client: Client, assessment: Assessment, code: str, value: str, base: int = 0) -> None:
    data = {f"{code}__value": value, f"{code}__-base": base, f"{code}__-strict": "1"}
    assert client.post(reverse("assessments:save_answer", args=[assessment.pk, code]), data).status_code == 200


def test_each_sees_who_is_where_and_not_oneself(signed_in, other, assessment):
    assert call(signed_in, assessment)["here"] == []
    [seen] = call(other, assessment, question="A-01")["here"]
    assert (seen["name"], seen["place"], seen["question"]) == ("Olive Owner", "Water", "")

    [seen] = call(signed_in, assessment, area="B")["here"]
    assert (seen["name"], seen["area"], seen["place"]) == ("Colin Colleague", "A", "A-01")
    assert seen["url"] == f"{reverse('assessments:area', args=[assessment.pk, 'A'])}#A-01"


@pytest.mark.parametrize(("question", "place"), [("A-01@12", "A-01"), ("B-01", "Water"), ("Z-99", "Water"), ("\x00", "Water")])
def test_a_place_is_a_question_of_the_area_or_the_area(signed_in, other, assessment, question, place):
    call(other, assessment, question=question)

    assert [each["place"] for each in call(signed_in, assessment)["here"]] == [place]


def test_who_has_not_called_for_a_while_has_gone(signed_in, other, assessment):
    call(other, assessment)
    Presence.objects.update(seen_at=timezone.now() - Presence.STAYS - timedelta(seconds=1))

    assert call(signed_in, assessment)["here"] == []


def test_a_person_is_one_row_however_often_it_calls(signed_in, assessment):
    for area in ("A", "B", "A"):
        call(signed_in, assessment, area=area)

    assert Presence.objects.get().area == "A"


def test_what_the_other_saved_comes_with_the_next_call(signed_in, other, assessment):
    since = call(signed_in, assessment)["cursor"]
    save(other, assessment, "A-01", "yes")

    news = call(signed_in, assessment, since=since)

    change = news["answers"]["A-01"]
    assert (change["version"], change["by"], change["is_own"]) == (1, "Colin Colleague", False)
    assert ["A-01__value", "yes"] in change["pairs"]
    # The answer shows the question that depends on it.
    assert not news["questions"]["A-02"]["hidden"]


def test_an_answer_of_another_area_comes_as_what_it_shows_here_only(signed_in, other, assessment):
    since = call(signed_in, assessment, area="B")["cursor"]
    save(other, assessment, "A-01", "yes")

    news = call(signed_in, assessment, area="B", since=since)

    assert news["answers"] == {}
    assert set(news["questions"]) == {"B-01"}


def test_nothing_new_says_nothing(signed_in, assessment):
    create_answer(assessment=assessment, question="A-01")

    assert "answers" not in call(signed_in, assessment, since=call(signed_in, assessment)["cursor"])


@pytest.mark.parametrize("since", ["", "yesterday", "2026-02-31T00:00:00+00:00", "2026-01-01", "\x00"])
def test_a_cursor_that_cannot_be_read_is_no_fault(signed_in, assessment, since):
    create_answer(assessment=assessment, question="A-01")

    assert "answers" not in call(signed_in, assessment, since=since)


def test_a_save_that_is_committed_late_is_not_missed(signed_in, other, assessment, colleague):
    """Its time lies before the last call: the call looks back a little, and the page knows versions it has."""
    cursor = call(signed_in, assessment)["cursor"]
    late = timezone.now() - timedelta(seconds=5)
    Answer.objects.create(assessment=assessment, question="A-01", value={"value": "no"}, updated_by=colleague, updated_at=late)

    assert "A-01" in call(signed_in, assessment, since=cursor)["answers"]


def test_a_handed_in_assessment_says_so_and_shows_nobody(signed_in, other, supplier, owner):
    assessment = create_assessment(supplier=supplier, status="submitted", submitted_at=NOW, submitted_by=owner)
    call(other, assessment)

    news = call(signed_in, assessment)

    assert (news["open"], news["here"]) == (False, [])
    assert not Presence.objects.exists()


def test_an_area_that_does_not_exist_is_not_found(signed_in, assessment):
    assert signed_in.post(reverse("assessments:presence", args=[assessment.pk]), {"area": "Z"}).status_code == 404


def test_a_call_costs_the_same_however_many_are_here(signed_in, assessment, supplier, django_assert_num_queries):
    from accounts.models import Role
    from tests.factories import create_user

    for _number in range(5):
        person = create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=supplier)
        Presence.objects.create(assessment=assessment, user=person, area="A", seen_at=timezone.now())
    since = call(signed_in, assessment)["cursor"]

    # session, person, the call, what was saved since
    with django_assert_num_queries(4):
        assert len(call(signed_in, assessment, since=since)["here"]) == 5


def test_the_page_shows_without_script_who_is_here(signed_in, other, assessment):
    call(other, assessment, question="A-01")

    area = signed_in.get(reverse("assessments:area", args=[assessment.pk, "A"]))
    overview = signed_in.get(assessment.get_absolute_url())

    assert area.context["page"].team.questions["A-01"].here == ("Colin Colleague",)
    assert "Also here now" in area.text
    assert [(each.name, each.where) for each in overview.context["here"]] == [("Colin Colleague", "A-01")]


def test_saving_a_page_without_script_is_being_here(signed_in, assessment, owner):
    signed_in.post(reverse("assessments:area", args=[assessment.pk, "A"]), {"save": "1"})

    assert Presence.objects.get().user == owner


def test_the_buyers_people_see_nobody(assessment, owner, staff, stranger):
    Presence.objects.create(assessment=assessment, user=owner, area="A", seen_at=NOW)

    seen = [Presence.objects.visible_to(user).count() for user in (owner, staff, stranger)]

    assert seen == [1, 0, 0]


def test_the_answer_of_one_site_comes_under_its_own_name(signed_in, assessment, supplier, colleague):
    from tests.factories import create_site

    site = create_site(supplier=supplier)
    since = call(signed_in, assessment)["cursor"]
    answer = {"question": "A-01", "site": site, "value": {"value": "no"}, "updated_by": colleague, "updated_at": timezone.now()}
    Answer.objects.create(assessment=assessment, **answer)

    change = call(signed_in, assessment, since=since)["answers"][f"A-01@{site.pk}"]

    assert [f"A-01@{site.pk}__value", "no"] in change["pairs"]
