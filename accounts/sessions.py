"""Django's sessions in the database, with the statement of every request written and planned once instead of each time."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.prepared import read_prepared


_COLUMNS = ("session_key", "session_data", "expire_date")
_LOAD = "SELECT session_key, session_data, expire_date FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s"


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        rows = read_prepared(_LOAD, {"key": self.session_key, "now": timezone.now()})
        if not rows:
            self._session_key = None
            return None
        return Session.from_db("default", _COLUMNS, rows[0])
