from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from django.contrib.auth.backends import ModelBackend
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest  # noqa: TID251 - a sign-in backend is handed the request

from accounts.demo_access import demo_account_allowed
from accounts.models import Membership, User
from accounts.prepared import read_prepared


M = TypeVar("M", bound=Model)


class MembershipBackend(ModelBackend):
    """Signs in by e-mail and password, and loads the person with the active membership and its company in one query."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        user = super().authenticate(request, username=(username or kwargs.get("email") or "").lower(), password=password)
        if not isinstance(user, User):
            return None
        if user.is_demo and not demo_account_allowed(request):
            return None
        return user

    def get_user(self, user_id: int) -> User | None:
        user = _load(user_id)
        return user if user and self.user_can_authenticate(user) else None


# Whose model this app may not import.
_COMPANY: Any = Membership._meta.get_field("supplier")


def _columns(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


@cache
def _statement() -> str:
    tables: dict[str, type[Model]] = {"person": User, "hat": Membership, "company": _COMPANY.related_model}
    columns = [f"{name}.{column}" for name, model in tables.items() for column in _columns(model)]
    return (
        f"SELECT {', '.join(columns)} FROM {User._meta.db_table} person "  # noqa: S608 - names of our own columns
        f"LEFT JOIN {Membership._meta.db_table} hat ON hat.id = person.active_membership_id "
        f"LEFT JOIN {_COMPANY.related_model._meta.db_table} company ON company.id = hat.supplier_id WHERE person.id = %(person)s"
    )


def _load(user_id: int) -> User | None:
    """As `select_related("active_membership__supplier")` would, with the statement written and planned once: every request runs it,
    and every page of a supplier's people says for which company they act."""
    rows = read_prepared(_statement(), {"person": user_id})
    if not rows:
        return None
    values = iter(rows[0])
    user = _made(User, values)
    if user.active_membership_id is not None:
        hat = user.active_membership = _made(Membership, values)
        if hat.supplier_id is not None:
            _COMPANY.set_cached_value(hat, _made(_COMPANY.related_model, values))
    return user


def _made(model: type[M], values: Iterator[Any]) -> M:
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, list(islice(values, len(names))))
