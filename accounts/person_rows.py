"""A person with the active membership and its company, in one statement that is written and planned once: every request runs it.

Every page of a supplier's people says for which company they act.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from accounts.models import Membership, User
from accounts.prepared import run_prepared


M = TypeVar("M", bound=Model)
# Whose model this app may not import.
_COMPANY: Any = Membership._meta.get_field("supplier")
_TABLES: dict[str, type[Model]] = {"person": User, "hat": Membership, "company": _COMPANY.related_model}


def columns(written: str) -> str:
    """Of `person`, `hat` and `company`, in which way they are written; a row of them is for `person_from`."""
    return ", ".join(written.format(name, field.column) for name, model in _TABLES.items() for field in model._meta.concrete_fields)


def load(user_id: int) -> User | None:
    rows = run_prepared(_statement(), {"person": user_id})
    return person_from(iter(rows[0])) if rows else None


@cache
def _statement() -> str:
    return (
        f"SELECT {columns('{}.{}')} FROM {User._meta.db_table} person "  # noqa: S608 - our own names
        f"LEFT JOIN {Membership._meta.db_table} hat ON hat.id = person.active_membership_id AND hat.user_id = person.id "
        f"LEFT JOIN {_COMPANY.related_model._meta.db_table} company ON company.id = hat.supplier_id "
        "WHERE person.id = %(person)s"
    )


def person_from(values: Iterator[Any]) -> User:
    """As `select_related("active_membership__supplier")` would make it."""
    user, hat = _made(User, values), _made(Membership, values)
    # Whoever was given the hat of somebody else has none.
    user.active_membership = hat if hat.pk is not None else None
    if hat.supplier_id is not None:
        _COMPANY.set_cached_value(hat, _made(_COMPANY.related_model, values))
    return user


def _made(model: type[M], values: Iterator[Any]) -> M:
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, list(islice(values, len(names))))
