"""A company applies to be a supplier; staff approve or refuse. Nobody learns from the answers which companies are in the register.

1. `apply` keeps the application and notes, for staff only, a supplier that may be the same company.
2. `approve` makes it a supplier and invites the applicant as its signatory; `refuse` tells the applicant why not.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from accounts import limits
from accounts.invitations import invite
from accounts.messages import queue
from accounts.models import Role, User
from audit import trail
from suppliers.import_match import Wanted, match_all
from suppliers.import_rows import Key, identifier_keys, name_keys
from suppliers.models import Registration, Supplier


IDENTIFIERS = ("uscc", "lei", "duns", "company_number")
# What a new supplier takes over from its application.
TAKEN_OVER = ("name_zh", "name_en", "country", "region", "address", "category", "headcount_band")


class AlreadyDecided(Exception):
    """Somebody approved or refused the application before."""


class IdentifierTaken(Exception):
    """A supplier with one of these identifiers is in the register already."""

    def __init__(self, supplier: Supplier | None) -> None:
        super().__init__()
        self.supplier = supplier


@transaction.atomic
def apply(*, data: Mapping[str, Any], language: str, at: datetime) -> Registration:
    """The application, or the one the same person made for the same company before and that still waits."""
    email = data["contact_email"].lower()
    identifiers = {name: data.get(name) or "" for name in IDENTIFIERS}
    one_at_a_time(email, data["country"], *identifiers.values())
    same = Registration.objects.waiting().filter(contact_email=email, country=data["country"], **identifiers).first()
    if same is not None:
        return same
    registration = Registration.objects.create(
        **{**data, **identifiers, "contact_email": email},
        language=language,
        submitted_at=at,
        possible_duplicate_id=possible_duplicate(data),
    )
    trail.record("registration.submitted", target=registration, at=at)
    # Anybody may give anybody's address.
    if not limits.take(limits.REGISTRATION_MAILS, email, at=at):
        queue(
            "registration_received",
            email=email,
            name=registration.contact_name,
            language=language,
            dedupe_key=f"registration-received:{registration.pk}",
            context={"company_name": str(registration)},
        )
    return registration


def one_at_a_time(*key: str) -> None:
    """A double click sends the form twice at once: the second waits here and then finds the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", ["registration:" + "|".join(key)])


def keys_of(data: Mapping[str, Any]) -> list[Key]:
    return identifier_keys({name: data[name] for name in IDENTIFIERS if data.get(name)}, data["country"])


def possible_duplicate(data: Mapping[str, Any]) -> int | None:
    """A supplier with one of the identifiers, or else with the very name in this country."""
    register, [match] = match_all([Wanted(keys_of(data), {}, data["country"])])
    if match.pk or match.problem:
        return match.pk or next(register.by_key[key] for key in keys_of(data) if key in register.by_key)
    register.load_names({data["country"]}, nameless_only=False)
    named = [entry.pk for key in name_keys(data, data["country"]) for entry in register.by_name.get(key[2], ())]
    return min(named, default=None)


def others_of_the_company(registration: Registration) -> list[Registration]:
    """Applications that wait with one of the same identifiers: of colleagues who do not know of each other, or of somebody else."""
    same = Q()
    for name in IDENTIFIERS:
        if value := getattr(registration, name):
            same |= Q(**{name: value})
    others = Registration.objects.waiting().filter(same, country=registration.country).exclude(pk=registration.pk)
    return list(others.order_by("pk")) if same else []


@transaction.atomic
def approve(*, registration_id: int, by: User, at: datetime) -> Supplier:
    """Raises `AlreadyDecided`, and `IdentifierTaken` when the company is in the register already."""
    registration = waiting(registration_id)
    identifiers = {name: getattr(registration, name) or None for name in IDENTIFIERS}
    try:
        with transaction.atomic():
            supplier = Supplier.objects.create(
                **{name: getattr(registration, name) for name in TAKEN_OVER}, **identifiers, state=Supplier.State.REGISTERED
            )
    except IntegrityError as error:
        raise IdentifierTaken(holder(identifiers, registration.country)) from error
    decide(registration, Registration.Status.APPROVED, by=by, at=at, supplier=supplier)
    invite(
        email=registration.contact_email,
        name=registration.contact_name,
        role=Role.SUPPLIER_SIGNATORY,
        supplier_id=supplier.pk,
        language=registration.language,
        by=by,
        at=at,
    )
    supplier.contacts.create(
        name=registration.contact_name,
        email=registration.contact_email,
        phone=registration.contact_phone,
        language=registration.language,
        is_primary=True,
    )
    trail.record("registration.approved", actor=by, target=registration, supplier_id=supplier.pk, at=at)
    return supplier


@transaction.atomic
def refuse(*, registration_id: int, reason: str, by: User, at: datetime) -> Registration:
    """Raises `AlreadyDecided`. The applicant reads the reason in a mail."""
    registration = waiting(registration_id)
    decide(registration, Registration.Status.REFUSED, by=by, at=at, reason=reason)
    queue(
        "registration_refused",
        email=registration.contact_email,
        name=registration.contact_name,
        language=registration.language,
        dedupe_key=f"registration-refused:{registration.pk}",
        context={"company_name": str(registration), "reason": reason},
    )
    trail.record("registration.refused", actor=by, target=registration, detail={"reason": reason}, at=at)
    return registration


def waiting(registration_id: int) -> Registration:
    # Two members of staff may decide at once, and only one decision may stand.
    registration = Registration.objects.select_for_update(no_key=True, of=("self",)).get(pk=registration_id)
    if registration.status != Registration.Status.WAITING:
        raise AlreadyDecided
    return registration


def decide(registration: Registration, status: str, *, by: User, at: datetime, supplier: Supplier | None = None, reason: str = "") -> None:
    registration.status, registration.decided_by, registration.decided_at = status, by, at
    registration.supplier, registration.reason = supplier, reason
    registration.save(update_fields=["status", "decided_by", "decided_at", "supplier", "reason"])


def holder(identifiers: Mapping[str, str | None], country: str) -> Supplier | None:
    keys = identifier_keys({name: value for name, value in identifiers.items() if value}, country)
    register, [match] = match_all([Wanted(keys, {}, country)])
    found = match.pk or next((register.by_key[key] for key in keys if key in register.by_key), None)
    return Supplier.objects.filter(pk=found).first() if found else None
