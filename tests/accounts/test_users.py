from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError
from django.test import Client

from accounts import people
from accounts.messages import deliver_batch
from accounts.models import Invitation, Membership, Role, User
from audit.models import Event
from tests.factories import NOW, create_supplier, create_user
from tests.races import at_once


def test_an_administrator_finds_people_by_name_address_role_and_state(client: Client, administrator: User, owner: User) -> None:
    create_user(role=Role.AUDITOR, name="Closed Case", is_active=False)
    client.force_login(administrator)

    def names(query: str) -> list[str]:
        return [person.name for person in client.get(f"/users/?{query}").context["users"]]

    assert names("q=olive") == ["Olive Owner"]
    assert names("q=bamboo.example") == ["Olive Owner"]
    assert names("role=administrator") == ["Adam Administrator"]
    assert names("state=closed") == ["Closed Case"]
    assert names("q=nobody-like-this") == []


def test_the_user_list_pages_forward_and_back(client: Client, administrator: User) -> None:
    for number in range(120):
        create_user(email=f"p{number:03}@x.example")
    client.force_login(administrator)

    first = client.get("/users/")
    second = client.get("/users/" + first.context["page"].next_url)
    back = client.get("/users/" + second.context["page"].previous_url)

    assert len(first.context["users"]) == 50
    assert first.context["page"].previous_url == ""
    assert {u.pk for u in first.context["users"]}.isdisjoint({u.pk for u in second.context["users"]})
    assert [u.pk for u in back.context["users"]] == [u.pk for u in first.context["users"]]


def test_the_user_list_costs_the_same_for_many(client: Client, administrator: User, django_assert_max_num_queries: Any) -> None:
    for _ in range(20):
        create_user(role=Role.SUPPLIER_CONTRIBUTOR)
    client.force_login(administrator)

    # session, user, people, their memberships with suppliers, open invitations
    with django_assert_max_num_queries(6):
        client.get("/users/")


@pytest.mark.parametrize("path", ["/users/", "/users/invite/", "/users/1/"])
@pytest.mark.parametrize("person", ["owner", "reviewer", "staff", "auditor"])
def test_only_administrators_see_users(client: Client, request: pytest.FixtureRequest, path: str, person: str) -> None:
    client.force_login(request.getfixturevalue(person))

    assert client.get(path).status_code == 403


def test_an_administrator_invites_staff(client: Client, administrator: User) -> None:
    client.force_login(administrator)

    client.post("/users/invite/", {"email": "new@buyer.example", "name": "", "role": Role.REVIEWER, "language": "en"})

    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.supplier) == (Role.REVIEWER, None)
    assert "new@buyer.example" in client.get("/users/").content.decode()


def test_an_administrator_gets_no_other_role_by_inviting_themselves(client: Client, administrator: User) -> None:
    client.force_login(administrator)

    page = client.post("/users/invite/", {"email": "Admin@buyer.example", "name": "", "role": Role.CASE_TEAM, "language": "en"})

    assert "You cannot change your own access." in page.text
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("person", ["staff", "case_worker"])
def test_who_has_a_role_of_the_buyer_is_not_invited_to_another(
    client: Client, request: pytest.FixtureRequest, administrator: User, person: str
) -> None:
    somebody = request.getfixturevalue(person)
    client.force_login(administrator)

    page = client.post("/users/invite/", {"email": somebody.email, "name": "", "role": Role.AUDITOR, "language": "en"})

    assert "Change it on the person&#x27;s page" in page.text
    assert not Invitation.objects.exists()


def test_somebody_of_a_supplier_is_not_asked_onto_the_case_team(client: Client, administrator: User, owner: User) -> None:
    client.force_login(administrator)

    refused = client.post("/users/invite/", {"email": owner.email, "name": "", "role": Role.CASE_TEAM, "language": "en"})
    taken = client.post("/users/invite/", {"email": owner.email, "name": "", "role": Role.AUDITOR, "language": "en"})

    assert "Nobody of a supplier reads grievances" in refused.text
    assert taken.status_code == 302


def test_a_role_is_not_changed_to_case_team_for_who_acts_for_a_supplier(client: Client, administrator: User, staff: User) -> None:
    Membership.objects.create(user=staff, role=Role.SUPPLIER_CONTRIBUTOR, supplier=create_supplier())
    client.force_login(administrator)

    page = client.post(f"/users/{staff.pk}/role/", {"role": Role.CASE_TEAM}, follow=True)

    staff.refresh_from_db()
    assert staff.role == Role.ESG_STAFF
    assert "Nobody of a supplier reads grievances" in page.text


