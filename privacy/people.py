"""Making a person nameless: what the person did stays with a number, who it was does not."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction

from accounts.models import Invitation, Message, User
from accounts.people import LastAdministrator, NotYourself, keep_an_administrator, lock_administrators
from audit import trail
from privacy.models import Disposal, LegalHold


__all__ = ["Held", "LastAdministrator", "NotYourself", "make_nameless"]


class Held(Exception):
    """The person is under a legal hold."""


@transaction.atomic
def make_nameless(*, user_id: int, by: User, at: datetime) -> User:
    """Cannot be undone. Signatures and the trail stay: they name the account by its number, signed texts by what was signed."""
    LegalHold.stand_still()
    lock_administrators()
    person = User.objects.select_for_update().get(pk=user_id)
    if person.pk == by.pk:
        raise NotYourself
    if LegalHold.objects.in_force().filter(kind=LegalHold.Kind.PERSON, subject_id=person.pk).exists():
        raise Held
    former = person.email
    person.email, person.name, person.phone = f"person-{person.pk}@removed.invalid", f"Former person {person.pk}", ""
    person.is_active, person.active_membership = False, None
    person.set_unusable_password()
    person.save()
    _forget(person, former)
    keep_an_administrator()
    trail.record("user.made_nameless", actor=by, target=person, at=at)
    Disposal.objects.create(model="accounts.User", rule="a person made nameless", count=1, numbers=[str(person.pk)], at=at, by=by)
    return person


def _forget(person: User, former: str) -> None:
    for session in UserSession.objects.filter(user=person):
        session.end()
    for model in (Authenticator, EmailAddress, SocialAccount):
        model.objects.filter(user=person).delete()
    person.memberships.all().delete()
    Message.objects.filter(email=former).delete()
    Invitation.objects.filter(email=former).update(email=person.email, name="")
