"""Django's PostgreSQL with two things added and one mended.

Added: the scope in force (`accounts/scope.py`) is taken on with the first statement that it is in force for, as one message; and
statements that a session prepares once (`accounts/prepared.py`).

Mended: what interrupts COMMIT or ROLLBACK closes the connection. A time limit, or the signal that ends a worker, raises its exception
wherever the process happens to be. In the middle of these two commands Django expects errors of the database only: it goes on with a
connection that still waits for its answer and takes no other command, and the interruption is lost behind the error that follows.
Closed, the next statement has a fresh one, and the interruption goes on to whoever it is meant for. Whether the transaction took place,
its rows say.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.utils import Error
from psycopg import OperationalError
from psycopg.pq import ExecStatus, TransactionStatus

from accounts import scope


# Names of the statements that a session has prepared: by the driver's connection, which a pool may hand to another of Django's.
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
_DjangosCursor: Any = base.Cursor  # which the stubs take for that of psycopg 2


class Cursor(_DjangosCursor):  # type: ignore[misc]  # therefore of no type that could be checked
    """Says in front of what it asks for whom it asks, where the session does not know that yet."""

    def __init__(self, wrapper: "DatabaseWrapper") -> None:
        super().__init__(wrapper.connection)
        self.wrapper = wrapper

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        wanted = self.wrapper.scope_to_take_on()
        if wanted is None or not isinstance(query, str):
            self.wrapper.take_on_scope()
            return super().execute(query, params, **kwargs)
        self.wrapper.scope = None  # until it is done: it may be interrupted, and an error takes it back
        super().execute(f"{_taking_on(wanted)}; {query}", params, **kwargs)
        for _ in _SETTINGS:
            self.nextset()
        self.wrapper.scope = wanted
        return self

    def executemany(self, *args: Any, **kwargs: Any) -> None:
        self.wrapper.take_on_scope()
        super().executemany(*args, **kwargs)

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        self.wrapper.take_on_scope()
        return super().copy(*args, **kwargs)

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        self.wrapper.take_on_scope()
        return super().stream(*args, **kwargs)


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What the session was last told; None where that is not known.
        self.scope: scope.Scope | None = None

    def connect(self) -> None:
        self.scope = None
        super().connect()

    def prepare(self, name: str, statement: str) -> None:
        """Once a session: no rollback takes it back."""
        prepared = _prepared.setdefault(self.connection, set())
        if name not in prepared:
            with self._closed_if_interrupted(), self.wrap_database_errors:
                self._send(f"PREPARE {name} AS {statement}")
                prepared.add(name)

    # --- scope ---

    def create_cursor(self, name: str | None = None) -> Any:
        if not name:
            return Cursor(self)  # in the time zone of its connection, which has Django's
        self.take_on_scope()
        return super().create_cursor(name)

    def scope_to_take_on(self) -> "scope.Scope | None":
        """None where the session has it, or nothing can be told."""
        wanted = scope.current()
        # Who connects as the tables' owner changes tables; no policy is for the owner.
        if wanted in (self.scope, scope.AS_IT_IS) or self.settings_dict["USER"] != settings.DATABASE_APP_ROLE:
            return None
        connection: Any = self.connection
        # Otherwise nothing can be asked before the rollback, after which this is not known any more; the statement to come says why.
        return wanted if connection.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS) else None

    def take_on_scope(self) -> None:
        """By a message of its own, in front of a statement that leaves no room for another."""
        wanted = self.scope_to_take_on()
        if wanted is None:
            return
        connection: Any = self.connection
        # The driver would begin a transaction by a message of its own before the statement to come.
        begins = connection.info.transaction_status == TransactionStatus.IDLE and not connection.autocommit
        self.scope = None  # as above
        self._send(f"{'BEGIN; ' if begins else ''}{_taking_on(wanted)}")
        self.scope = wanted

    def _send(self, statements: str) -> None:
        """Past Django, which counts statements, and past the driver's cursor, which takes as long again as short statements themselves."""
        connection: Any = self.connection
        result = connection.pgconn.exec_(statements.encode())
        if result.status != ExecStatus.COMMAND_OK:
            raise OperationalError(result.error_message.decode())

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # not in the stubs
        # What was taken on since the savepoint is taken back with the rest.
        self.scope = None

    # --- the end of a transaction ---

    def _commit(self) -> None:
        with self._closed_if_interrupted():
            super()._commit()  # type: ignore[misc]  # not in the stubs

    def _rollback(self) -> None:
        self.scope = None  # as above
        with self._closed_if_interrupted():
            super()._rollback()  # type: ignore[misc]  # not in the stubs

    @contextmanager
    def _closed_if_interrupted(self) -> Iterator[None]:
        try:
            yield
        except Error:
            raise
        except BaseException:
            self.close()
            raise


# SET, unlike a SELECT that sets, may stand before a transaction says how it is isolated.
_SETTINGS = ("SET ROLE {role}", "SET portal.organisation = {organisation}", "SET portal.person = {person}")


def _taking_on(wanted: scope.Scope) -> str:
    """A number that is not there leaves nothing to compare with."""
    organisation, person = (f"'{number:d}'" if number is not None else "''" for number in (wanted.organisation, wanted.person))
    return "; ".join(_SETTINGS).format(role=wanted.role, organisation=organisation, person=person)
