"""Translation of database failures to the errors of :mod:`cms.errors`.

Drivers report the same failure in many ways: as their own exception, wrapped by SQLAlchemy, or as
an ``OSError`` of a socket. Only this module interprets them. The messages are for operators: they
contain files, addresses and the remedy, and never a password or a value.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

from sqlalchemy import event
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.engine import Dialect, Engine, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cms.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseError,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseTimeout,
    DatabaseUnavailable,
)

_NO_FREE_CONNECTION = "all database connections of the pool are in use; try again"
_CONFLICT = "another transaction has changed the same data at the same time; try again"
# The driver forgets its prepared statements then, so that the next attempt succeeds.
_MIGRATED = "the tables have been changed meanwhile; try again"


class Failures(Protocol):
    """Translation of the exceptions of one database."""

    def of(self, error: BaseException) -> DatabaseError | None:
        """Return the failure that caused an exception; ``None`` if the database did not fail.

        A statement that the database rejects, for a syntax error or a violated constraint, is not
        a failure of the database.
        """

    def of_driver(self, error: BaseException) -> DatabaseError | None:
        """Return the failure that caused an exception raised by the driver."""


class SqliteFailures:
    """Translation of the exceptions of an SQLite file."""

    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def of(self, error: BaseException) -> DatabaseError | None:
        """Return the failure that caused an exception."""
        if isinstance(error, PoolTimeout):
            return DatabaseUnavailable(_NO_FREE_CONNECTION)
        original = _original(error)
        # An extended result code has the primary one in its lowest byte.
        code = getattr(original, "sqlite_errorcode", 0) & 0xFF
        if code == _CANNOT_OPEN or (code and self._file.is_dir()):
            return self._cannot_open()
        if code in _ERRORS_BY_RESULT_CODE:
            kind, message = _ERRORS_BY_RESULT_CODE[code]
            return kind(message.format(file=self._file, folder=self._file.parent))
        if code == _CONSTRAINT and str(original).startswith(_CONSTRAINTS_OF_OTHERS):
            return DatabaseBusy(_CONFLICT)
        return None

    def of_driver(self, error: BaseException) -> DatabaseError | None:
        """Return the failure that caused an exception raised by the driver."""
        return self.of(error)

    def _cannot_open(self) -> DatabaseError:
        """Return why the file cannot be opened, which SQLite does not report."""
        file, folder = self._file, self._file.parent
        if not folder.is_dir():
            return DatabaseUnavailable(f"there is no folder {folder}; create it")
        if not file.exists():
            return DatabaseUnavailable(f"there is no database {file}; run: copydesk migrate")
        if file.is_dir():
            return DatabaseDamaged(f"{file} is a folder; correct COPYDESK_DATABASE_URL")
        if not os.access(file, os.R_OK):
            return DatabaseUnavailable(f"this user cannot read {file}; change its permissions")
        if not os.access(folder, os.W_OK):
            return DatabaseReadOnly(_READ_ONLY.format(file=file, folder=folder))
        return DatabaseUnavailable(f"{file} cannot be opened; check its permissions and its disk")


# https://sqlite.org/rescode.html#primary_result_code_list
_CANNOT_OPEN = 14
_CONSTRAINT = 19
# The folder has to be writable too, since SQLite creates files beside the database.
_READ_ONLY = "{file} or its folder is read-only; allow this user to write to {file} and {folder}"
_LOCKED = "another process is writing to {file}; try again"
_UNREADABLE = "the disk of {file} fails to read or write; check its space, quotas and health"
_ERRORS_BY_RESULT_CODE: Mapping[int, tuple[type[DatabaseError], str]] = {
    5: (DatabaseBusy, _LOCKED),
    6: (DatabaseBusy, _LOCKED),
    7: (DatabaseUnavailable, "there is not enough memory to use {file}; try again"),
    8: (DatabaseReadOnly, _READ_ONLY),
    9: (DatabaseTimeout, "a statement on {file} was cancelled"),
    10: (DatabaseUnavailable, _UNREADABLE),
    11: (DatabaseDamaged, "{file} is damaged; restore it from a backup"),
    13: (DatabaseFull, "the disk of {file} is full; free some space on it"),
    15: (DatabaseBusy, _LOCKED),
    26: (DatabaseDamaged, "{file} is not an SQLite database; correct COPYDESK_DATABASE_URL"),
}
# Constraints that a concurrent transaction can violate by inserting or deleting rows.
_CONSTRAINTS_OF_OTHERS = ("UNIQUE constraint failed", "FOREIGN KEY constraint failed")


def check_writable(file: Path) -> None:
    """Check that an existing database can be written, which SQLite reports only when writing.

    Raises:
        DatabaseReadOnly: if it exists and cannot be written.
    """
    is_writable = os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
    if file.is_file() and not is_writable:
        raise DatabaseReadOnly(_READ_ONLY.format(file=file, folder=file.parent))


class PostgresFailures:
    """Translation of the exceptions of a PostgreSQL database."""

    def of(self, error: BaseException) -> DatabaseError | None:
        """Return the failure that caused an exception."""
        original = _original(error)
        state = getattr(original, "sqlstate", None) or ""
        if (
            kind := _ERRORS_BY_SQLSTATE.get(state) or _ERRORS_BY_SQLSTATE.get(state[:2])
        ) is not None:
            return kind(_sentence(kind, original))
        if isinstance(error, PoolTimeout):
            return DatabaseUnavailable(_NO_FREE_CONNECTION)
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return _unreachable(original)
        import asyncpg  # noqa: PLC0415  # not for SQLite

        if isinstance(original, AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError):
            return DatabaseBusy(_MIGRATED)
        if isinstance(original, asyncpg.InterfaceError | asyncpg.InternalClientError):
            # DataError is not a failure: a value does not fit the type of its parameter.
            return None if isinstance(original, asyncpg.DataError) else _unreachable(original)
        return None

    def of_driver(self, error: BaseException) -> DatabaseError | None:
        """Return the failure that caused an exception raised by the driver."""
        original = _original(error)
        is_lost = isinstance(original, OSError | TimeoutError | EOFError)
        return _unreachable(original) if is_lost else self.of(error)


def _unreachable(original: BaseException) -> DatabaseUnavailable:
    return DatabaseUnavailable(_sentence(DatabaseUnavailable, original))


# By SQLSTATE, or by its first two characters for all other states of a class:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_ERRORS_BY_SQLSTATE: Mapping[str, type[DatabaseError]] = {
    "08": DatabaseUnavailable,  # the connection is lost
    "23001": DatabaseBusy,  # a row that others need
    "23503": DatabaseBusy,  # a foreign key
    "23505": DatabaseBusy,  # a unique key
    "23P01": DatabaseBusy,  # an exclusion
    "25006": DatabaseReadOnly,  # a standby, or a database that was made read-only
    "25P03": DatabaseUnavailable,  # idle in a transaction for too long: the connection is gone
    "28": DatabaseUnavailable,  # the user or the password is refused
    "3D": DatabaseUnavailable,  # there is no such database
    "40001": DatabaseBusy,  # snapshots that conflict
    "40P01": DatabaseBusy,  # a deadlock
    "42501": DatabaseUnavailable,  # the user has not the rights
    "53": DatabaseUnavailable,  # too many connections, no memory
    "53100": DatabaseFull,
    "55P03": DatabaseBusy,  # a lock not had in time
    "57": DatabaseUnavailable,  # shutting down, starting up, terminated, dropped
    "57014": DatabaseTimeout,
    "58": DatabaseUnavailable,  # the server's disk fails
    "XX001": DatabaseDamaged,
    "XX002": DatabaseDamaged,
}
_SENTENCES: Mapping[type[DatabaseError], str] = {
    DatabaseUnavailable: (
        "the database cannot be reached: {reason}; check that PostgreSQL is running and that "
        "COPYDESK_DATABASE_URL is right"
    ),
    DatabaseDamaged: "the database is damaged: {reason}; restore it from a backup",
    DatabaseReadOnly: "the database is read-only: {reason}; connect to the primary",
    DatabaseFull: "the disk of the database is full: {reason}; make room on it",
    DatabaseBusy: _CONFLICT,
    DatabaseTimeout: "a statement took longer than the limit and was cancelled",
}


def _sentence(kind: type[DatabaseError], original: BaseException) -> str:
    # Only the first line, since later lines can contain values of a row.
    reason = (str(original) or type(original).__name__).splitlines()[0]
    return _SENTENCES[kind].format(reason=reason)


def _original(error: BaseException) -> BaseException:
    """Return the driver's exception, without SQLAlchemy's wrappers."""
    while isinstance(error, DBAPIError | EmulatedDBAPIException) and error.orig is not None:
        error = error.orig
    return error


@contextmanager
def translate_failures(failures: Failures) -> Iterator[None]:
    """Raise database failures in the block as errors of :mod:`cms.errors`.

    Raises:
        DatabaseError: if the database failed; other exceptions are raised unchanged.
    """
    try:
        yield
    except DatabaseError:
        raise
    except Exception as error:
        failure = failures.of(error)
        if failure is None:
            raise
        raise failure from error


def translate_engine_failures(engine: Engine, failures: Failures) -> None:
    """Make an engine raise database failures as errors of :mod:`cms.errors`."""

    def connect(
        dialect: Dialect, _: object, arguments: list[object], options: dict[str, object]
    ) -> DBAPIConnection:
        try:
            return dialect.connect(*arguments, **options)
        except Exception as error:
            failure = failures.of_driver(error)
            if failure is None:
                raise
            raise failure from error

    def name(context: ExceptionContext) -> DatabaseError | None:
        # Commands catch IntegrityError themselves, where a row to insert may exist already.
        if isinstance(context.sqlalchemy_exception, IntegrityError):
            return None
        failure = failures.of_driver(context.sqlalchemy_exception or context.original_exception)
        return _first_failure(context, failure)

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "handle_error", name)


def _first_failure(
    context: ExceptionContext, failure: DatabaseError | None
) -> DatabaseError | None:
    """Return the failure, or the earlier failure if this error is from its rollback.

    A full disk ends the transaction, so rolling back to the savepoint fails as well.
    """
    if context.connection is None or context.connection.invalidated:
        return failure
    kept = context.connection.info
    if failure is None and (context.statement or "").startswith("ROLLBACK TO SAVEPOINT"):
        return cast("DatabaseError | None", kept.get(_FAILURE))
    kept[_FAILURE] = failure
    return failure


# The key of a connection's last failure in its ``info``.
_FAILURE = "copydesk.failure"
