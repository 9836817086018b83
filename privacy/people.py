"""Making a person nameless: what the person did stays with a number, who it was does not."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet

from accounts.models import Invitation, User
from accounts.people import LastAdministrator, NotYourself, keep_an_administrator, lock_administrators
from audit import trail
from privacy.models import Disposal, LegalHold
from privacy.policy import Nameless, policy
from suppliers.profile import delete_contact


__all__ = ["Held", "LastAdministrator", "NotYourself", "make_nameless"]

# Where more ends than the row.
ENDINGS: dict[str, Callable[[Any], object]] = {"suppliers.Contact": delete_contact, "usersessions.UserSession": UserSession.end}


class Held(Exception):
    """A legal hold keeps the person, or what a supplier has of the person."""


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
    _forget(person, former, by=by, at=at)
    keep_an_administrator()
    trail.record("user.made_nameless", actor=by, target=person, at=at)
    _log("accounts.User", [str(person.pk)], by=by, at=at)
    return person


def _log(model: str, numbers: list[str], *, by: User, at: datetime) -> None:
    Disposal.objects.create(model=model, rule="a person made nameless", count=len(numbers), numbers=numbers, at=at, by=by)


def _forget(person: User, former: str, *, by: User, at: datetime) -> None:
    """What the policy says of each model, in its order."""
    Invitation.objects.usable(at).filter(email=former).update(revoked_at=at)
    for entry in policy().entries.values():
        if entry.nameless and (numbers := _forget_rows(entry.model, entry.nameless, person, former)):
            _log(entry.model, numbers, by=by, at=at)


def _forget_rows(label: str, way: Nameless, person: User, former: str) -> list[str]:
    """The numbers of the rows that are about the person."""
    model = apps.get_model(label)
    found = {way.by: person} if model._meta.get_field(way.by).is_relation else {f"{way.by}__iexact": former}
    rows = model._default_manager.filter(**found).order_by("pk")
    if _are_of_a_held_supplier(rows):
        raise Held
    numbers = [str(row.pk) for row in rows]
    for row in rows:
        if way.put:
            _put(row, {name: getattr(person, source) for name, source in way.put.items()})
        else:
            ENDINGS.get(label, model.delete)(row)
    return numbers


def _are_of_a_held_supplier(rows: QuerySet[Model]) -> bool:
    names = {field.name for field in rows.model._meta.fields}
    path = next((path for path in ("supplier", "assessment__supplier") if path.partition("__")[0] in names), "")
    return bool(path) and rows.filter(**{f"{path}__in": LegalHold.objects.subjects(LegalHold.Kind.SUPPLIER)}).exists()


def _put(row: Model, values: dict[str, str]) -> None:
    for name, value in values.items():
        # What was left empty says nothing of anybody.
        if getattr(row, name):
            setattr(row, name, value)
    row.save(update_fields=list(values))
