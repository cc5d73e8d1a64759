"""Rows of covered tables and their hashes, read in the order of their keys for verification.

Rows are read by columns, without objects, at most 500 at once. A value that is not of its column's
type is read as it is stored where the database allows that, so that its hash differs.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Integer,
    Row,
    Select,
    Table,
    exists,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import aliased

from cms.content.canonical_json import Json
from cms.ledger.chain import UNREADABLE, UnreadableError, batches, reason_of
from cms.ledger.rows import COVERED, PART_OF, canonical_value, in_order, key_of
from cms.storage.database import ReadSession
from cms.storage.dialects import Moment, MomentText
from cms.tables import AuditedRow, Base

_ROWS_AT_ONCE = 500
_BOOLEANS = {0: False, 1: True}


@dataclass(frozen=True)
class StoredRow:
    """A row of a covered table.

    Attributes:
        key: its key, as in ``audit_row``.
        values: canonical values of its columns, and lists of its parts, by name.
        fault: why it cannot be read; empty if it can.
    """

    key: str
    values: Mapping[str, Json] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True)
class StoredHash:
    """The newest hash of a row; ``None`` if the command deleted it."""

    key: str
    sequence: int
    version: int
    salt: str
    hash: str | None


@dataclass(frozen=True)
class StrayPart:
    """A part without the row that it belongs to.

    Attributes:
        table: table of the part.
        key: its key.
    """

    table: str
    key: str


async def newest_hashes(
    session: ReadSession, table: str, after: int = 0
) -> AsyncGenerator[StoredHash]:
    """Yield the newest hash of each row of a table, in the order of the keys.

    Args:
        session: a snapshot.
        table: name of the table.
        after: number of an audit record; hashes up to it are left out.
    """
    newer = aliased(AuditedRow)
    chosen = (
        select(*(getattr(AuditedRow, name) for name in StoredHash.__dataclass_fields__))
        .where(AuditedRow.table_name == table, AuditedRow.sequence > after)
        .where(
            ~exists().where(
                newer.table_name == table,
                newer.key == AuditedRow.key,
                newer.sequence > AuditedRow.sequence,
            )
        )
    )
    async with aclosing(batches(session, chosen, AuditedRow.key)) as found:
        async for rows in found:
            for row in rows:
                yield StoredHash(*row)


class RowReader:
    """A reader of the rows of one covered table.

    Args:
        session: a snapshot.
        name: name of the table.

    Attributes:
        strays: parts without a row, as far as they were found.
    """

    def __init__(self, session: ReadSession, name: str) -> None:
        self._session = session
        self._table: Table = Base.metadata.tables[name]
        self._keys = list(self._table.primary_key)
        self._columns = [self._table.columns[each] for each in _columns_of(name)]
        self._booleans = {each.name for each in self._columns if isinstance(each.type, Boolean)}
        self._parts = _parts_of(name)
        self._chosen = _select(self._keys, self._columns)
        self.strays: list[StrayPart] = []

    async def all(self) -> AsyncGenerator[StoredRow]:
        """Yield all rows in the order of their keys.

        Raises:
            UnreadableError: at the first row whose key cannot be read.
        """
        last: Sequence[Any] | None = None
        while True:
            rest = self._chosen.limit(_ROWS_AT_ONCE)
            after = None if last is None else _compared(self._keys) > _values(last)
            rows = await self._read(rest if after is None else rest.where(after))
            end = rows[-1][: len(self._keys)] if len(rows) == _ROWS_AT_ONCE else None
            parts = await self._parts_between(rows, last, end)
            for row in rows:
                yield self._stored(row, parts)
            self.strays += (
                StrayPart(table, each) for table, owned in parts.items() for each in _keys_in(owned)
            )
            if end is None:
                return
            last = end

    async def of(self, keys: Sequence[str]) -> Mapping[str, StoredRow]:
        """Return the rows with these keys, of at most some hundred, by key."""
        places = [place for key in keys if (place := self._place(key)) is not None]
        rows = await self._read(self._chosen.where(_compared(self._keys).in_(places)))
        parts = {
            name: await self._parts_of(rows, name, self._owner(name).in_([row[0] for row in rows]))
            for name in self._parts
        }
        return {stored.key: stored for row in rows if (stored := self._stored(row, parts))}

    def _place(self, key: str) -> Any:
        """Return the primary key in a key; ``None`` if there is none of this form."""
        texts = key.split(" ")
        if len(texts) != len(self._keys):
            return None
        try:
            place = [
                int(text) if isinstance(column.type, Integer) else text
                for text, column in zip(texts, self._keys, strict=True)
            ]
        except ValueError:
            return None
        return _values(place)

    async def _read(self, chosen: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        """Return rows; one that cannot be read has its key and the error."""
        try:
            return (await self._session.execute(chosen)).all()
        except UNREADABLE as error:
            return await self._read_each(chosen, reason_of(error))

    async def _read_each(self, chosen: Select[*tuple[Any, ...]], reason: str) -> Sequence[Any]:
        try:
            keys = (await self._session.execute(chosen.with_only_columns(*self._keys))).all()
        except UNREADABLE:
            raise UnreadableError(reason) from None
        rows: list[Any] = []
        for key in keys:
            own = self._chosen.where(_compared(self._keys) == _values(key))
            try:
                rows.append((await self._session.execute(own)).one())
            except UNREADABLE as error:
                rows.append((*key, _Unreadable(reason_of(error))))
        return rows

    def _stored(self, row: Any, parts: _Parts) -> StoredRow:
        count = len(self._keys)
        key = key_of(row[:count])
        own = {name: parts[name].pop(row[0], []) for name in self._parts}
        for each in (row[-1], *own.values()):
            if isinstance(each, _Unreadable):
                return StoredRow(key, fault=each.reason)
        try:
            values: dict[str, Json] = {
                column.name: canonical_value(
                    _BOOLEANS.get(value, value) if column.name in self._booleans else value
                )
                for column, value in zip(self._columns, row[count:], strict=True)
            }
            values |= {
                name: in_order([[canonical_value(each) for each in part] for part in owned])
                for name, owned in own.items()
            }
        except (ValueError, TypeError, RecursionError) as error:
            return StoredRow(key, fault=str(error))
        return StoredRow(key, values)

    async def _parts_between(
        self, rows: Sequence[Any], start: Sequence[Any] | None, end: Sequence[Any] | None
    ) -> _Parts:
        """Return the parts of the rows after one key, up to another if there is one."""
        parts: _Parts = {}
        for name in self._parts:
            owner = self._owner(name)
            bounds = [owner > start[0]] if start is not None else []
            bounds += [owner <= end[0]] if end is not None else []
            parts[name] = await self._parts_of(rows, name, *bounds)
        return parts

    async def _parts_of(
        self, rows: Sequence[Any], name: str, *conditions: ColumnElement[bool]
    ) -> dict[Any, Any]:
        """Return parts by their row; a mark instead of them if they cannot be read."""
        try:
            return await self._owned(name, *conditions)
        except UNREADABLE:
            return {row[0]: await self._readable_parts(name, row[0]) for row in rows}

    async def _readable_parts(self, name: str, owner: Any) -> Any:
        try:
            owned = await self._owned(name, self._owner(name) == owner)
        except UNREADABLE as error:
            return _Unreadable(f"a {name} of it: {reason_of(error)}")
        return owned.get(owner, [])

    async def _owned(self, name: str, *conditions: ColumnElement[bool]) -> dict[Any, list[Any]]:
        table = Base.metadata.tables[name]
        columns = [table.columns[each] for each in self._parts[name]]
        owned: dict[Any, list[Any]] = {}
        chosen = _select([self._owner(name)], columns).where(*conditions)
        for owner, *values in await self._session.execute(chosen):
            owned.setdefault(owner, []).append(values)
        return owned

    def _owner(self, name: str) -> Column[Any]:
        return Base.metadata.tables[name].columns[PART_OF[name][1]]


_Parts = dict[str, dict[Any, Any]]


@dataclass(frozen=True)
class _Unreadable:
    """A mark in place of the values of a row that cannot be read."""

    reason: str


def _columns_of(table: str) -> list[str]:
    """Return the covered columns of all versions."""
    names = (name for version in COVERED[table].values() for name in version.columns)
    return list(dict.fromkeys(names))


def _parts_of(table: str) -> Mapping[str, tuple[str, ...]]:
    newest = COVERED[table][max(COVERED[table])]
    return newest.parts


def _select(
    keys: Sequence[Column[Any]], columns: Sequence[Column[Any]]
) -> Select[*tuple[Any, ...]]:
    chosen = [each.label(f"key_{index}") for index, each in enumerate(keys)]
    return select(*chosen, *map(_as_stored, columns)).order_by(*keys)


def _as_stored(column: Column[Any]) -> ColumnElement[Any]:
    """Return an expression of a column's value in the form that is hashed, if it has one in SQL."""
    if isinstance(column.type, Moment):
        return MomentText(column)
    return type_coerce(column, Integer) if isinstance(column.type, Boolean) else column


def _compared(keys: Sequence[Column[Any]]) -> ColumnElement[Any]:
    return keys[0] if len(keys) == 1 else tuple_(*keys)


def _values(place: Sequence[Any] | Row[*tuple[Any, ...]]) -> Any:
    return place[0] if len(place) == 1 else tuple(place)


def _keys_in(owned: Mapping[Any, list[Any]]) -> Iterable[str]:
    return (key_of([owner, *part[:2]]) for owner, parts in owned.items() for part in parts)
