"""Objects of the model that are read and written by the driver alone, and kept in their session.

SQLAlchemy's loading and its unit of work take several times as long: here, the caller says what is
written when. A savepoint that is rolled back takes back what its objects say, as the database does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    Executable,
    Insert,
    Table,
    Update,
    bindparam,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapper, make_transient
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.base import instance_dict, instance_state

from cms.storage.database import ReadSession, WriteSession
from cms.storage.dialects import JsonDocument, element_text, elements_of

# A row, and the values that it had before; none for a row that was inserted.
_Before: TypeAlias = tuple[DeclarativeBase, Mapping[str, Any] | None]

# The key of the list of what a transaction has written in the ``info`` of its session.
_WRITTEN = "copydesk.written"
# The key of the number of savepoints that are open.
_DEPTH = "copydesk.depth"
_KEY = "key_{}"


def columns_of(*tables: type[DeclarativeBase]) -> list[InstrumentedAttribute[Any]]:
    """Return all columns of tables, for a query whose rows :func:`loaded` makes objects of."""
    return [getattr(table, name) for table in tables for name in _names_of(table)]


def loaded(
    session: ReadSession, row: Sequence[Any], *tables: type[DeclarativeBase]
) -> tuple[Any, ...]:
    """Return the objects of a row with the columns of tables; they are in the session.

    An object that is in it already has the values of the row from now on.
    """
    found: list[DeclarativeBase] = []
    start = 0
    for table in tables:
        names = _names_of(table)
        end = start + len(names)
        found.append(_object_of(session, table, dict(zip(names, row[start:end], strict=True))))
        start = end
    return tuple(found)


def _object_of(
    session: ReadSession, table: type[DeclarativeBase], values: Mapping[str, Any]
) -> DeclarativeBase:
    mapper = _mapper_of(table)
    key = mapper.identity_key_from_primary_key(tuple(values[name] for name in _key_names_of(table)))
    found: DeclarativeBase | None = session.sync_session.identity_map.get(key)
    if found is not None:
        _set(found, values)
        return found
    found = mapper.class_manager.new_instance()
    instance_dict(found).update(values)
    _attach(session, found, key)
    return found


def _attach(session: ReadSession, row: DeclarativeBase, key: Any) -> None:
    """Make an object one that its session has loaded.

    The steps are those of SQLAlchemy for a loaded row. Its functions for objects from elsewhere
    check what is known here: no object in the session has the key, and no other is attached to it.
    """
    state = instance_state(row)
    sync_session = session.sync_session
    state.key, state.session_id = key, sync_session.hash_key
    sync_session.identity_map._add_unpresent(state, key)  # noqa: SLF001  # it has no other way


async def insert_rows(session: WriteSession, rows: Sequence[DeclarativeBase]) -> None:
    """Insert new rows of one table, with one statement, and keep them in the session.

    Columns without a value are null, or have what SQL computes for them.
    """
    if not rows:
        return
    table = type(rows[0])
    statement, names, computed = _insertion(table)
    values = [_complete(row, names) for row in rows]
    if computed:
        for row, given in zip(rows, values, strict=True):
            (found,) = await session.fetch(statement, **given)
            for name in computed:
                set_committed_value(row, name, getattr(found, name))
    else:
        await session.run_each(statement, values)
    for row in rows:
        state = instance_state(row)
        state._commit_all(state.dict)  # noqa: SLF001  # all that it has is stored
        _attach(session, row, _mapper_of(table).identity_key_from_instance(row))
    _note(session, *((row, None) for row in rows))


async def insert_values(
    session: WriteSession, table: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert new rows of a table, with one statement, of which no objects are made.

    Args:
        session: the transaction.
        table: a table without columns that SQL computes.
        rows: the values of all columns, by name.
    """
    statement, _, _ = _insertion(table)
    await session.run_each(statement, rows)


async def copy_values(
    session: WriteSession, table: type[DeclarativeBase], column: str, copies: Mapping[str, str]
) -> None:
    """Insert copies of the rows with values in a column, with other values in it.

    Args:
        session: the transaction.
        table: a table without columns that SQL computes.
        column: the column, with texts.
        copies: its value in the rows to be copied, by that in the copies.
    """
    listed = [{"copy": copy, "source": source} for copy, source in copies.items()]
    if listed:
        await session.run_each(_copy(table, column), [{"copies": listed}])


async def update_rows(
    session: WriteSession, changes: Iterable[tuple[DeclarativeBase, Mapping[str, Any]]]
) -> None:
    """Change columns of rows of one table, with one statement for each set of columns.

    Only columns that get another value are written. Rows are written in the order of their keys,
    so that two transactions do not wait for each other.
    """
    grouped: dict[tuple[str, ...], list[tuple[DeclarativeBase, Mapping[str, Any]]]] = {}
    for row, columns in changes:
        now = instance_dict(row)
        changed = {
            name: value for name, value in columns.items() if name not in now or now[name] != value
        }
        if changed:
            grouped.setdefault(tuple(changed), []).append((row, changed))
    for names, group in grouped.items():
        in_order = sorted(((_key_of(row), row, columns) for row, columns in group), key=_first)
        statement = _change(type(group[0][0]), names)
        await session.run_each(
            statement,
            [
                {**columns, **{_KEY.format(place): each for place, each in enumerate(key)}}
                for key, _, columns in in_order
            ],
        )
        for _, row, columns in in_order:
            before = {name: instance_dict(row).get(name) for name in names}
            _note(session, (row, before))
            _set(row, columns)


