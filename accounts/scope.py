"""For whom the database answers. Row-level security shows each session the rows of its scope, and a session without one none.

A scope is a role of the database and whom it acts for. The connection (`config/postgresql/base.py`) takes on the scope in force before
it gives out a cursor: a page has the scope of the person signed in, tasks, commands and pages open to everybody
that of the system. What a page does beyond its person's rows says so: `with system(): …`, with a reason.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar


if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

SYSTEM_ROLE, BUYER_ROLE, SUPPLIER_ROLE, CASES_ROLE = "portal_system", "portal_buyer", "portal_supplier", "portal_cases"
SCOPE_ROLES = (SYSTEM_ROLE, BUYER_ROLE, SUPPLIER_ROLE, CASES_ROLE)


@dataclass(frozen=True)
class Scope:
    role: str
    organisation: int | None = None
    person: int | None = None


# The role that the application signs in as, to which no policy gives a row.
NOTHING = Scope("none")
SYSTEM, BUYER = Scope(SYSTEM_ROLE), Scope(BUYER_ROLE)
# Whichever the session has will do, and need not be changed over: for a statement that no policy applies to.
AS_IT_IS = Scope("as it is")
# What workers report: neither the buyer's people nor suppliers have these rows.
CASES = Scope(CASES_ROLE)

_current: ContextVar[Scope | None] = ContextVar("scope", default=None)
_outside = NOTHING


def current() -> Scope:
    return _current.get() or _outside


def use_outside_requests(scope: Scope) -> None:
    """What holds in this process where nothing else is said: commands and tests act for the system, a web process for nobody."""
    global _outside  # noqa: PLW0603 - it is a property of the process
    _outside = scope


def take_on(scope: Scope) -> Token[Scope | None]:
    """From here to the end of the request."""
    return _current.set(scope)


@contextmanager
def acting(scope: Scope) -> Iterator[None]:
    token = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def system() -> Iterator[None]:
    """For what is not done within one person's rows. The buyer's people see all of it anyway: changing over would cost a statement."""
    if current().role in (SYSTEM_ROLE, BUYER_ROLE):
        yield
    else:
        with acting(SYSTEM):
            yield


def of_person(user: "User | AnonymousUser") -> Scope:
    """That of the hat in use. Who has none has an account."""
    if not user.is_authenticated:
        return NOTHING
    if user.is_buyer:
        return BUYER
    if user.is_case_team:
        return replace(CASES, person=user.pk)
    return of_supplier(user.supplier_id, person=user.pk)


def of_supplier(supplier_id: int | None, *, person: int | None = None) -> Scope:
    return Scope(SUPPLIER_ROLE, organisation=supplier_id, person=person)


T = TypeVar("T")


def within(scope: Scope, parts: Iterable[T]) -> Iterator[T]:
    """Each part is made in that scope, whenever it is asked for."""
    each = iter(parts)
    while True:
        with acting(scope):
            try:
                part = next(each)
            except StopIteration:
                return
        yield part
