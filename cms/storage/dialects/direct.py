"""Statements that the driver runs without SQLAlchemy's execution, which takes longer than they do.

SQLAlchemy compiles them, once for a dialect, and converts parameters and results. Failures are
those of SQLAlchemy, so that they are translated in one place.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Float
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from cms.storage.dialects.sqlite_driver import DriverConnection

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Executable
    from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection

Convert: TypeAlias = Callable[[Any], Any]
Parameters: TypeAlias = Mapping[str, Any]

# Number of statements that are kept compiled for each dialect, more than there are.
_MOST_STATEMENTS = 500


class _Prepared:
    """A statement as a dialect runs it.

    Attributes:
        sql: the statement.
    """

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # all have it
        if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params:
            raise TypeError(f"only a statement with the same text for all values: {statement}")
        self.sql = str(compiled)
        converters = compiled._bind_processors  # noqa: SLF001  # there is no other way to them
        binds = [compiled.binds[name] for name in compiled.positiontup or ()]
        self._names = [each.key for each in binds]
        self._defaults = {each.key: each.effective_value for each in binds if not each.required}
        self._conversions = [
            (place, convert)
            for place, name in enumerate(compiled.positiontup or ())
            if (convert := _one(converters.get(name))) is not None
        ]
        columns = compiled._result_columns  # noqa: SLF001  # the same
        names = [each.keyname for each in columns]
        make_row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024
        self._row: Callable[[Iterable[Any]], Any] = make_row._make
        self._converters = [_converter(each.type, dialect) for each in columns]
        self._converts = any(self._converters)

    def values(self, given: Parameters) -> list[Any]:
        """Return the values of the parameters for the driver, in their order.

        Raises:
            KeyError: if one is missing that the statement itself has no value for.
        """
        known = {**self._defaults, **given} if self._defaults else given
        values = [known[name] for name in self._names]
        for place, convert in self._conversions:
            values[place] = convert(values[place])
        return values

    def rows(self, fetched: Sequence[Sequence[Any]]) -> list[Any]:
        """Return rows as named tuples, with converted values."""
        if not self._converts:
            return [self._row(row) for row in fetched]
        return [
            self._row(
                value if convert is None else convert(value)
                for convert, value in zip(self._converters, row, strict=True)
            )
            for row in fetched
        ]


def _converter(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    """Return the function that converts results of a type, if they have to be converted."""
    if isinstance(type_, Float):  # the drivers have them, and SQLAlchemy asks for the driver's type
        return None
    return type_._cached_result_processor(dialect, None)  # noqa: SLF001  # no other way to it


def _one(convert: Convert | Sequence[Convert] | None) -> Convert | None:
    if convert is not None and not callable(convert):
        raise TypeError("a parameter of several values has no single conversion")
    return convert


_KEPT: WeakKeyDictionary[Dialect, dict[Executable, _Prepared]] = WeakKeyDictionary()


def _prepared(statement: Executable, dialect: Dialect) -> _Prepared:
    kept = _KEPT.setdefault(dialect, {})
    found = kept.get(statement)
    if found is None:
        if len(kept) >= _MOST_STATEMENTS:
            kept.clear()
        found = kept[statement] = _Prepared(statement, dialect)
    return found


class _Driver(Protocol):
    """A connection of a driver, in the transaction of SQLAlchemy's connection."""

    @property
    def has_lost_server(self) -> bool:
        """True if the driver knows that the server has closed the connection."""

    async def fetch(self, sql: str, values: Sequence[object]) -> Sequence[Sequence[Any]]:
        """Run a statement, and return its rows."""

    async def run_each(self, sql: str, values: Sequence[Sequence[object]]) -> None:
        """Run a statement without a result once for each list of values."""