@pytest.mark.parametrize("first", [Role.CASE_TEAM, Role.SUPPLIER_SIGNATORY])
def test_the_database_keeps_suppliers_and_cases_apart(db: None, first: Role) -> None:
    hats = {Role.CASE_TEAM: None, Role.SUPPLIER_SIGNATORY: create_supplier()}
    person = create_user(role=first, supplier=hats.pop(first))
    [(role, supplier)] = hats.items()

    with pytest.raises(DatabaseError, match="nobody acts for a supplier and reads grievances"):
        Membership.objects.create(user=person, role=role, supplier=supplier)


def test_the_case_team_hears_of_whom_an_administrator_puts_on_it(
    client: Client, administrator: User, staff: User, case_worker: User
) -> None:
    client.force_login(administrator)

    client.post(f"/users/{staff.pk}/role/", {"role": Role.CASE_TEAM})
    client.post(f"/users/{staff.pk}/role/", {"role": Role.CASE_TEAM})
    deliver_batch()

    [told] = mail.outbox
    assert told.to == [case_worker.email]
    assert "Steve Staff (staff@buyer.example) joined the case team, let in by Adam Administrator" in told.body


def test_an_administrator_closes_and_opens_an_account(client: Client, administrator: User, staff: User) -> None:
    client.force_login(administrator)

    client.post(f"/users/{staff.pk}/deactivate/")
    staff.refresh_from_db()
    assert not staff.is_active
    client.post(f"/users/{staff.pk}/reactivate/")
    staff.refresh_from_db()
    assert staff.is_active

    actions = Event.objects.filter(target_id=str(staff.pk), actor=administrator).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["user.deactivated", "user.reactivated"]


def test_an_administrator_changes_a_role_but_never_the_own(client: Client, administrator: User, staff: User) -> None:
    client.force_login(administrator)

    client.post(f"/users/{staff.pk}/role/", {"role": Role.AUDITOR})
    client.post(f"/users/{administrator.pk}/role/", {"role": Role.AUDITOR})
    client.post(f"/users/{administrator.pk}/deactivate/")

    staff.refresh_from_db()
    administrator.refresh_from_db()
    assert staff.role == Role.AUDITOR
    assert administrator.role == Role.ADMINISTRATOR
    assert administrator.is_active


def test_a_buyers_person_cannot_be_made_a_suppliers(client: Client, administrator: User, staff: User) -> None:
    client.force_login(administrator)

    client.post(f"/users/{staff.pk}/role/", {"role": Role.SUPPLIER_SIGNATORY})

    staff.refresh_from_db()
    assert staff.role == Role.ESG_STAFF


def test_the_last_administrator_stays(db: None, administrator: User) -> None:
    other = create_user(role=Role.ADMINISTRATOR)
    people.set_active(user=administrator, active=False, by=other, at=NOW)
    membership = Membership.objects.get(user=other)

    with pytest.raises(people.LastAdministrator):
        people.change_role(membership=membership, role=Role.REVIEWER, by=administrator, at=NOW)

    membership.refresh_from_db()
    assert membership.role == Role.ADMINISTRATOR


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_take_each_others_access_at_once_one_stays() -> None:
    one, other = create_user(role=Role.ADMINISTRATOR), create_user(role=Role.ADMINISTRATOR)
    hats = {user: Membership.objects.get(user=user) for user in (one, other)}

    ended = at_once(
        lambda: people.change_role(membership=hats[one], role=Role.REVIEWER, by=other, at=NOW),
        lambda: people.set_active(user=other, active=False, by=one, at=NOW),
    )

    assert ended == {"done": 1, "LastAdministrator": 1}


def test_an_administrator_sends_a_link_for_a_new_password(client: Client, administrator: User, staff: User) -> None:
    client.force_login(administrator)

    client.post(f"/users/{staff.pk}/send-reset/")
    deliver_batch()

    assert mail.outbox[0].to == [staff.email]


def test_no_change_happens_by_looking(client: Client, administrator: User, staff: User) -> None:
    client.force_login(administrator)

    for verb in ("deactivate", "reactivate", "role", "send-reset"):
        assert client.get(f"/users/{staff.pk}/{verb}/").status_code == 405
