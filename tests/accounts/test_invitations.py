from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import invitations
from accounts.invitations import Invitee, NotUsable, WrongPerson, accept_as, accept_as_new_person, find, invite, invite_many, token_of
from accounts.messages import deliver_batch, queue
from accounts.models import Invitation, Membership, Message, Role, User
from audit.models import Event
from suppliers.models import Supplier
from tests.factories import NOW, PASSWORD, create_supplier, create_user
from tests.races import at_once


def invite_somebody(**given: Any) -> Invitation:
    supplier = given.pop("supplier", None) or create_supplier()
    fields: dict[str, Any] = {
        "email": "new@supplier.example",
        "role": Role.SUPPLIER_SIGNATORY,
        "supplier_id": supplier.pk,
        "by": None,
        "at": timezone.now(),
        "language": "en",
    }
    return invite(**fields | given)


def accept_path(invitation: Invitation) -> str:
    return reverse("accounts:accept_invitation", args=[token_of(invitation)])


FORM = {"name": "Nina New", "language": "en", "password": PASSWORD, "password_again": PASSWORD}


def test_the_link_is_only_in_the_mail(db: None, supplier: Supplier, owner: User) -> None:
    invitation = invite_somebody(supplier=supplier, by=owner)
    token = token_of(invitation)

    deliver_batch()

    [message] = mail.outbox
    assert token in message.body
    assert "Olive Owner invites you to work for Bamboo Bridge Ltd" in message.body
    kept = Message.objects.get()
    assert kept.context == {"invitation_id": invitation.pk}
    assert token not in str(Event.objects.values_list("detail", flat=True))
    assert invitation.token_sha256 != token


def test_an_invited_person_opens_an_account_and_is_signed_in(client: Client, supplier: Supplier) -> None:
    invitation = invite_somebody(supplier=supplier)

    assert "new@supplier.example" in client.get(accept_path(invitation)).content.decode()
    response = client.post(accept_path(invitation), FORM)

    assert response.status_code == 302
    user = User.objects.get(email="new@supplier.example")
    assert (user.role, user.supplier_id, user.name) == (Role.SUPPLIER_SIGNATORY, supplier.pk, "Nina New")
    assert client.session["_auth_user_id"] == str(user.pk)
    invitation.refresh_from_db()
    assert invitation.accepted_by == user


def test_a_link_works_once(client: Client, db: None) -> None:
    invitation = invite_somebody()
    client.post(accept_path(invitation), FORM)

    response = Client().post(accept_path(invitation), FORM | {"name": "Second"})

    assert response.status_code == 410
    assert "no longer works" in response.content.decode()
    assert User.objects.filter(email="new@supplier.example").count() == 1


def test_an_old_link_does_not_work(client: Client, db: None) -> None:
    invitation = invite_somebody(at=timezone.now() - Invitation.VALID_FOR - timedelta(minutes=1))

    assert client.get(accept_path(invitation)).status_code == 410


def test_a_made_up_link_says_no_more_than_a_used_one(client: Client, db: None) -> None:
    response = client.get(reverse("accounts:accept_invitation", args=["made-up"]))

    assert response.status_code == 410


def test_a_newer_invitation_replaces_the_older_one(db: None, supplier: Supplier) -> None:
    older = invite_somebody(supplier=supplier)
    newer = invite_somebody(supplier=supplier)

    with pytest.raises(NotUsable):
        find(token_of(older), at=timezone.now())
    assert find(token_of(newer), at=timezone.now()) == newer


def test_opening_the_link_changes_nothing(client: Client, db: None) -> None:
    invitation = invite_somebody()

    client.get(accept_path(invitation))
    client.head(accept_path(invitation))

    invitation.refresh_from_db()
    assert invitation.accepted_at is None
    assert not User.objects.exists()