class _PostgresDriver:
    """A connection of asyncpg, as SQLAlchemy adapts it."""

    def __init__(self, adapted: AsyncAdapt_asyncpg_connection, *, begins: bool) -> None:
        self._adapted = adapted
        self._begins = begins
        self._connection: Any = adapted.driver_connection

    @property
    def has_lost_server(self) -> bool:
        """True if the driver knows that the server has closed the connection."""
        return bool(self._connection.is_closed())

    async def fetch(self, sql: str, values: Sequence[object]) -> Sequence[Sequence[Any]]:
        """Run a statement, and return its rows."""
        await self._begin()
        try:
            return await self._connection.fetch(sql, *values)  # type: ignore[no-any-return]
        except Exception as error:  # noqa: BLE001  # it is translated
            self._raise(error)

    async def run_each(self, sql: str, values: Sequence[Sequence[object]]) -> None:
        """Run a statement without a result once for each list of values."""
        if len(values) == 1:  # which takes less time by itself
            await self.fetch(sql, values[0])
            return
        await self._begin()
        try:
            await self._connection.executemany(sql, values)
        except Exception as error:  # noqa: BLE001  # it is translated
            self._raise(error)

    async def _begin(self) -> None:
        # SQLAlchemy begins a transaction with its first statement.
        if self._begins and self._adapted._transaction is None:  # noqa: SLF001  # it has no other way
            await self._adapted._start_transaction()  # type: ignore[no-untyped-call]  # noqa: SLF001

    def _raise(self, error: Exception) -> NoReturn:
        self._adapted._handle_exception(error)  # noqa: SLF001  # always raises
        raise error


class DirectConnection:
    """The driver's connection in the transaction of a connection of SQLAlchemy.

    Args:
        connection: the connection of SQLAlchemy.
        is_transaction: whether statements are in its transaction, which takes two round trips, and
            not each in one of its own.
    """

    def __init__(self, connection: AsyncConnection, *, is_transaction: bool = True) -> None:
        self._connection: Connection = connection.sync_connection  # type: ignore[assignment]  # open
        adapted: Any = self._connection.connection.dbapi_connection
        self._driver: _Driver = (
            adapted
            if isinstance(adapted, DriverConnection)
            else _PostgresDriver(adapted, begins=is_transaction)
        )

    @property
    def is_closed(self) -> bool:
        """True once the transaction has ended."""
        return self._connection.closed

    @property
    def is_usable(self) -> bool:
        """True if statements can be run: neither the transaction nor the connection has ended.

        The statement of a cancelled task can still be running, so its connection has.
        """
        return not (self._connection.closed or self._connection.invalidated)

    @property
    def has_lost_server(self) -> bool:
        """True if the driver knows that the server has closed the connection."""
        return self._driver.has_lost_server

    async def run(self, sql: str) -> None:
        """Run a statement without parameters or a result, which is the same in both databases."""
        self._announce(sql, ())
        try:
            await self._driver.fetch(sql, ())
        except BaseException as error:  # noqa: BLE001  # it is raised
            self._fail(error, sql)

    async def fetch(self, statement: Executable, **given: Any) -> list[Any]:
        """Run a statement, and return its rows as named tuples.

        Args:
            statement: a statement that is built once, not for each call; entities of the model
                are columns, and there is no list of values of an unknown length.
            given: values by the names of its parameters; others keep the values in the statement.
        """
        prepared = _prepared(statement, self._connection.dialect)
        values = prepared.values(given)
        self._announce(prepared.sql, values)
        try:
            fetched = await self._driver.fetch(prepared.sql, values)
        except BaseException as error:  # noqa: BLE001  # it is raised
            self._fail(error, prepared.sql)
        return prepared.rows(fetched)

    async def run_each(self, statement: Executable, given: Sequence[Parameters]) -> None:
        """Run a statement without a result once for each set of values, with one round trip."""
        prepared = _prepared(statement, self._connection.dialect)
        values = [prepared.values(each) for each in given]
        self._announce(prepared.sql, values)
        try:
            await self._driver.run_each(prepared.sql, values)
        except BaseException as error:  # noqa: BLE001  # it is raised
            self._fail(error, prepared.sql)

    def _announce(self, sql: str, values: Sequence[object]) -> None:
        """Tell those that listen to the engine's statements, if there are any."""
        if announce := self._connection.dispatch.before_cursor_execute:
            announce(self._connection, None, sql, values, None, False)  # noqa: FBT003  # its signature

    def _fail(self, error: BaseException, sql: str) -> NoReturn:
        """Raise what SQLAlchemy raises for an error of the driver."""
        statement = sql if isinstance(error, self._connection.dialect.loaded_dbapi.Error) else None
        handle: Callable[..., NoReturn] = self._connection._handle_dbapi_exception  # noqa: SLF001  # as above
        handle(error, statement, None, None, None)
