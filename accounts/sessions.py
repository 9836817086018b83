"""Django's sessions in the database, read together with the person whose session it is: one statement of every request instead of two.

Sign-in notes whose a session is (`allauth.usersessions`). Who may act is still decided by what the session itself holds, checked against
the password as Django does; the person read along is taken only where it is the same one.

A session opens somebody's account: no supplier's scope has any of them, not even its own. A function of the owner finds the one whose key
is known (`config/row_security.py`), in whichever scope the connection has: taking on another would cost a message to the database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import person_rows
from accounts.models import User
from accounts.prepared import run_prepared
from accounts.scope import AS_IT_IS, acting, system


if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

_COLUMNS = ("session_key", "session_data", "expire_date")
_asking: "ContextVar[SessionBase | None]" = ContextVar("asking", default=None)


class SessionStore(db.SessionStore):
    person: User | None = None

    def _get_session_from_db(self) -> Session | None:
        with acting(AS_IT_IS):
            rows = run_prepared(_statement(), {"key": self.session_key, "now": timezone.now()})
        if not rows:
            self._session_key = None
            return None
        values = iter(rows[0])
        session = Session.from_db("default", _COLUMNS, [next(values) for _ in _COLUMNS])
        if next(values) is not None:
            self.person = person_rows.person_from(values)
        return session

    @system()
    def save(self, must_create: bool = False) -> None:
        super().save(must_create)

    @system()
    def cycle_key(self) -> None:
        """Who changes the password goes on under another key: that is then the one to be listed and ended."""
        before = self.session_key
        super().cycle_key()
        if before:
            UserSession.objects.filter(session_key=before).update(session_key=self.session_key)

    @system()
    def exists(self, session_key: str) -> bool:
        return super().exists(session_key)

    @system()
    def delete(self, session_key: str | None = None) -> None:
        super().delete(session_key)


@cache
def _statement() -> str:
    columns = [f"(found.session).{column}" for column in _COLUMNS] + ["(found.owner).user_id"]
    return (
        f"SELECT {', '.join(columns)}, {person_rows.columns('(found.{}).{}')} "  # noqa: S608 - our own names
        "FROM portal_whose_session(%(key)s, %(now)s) found"
    )


@contextmanager
def finding_person_of(session: "SessionBase") -> Iterator[None]:
    """While Django asks whose session this is."""
    token = _asking.set(session)
    try:
        yield
    finally:
        _asking.reset(token)


def person_at_hand(user_id: Any) -> User | None:
    """The person who was read with the session that is being asked about, if it is this one."""
    person = getattr(_asking.get(), "person", None)
    return person if person is not None and str(person.pk) == str(user_id) else None
