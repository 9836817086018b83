from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest  # noqa: TID251 - a sign-in backend is handed the request

from accounts.demo_access import demo_account_allowed
from accounts.models import Membership, User


class MembershipBackend(ModelBackend):
    """Signs in by e-mail and password, and loads the person with the active membership in one query."""

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


def _columns(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


@cache
def _statement() -> str:
    columns = [f"person.{name}" for name in _columns(User)] + [f"hat.{name}" for name in _columns(Membership)]
    return (
        f"SELECT {', '.join(columns)} FROM {User._meta.db_table} person "  # noqa: S608 - names of our own columns
        f"LEFT JOIN {Membership._meta.db_table} hat ON hat.id = person.active_membership_id WHERE person.id = %s"
    )


def _load(user_id: int) -> User | None:
    """As `User.objects.select_related("active_membership").get()`, with the statement written once: every request runs it."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [user_id])
        row = cursor.fetchone()
    if row is None:
        return None
    split = len(User._meta.concrete_fields)
    user = User.from_db(connection.alias, [field.attname for field in User._meta.concrete_fields], row[:split])
    if user.active_membership_id is not None:
        names = [field.attname for field in Membership._meta.concrete_fields]
        user.active_membership = Membership.from_db(connection.alias, names, row[split:])
    return user
