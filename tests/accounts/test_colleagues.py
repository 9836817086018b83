import pytest
from django.test import Client

from accounts import people
from accounts.models import Invitation, Membership, Message, Role, User
from suppliers.models import Supplier
from tests.factories import NOW, create_supplier, create_user
from tests.races import at_once


def test_a_signatory_invites_a_colleague(client: Client, owner: User, supplier: Supplier) -> None:
    client.force_login(owner)
    form = {"email": "Fresh@Bamboo.example", "name": "Fran Fresh", "role": Role.SUPPLIER_CONTRIBUTOR, "language": "zh-hans"}

    client.post("/colleagues/", form)

    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.supplier) == ("fresh@bamboo.example", Role.SUPPLIER_CONTRIBUTOR, supplier)
    assert Message.objects.get().language == "zh-hans"
    assert "fresh@bamboo.example" in client.get("/colleagues/").content.decode()


def test_a_signatory_cannot_hand_out_a_role_of_the_buyer(client: Client, owner: User) -> None:
    client.force_login(owner)

    response = client.post("/colleagues/", {"email": "x@x.example", "name": "X", "role": Role.ADMINISTRATOR, "language": "en"})

    assert response.status_code == 200
    assert not Invitation.objects.exists()


def test_a_contributor_sees_colleagues_and_changes_nothing(client: Client, owner: User, colleague: User) -> None:
    client.force_login(colleague)

    page = client.get("/colleagues/").content.decode()
    invited = client.post("/colleagues/", {"email": "x@x.example", "role": Role.SUPPLIER_CONTRIBUTOR, "language": "en"})
    removed = client.post(f"/colleagues/{owner.active_membership_id}/remove/")

    assert "Olive Owner" in page
    assert "Invite a colleague" not in page
    assert (invited.status_code, removed.status_code) == (403, 403)


def test_a_removed_colleague_is_out_at_once(client: Client, owner: User, colleague: User) -> None:
    client.force_login(owner)

    client.post(f"/colleagues/{colleague.active_membership_id}/remove/")

    colleague.refresh_from_db()
    assert colleague.active_membership is None
    assert not colleague.memberships.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_signatories_who_remove_each_other_at_once_one_stays() -> None:
    supplier = create_supplier()
    one, other = (create_user(role=Role.SUPPLIER_SIGNATORY, supplier=supplier) for _ in range(2))
    hats = {user: Membership.objects.get(user=user) for user in (one, other)}

    ended = at_once(
        lambda: people.remove_membership(membership=hats[one], by=other, at=NOW),
        lambda: people.remove_membership(membership=hats[other], by=one, at=NOW),
    )

    assert ended == {"done": 1, "LastSignatory": 1}
    assert supplier.memberships.count() == 1


def test_a_signatory_cannot_remove_herself(client: Client, owner: User) -> None:
    client.force_login(owner)

    client.post(f"/colleagues/{owner.active_membership_id}/remove/")

    assert owner.memberships.exists()


def test_a_stranger_removes_nobody(client: Client, colleague: User, stranger: User) -> None:
    client.force_login(stranger)

    assert client.post(f"/colleagues/{colleague.active_membership_id}/remove/").status_code == 404


def test_a_signatory_withdraws_an_invitation_of_the_own_company_only(client: Client, owner: User, stranger: User) -> None:
    client.force_login(owner)
    client.post("/colleagues/", {"email": "x@x.example", "role": Role.SUPPLIER_CONTRIBUTOR, "language": "en"})
    invitation = Invitation.objects.get()
    other = Client()
    other.force_login(stranger)

    assert other.post(f"/colleagues/invitations/{invitation.pk}/revoke/").status_code == 404
    client.post(f"/colleagues/invitations/{invitation.pk}/revoke/")

    invitation.refresh_from_db()
    assert invitation.revoked_at is not None


def test_somebody_who_is_a_colleague_already_is_not_invited_again(client: Client, owner: User, colleague: User) -> None:
    client.force_login(owner)

    client.post("/colleagues/", {"email": colleague.email, "role": Role.SUPPLIER_CONTRIBUTOR, "language": "en"})

    assert not Invitation.objects.exists()


def test_the_buyers_people_have_no_colleagues_page(client: Client, staff: User) -> None:
    client.force_login(staff)

    assert client.get("/colleagues/").status_code == 403


def test_a_person_with_two_companies_keeps_the_other_one(client: Client, owner: User, supplier: Supplier) -> None:
    person = create_user(role=Role.SUPPLIER_CONTRIBUTOR)
    first = person.active_membership
    second = Membership.objects.create(user=person, role=Role.SUPPLIER_CONTRIBUTOR, supplier=supplier)
    person.active_membership = second
    person.save()
    client.force_login(owner)

    client.post(f"/colleagues/{second.pk}/remove/")

    person.refresh_from_db()
    assert person.active_membership == first
