"""Django's PostgreSQL with one thing mended: what interrupts COMMIT or ROLLBACK closes the connection.

A time limit, or the signal that ends a worker, raises its exception wherever the process happens to be. In the middle of these two
commands Django expects errors of the database only: it goes on with a connection that still waits for its answer and takes no other
command, and the interruption is lost behind the error that follows. Closed, the next statement has a fresh one, and the
interruption goes on to whoever it is meant for. Whether the transaction took place, its rows say.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.postgresql import base
from django.db.utils import Error


class DatabaseWrapper(base.DatabaseWrapper):
    def _commit(self) -> None:
        with self._closed_if_interrupted():
            super()._commit()  # type: ignore[misc]  # not in the stubs

    def _rollback(self) -> None:
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