def test_a_weak_or_mistyped_password_is_said_beside_its_field(client: Client, db: None) -> None:
    invitation = invite_somebody()

    weak = client.post(accept_path(invitation), FORM | {"password": "short", "password_again": "short"})
    differing = client.post(accept_path(invitation), FORM | {"password_again": "something else entirely"})

    assert "too short. It needs at least 12 characters" in weak.content.decode()
    assert "The two passwords differ." in differing.content.decode()
    assert not User.objects.exists()


def test_somebody_with_an_account_signs_in_and_gets_one_more_role(client: Client, supplier: Supplier) -> None:
    user = create_user(role=Role.SUPPLIER_CONTRIBUTOR, email="new@supplier.example")
    invitation = invite_somebody(supplier=supplier)

    assert "You have an account already" in client.get(accept_path(invitation)).content.decode()
    client.force_login(user)
    client.post(accept_path(invitation))

    user.refresh_from_db()
    assert user.memberships.count() == 2
    assert user.supplier_id == supplier.pk


def test_an_account_cannot_be_taken_over_by_its_invitation_link(client: Client, db: None) -> None:
    user = create_user(email="new@supplier.example")
    invitation = invite_somebody()

    client.post(accept_path(invitation), FORM | {"password": "another long password", "password_again": "another long password"})

    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.memberships.count() == 1


def test_an_invitation_for_somebody_else_cannot_be_accepted(client: Client, db: None, stranger: User) -> None:
    create_user(email="new@supplier.example")
    invitation = invite_somebody()
    client.force_login(stranger)

    page = client.get(accept_path(invitation)).content.decode()
    client.post(accept_path(invitation))

    assert "but the invitation is for new@supplier.example" in page
    assert stranger.memberships.count() == 1
    with pytest.raises(WrongPerson):
        accept_as(stranger, token=token_of(invitation), at=timezone.now())


def test_a_new_role_at_the_same_supplier_replaces_the_old_one(db: None, supplier: Supplier, colleague: User) -> None:
    invitation = invite_somebody(supplier=supplier, email=colleague.email, role=Role.SUPPLIER_SIGNATORY)

    accept_as(colleague, token=token_of(invitation), at=timezone.now())

    assert [membership.role for membership in colleague.memberships.all()] == [Role.SUPPLIER_SIGNATORY]


def invite_to_the_house(email: str, role: Role, by: User | None = None) -> Invitation:
    """As one that was sent before the person had another role."""
    [invitation] = invite_many([Invitee(email, role)], by=by, at=timezone.now())
    return invitation


@pytest.mark.parametrize("role", [Role.ESG_STAFF, Role.CASE_TEAM])
def test_an_invitation_takes_the_place_of_no_role_of_the_house(client: Client, administrator: User, role: Role) -> None:
    path = accept_path(invite_to_the_house(administrator.email, role, by=administrator))
    client.force_login(administrator)

    page = client.post(path, follow=True)

    assert "You have a role of the buyer already." in page.text
    assert [membership.role for membership in administrator.memberships.all()] == [Role.ADMINISTRATOR]


def test_nobody_of_a_supplier_joins_the_case_team(client: Client, owner: User) -> None:
    path = accept_path(invite_to_the_house(owner.email, Role.CASE_TEAM))
    client.force_login(owner)

    page = client.post(path, follow=True)

    assert "Nobody acts for a supplier and reads grievances" in page.text
    assert [membership.role for membership in owner.memberships.all()] == [Role.SUPPLIER_SIGNATORY]


def test_nobody_of_the_case_team_joins_a_supplier(client: Client, case_worker: User, supplier: Supplier) -> None:
    path = accept_path(invite_somebody(supplier=supplier, email=case_worker.email))
    client.force_login(case_worker)

    page = client.post(path, follow=True)

    assert "Nobody acts for a supplier and reads grievances" in page.text
    assert [membership.role for membership in case_worker.memberships.all()] == [Role.CASE_TEAM]