@asynccontextmanager
async def savepoint(session: WriteSession) -> AsyncIterator[None]:
    """Roll back what the body writes if it fails, in the database and in the session.

    Where nothing came before, this is the whole transaction: it needs no savepoint for that.
    """
    written = _written_in(session)
    mark = len(written)
    if session.new or session.dirty or session.deleted:
        await session.flush()  # what was changed before is not rolled back
    is_whole = not session.has_begun
    connection = await session.direct()
    depth = session.info.get(_DEPTH, 0) + 1
    if not is_whole:
        await connection.run(f"SAVEPOINT copydesk_{depth}")
    session.info[_DEPTH] = depth
    try:
        yield
        if not is_whole:
            await connection.run(f"RELEASE SAVEPOINT copydesk_{depth}")
    except BaseException:
        while len(written) > mark:
            _take_back(*written.pop())
        # What the unit of work has not written yet would be, with the next statement.
        for row in (*session.new, *session.dirty, *session.deleted):
            session.expunge(row)
        if is_whole:
            await session.begin_again()
        elif connection.is_usable:
            await connection.run(f"ROLLBACK TO SAVEPOINT copydesk_{depth}")
        raise
    finally:
        session.info[_DEPTH] -= 1
        if depth == 1:
            written.clear()


def _take_back(row: DeclarativeBase, before: Mapping[str, Any] | None) -> None:
    if before is None:
        make_transient(row)
    else:
        _set(row, before)


def _set(row: DeclarativeBase, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        set_committed_value(row, name, value)


def _note(session: WriteSession, *written: _Before) -> None:
    """Keep the rows that are written while a savepoint is open."""
    if session.info.get(_DEPTH):
        _written_in(session).extend(written)


def _written_in(session: WriteSession) -> list[_Before]:
    written: list[_Before] = session.info.setdefault(_WRITTEN, [])
    return written


def _complete(row: DeclarativeBase, names: Sequence[str]) -> Mapping[str, Any]:
    """Return the values of a row to be inserted; those that it lacks are null from now on."""
    values = instance_dict(row)
    for name in names:
        values.setdefault(name, None)
    return values


def _key_of(row: DeclarativeBase) -> tuple[Any, ...]:
    values = instance_dict(row)
    return tuple(values[name] for name in _key_names_of(type(row)))


def _first(item: tuple[tuple[Any, ...], object, object]) -> tuple[Any, ...]:
    return item[0]


def _table_of(table: type[DeclarativeBase]) -> Table:
    return table.__table__  # type: ignore[return-value]  # no class is mapped to a join


@cache
def _mapper_of(table: type[DeclarativeBase]) -> Mapper[Any]:
    return inspect(table)


@cache
def _key_names_of(table: type[DeclarativeBase]) -> Sequence[str]:
    return [each.name for each in _table_of(table).primary_key]


@cache
def _names_of(table: type[DeclarativeBase]) -> Sequence[str]:
    return [each.key for each in inspect(table).column_attrs]


@cache
def _insertion(table: type[DeclarativeBase]) -> tuple[Executable, Sequence[str], Sequence[str]]:
    """Return the statement that inserts a row, the columns with given and with computed values."""
    target = _table_of(table)
    columns = target.c
    computed = [each.name for each in columns if each.default is not None]
    names = [each.name for each in columns if each.default is None]
    statement: Insert = (
        insert(target)
        .inline()
        .values({name: bindparam(name, type_=columns[name].type) for name in names})
    )
    if computed:
        return statement.returning(*(columns[name] for name in computed)), names, computed
    return statement, names, computed


@cache
def _copy(table: type[DeclarativeBase], column: str) -> Insert:
    """Return the statement that copies the rows with values in a column."""
    target = _table_of(table)
    owner = target.c[column]
    copies = elements_of(bindparam("copies", type_=JsonDocument), "copies")
    copied = element_text(copies, "copy").label(column)
    chosen = select(*(copied if each is owner else each for each in target.c)).join_from(
        copies, target, owner == element_text(copies, "source")
    )
    return insert(target).from_select([each.name for each in target.c], chosen)


@cache
def _change(table: type[DeclarativeBase], names: tuple[str, ...]) -> Update:
    """Return the statement that changes columns of the row with a key."""
    target = _table_of(table)
    return (
        update(target)
        .where(
            *(
                column == bindparam(_KEY.format(place), type_=column.type)
                for place, column in enumerate(target.primary_key)
            )
        )
        .values({name: bindparam(name, type_=target.c[name].type) for name in names})
    )
