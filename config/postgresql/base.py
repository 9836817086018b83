"""Django's PostgreSQL with one thing added and one mended.

Added: the scope in force (`accounts/scope.py`) is taken on before a cursor is given out.

Mended: what interrupts COMMIT or ROLLBACK closes the connection. A time limit, or the signal that ends a worker, raises its exception
wherever the process happens to be. In the middle of these two commands Django expects errors of the database only: it goes on with a
connection that still waits for its answer and takes no other command, and the interruption is lost behind the error that follows.
Closed, the next statement has a fresh one, and the interruption goes on to whoever it is meant for. Whether the transaction took place,
its rows say.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.utils import Error
from psycopg import OperationalError
from psycopg.pq import ExecStatus, TransactionStatus

from accounts import scope


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What the session was last told; None where that is not known.
        self.scope: scope.Scope | None = None

    # --- scope ---

    def connect(self) -> None:
        self.scope = None
        super().connect()

    def create_cursor(self, name: str | None = None) -> Any:
        self.take_on_scope()
        return super().create_cursor(name)

    def take_on_scope(self) -> None:
        wanted = scope.current()
        if self.scope == wanted or (wanted == scope.ASKING and self.scope in (scope.SYSTEM, scope.BUYER)):
            return
        if wanted == scope.ASKING:
            wanted = scope.SYSTEM
        # Who connects as the tables' owner changes tables; no policy is for the owner.
        if self.settings_dict["USER"] != settings.DATABASE_APP_ROLE:
            return
        connection: Any = self.connection
        status = connection.info.transaction_status
        if status not in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            return  # nothing can be asked before the rollback, after which this is not known any more; the statement to come says why
        # The driver would begin a transaction by a message of its own before the statement to come.
        begin = b"BEGIN; " if status == TransactionStatus.IDLE and not connection.autocommit else b""
        self.scope = None  # until it is done: this too may be interrupted
        # Past Django, which counts statements, and past the driver's cursor, which takes as long again as the statements themselves.
        # SET, unlike a SELECT that sets, may stand before a transaction says how it is isolated.
        result = connection.pgconn.exec_(begin + _taking_on(wanted))
        if result.status != ExecStatus.COMMAND_OK:
            raise OperationalError(result.error_message.decode())
        self.scope = wanted

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


def _taking_on(wanted: scope.Scope) -> bytes:
    """Three statements, sent as one. A number that is not there leaves nothing to compare with."""
    organisation, person = (f"'{number:d}'" if number is not None else "''" for number in (wanted.organisation, wanted.person))
    return f"SET ROLE {wanted.role}; SET portal.organisation = {organisation}; SET portal.person = {person}".encode()