def test_the_case_team_hears_who_joined_it(client: Client, administrator: User, case_worker: User) -> None:
    create_user(role=Role.CASE_TEAM, is_active=False)
    invitation = invite_somebody(email="cleo2@buyer.example", role=Role.CASE_TEAM, by=administrator, supplier_id=None)

    client.post(accept_path(invitation), FORM)
    deliver_batch()

    _invitation, told = mail.outbox
    assert told.to == [case_worker.email]
    assert "Nina New (cleo2@buyer.example) joined the case team, let in by Adam Administrator" in told.body


@pytest.mark.django_db(transaction=True)
def test_of_two_invitations_accepted_at_once_the_second_finds_the_account() -> None:
    tokens = [token_of(invite_somebody()), token_of(invite_somebody())]

    def accepts(token: str) -> Callable[[], object]:
        return lambda: accept_as_new_person(token=token, name="N", password=PASSWORD, language="en", at=timezone.now())

    ended = at_once(*map(accepts, tokens))

    assert ended == {"done": 1, "HasAccount": 1}
    assert User.objects.get().memberships.count() == 1


def test_who_comes_second_is_shown_the_way_in(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    path = accept_path(invite_somebody())
    create_user(email="new@supplier.example")
    # As it was when the page began.
    monkeypatch.setattr("accounts.views.invitations.account_of", lambda _invitation: None)
    response = client.post(path, FORM)
    monkeypatch.undo()

    assert response.status_code == 302
    assert "You have an account already" in client.get(response["Location"]).text


def test_accepting_twice_at_once_leaves_one_account(db: None) -> None:
    invitation = invite_somebody()
    token = token_of(invitation)
    accept_as_new_person(token=token, name="A", password=PASSWORD, language="en", at=timezone.now())

    with pytest.raises((NotUsable, IntegrityError)), transaction.atomic():
        accept_as_new_person(token=token, name="B", password=PASSWORD, language="en", at=timezone.now())

    assert User.objects.count() == 1


def test_many_are_invited_in_one_statement_and_their_mails_may_be_another_kind(db: None, django_assert_num_queries: Any) -> None:
    supplier = create_supplier()
    people = [Invitee(f"p{n}@x.example", Role.SUPPLIER_CONTRIBUTOR, supplier.pk) for n in range(300)]

    with django_assert_num_queries(1):
        rows = invite_many(people, by=None, at=timezone.now())

    context = {"invitation_id": rows[7].pk}
    queue("invitation", email="p7@x.example", dedupe_key="campaign:1:p7", context=context, language="en")
    deliver_batch()
    assert token_of(rows[7]) in mail.outbox[0].body


def test_links_survive_a_change_of_the_secret_key(db: None, settings: Any) -> None:
    invitation = invite_somebody()
    token = token_of(invitation)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of more than fifty characters, made up for this test only"

    assert token_of(invitation) == token
    assert find(token, at=timezone.now()) == invitation


def test_invitations_and_acceptances_are_in_the_audit_trail(db: None, owner: User, supplier: Supplier) -> None:
    invitation = invite_somebody(supplier=supplier, by=owner)
    person = accept_as_new_person(token=token_of(invitation), name="N", password=PASSWORD, language="en", at=NOW)

    events = Event.objects.about_supplier(supplier.pk).filter(action__startswith="invitation.").order_by("pk")
    assert [(event.action, event.actor_id) for event in events] == [
        ("invitation.sent", owner.pk),
        ("invitation.accepted", person.pk),
    ]


def test_a_withdrawn_invitation_does_not_work(client: Client, db: None, owner: User, supplier: Supplier) -> None:
    invitation = invite_somebody(supplier=supplier)

    invitations.revoke(invitation_id=invitation.pk, by=owner, at=timezone.now())

    assert client.get(accept_path(invitation)).status_code == 410
    assert not Membership.objects.filter(user__email=invitation.email).exists()
