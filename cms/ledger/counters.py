"""Counters without gaps, which order audit records, attestations and publications."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias

from sqlalchemy import Integer, bindparam, case, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from cms.errors import DatabaseError
from cms.storage.database import ReadSession, WriteSession
from cms.tables import Base, Counter

CounterName: TypeAlias = Literal["attestation", "audit", "people", "position", "slugs", "taxonomy"]


async def advance(session: WriteSession, name: CounterName) -> int:
    """Take the next number of a counter, and return it; see :func:`advance_all`.

    Raises:
        DatabaseError: if the counter is missing.
    """
    return (await advance_all(session, {name: 1}))[name]


async def advance_all(
    session: WriteSession, counts: Mapping[CounterName, int]
) -> Mapping[CounterName, int]:
    """Take the next numbers of counters, and return the last one of each.

    Other callers wait for this transaction to end. A transaction that is rolled back returns its
    numbers, so there are no gaps. One transaction at a time takes numbers, so their order is the
    order of the commits.

    Args:
        session: the transaction.
        counts: how many numbers to take, by counter.

    Raises:
        DatabaseError: if a counter is missing.
    """
    taken = {_parameter(name): count for name, count in counts.items()}
    values = dict(await session.fetch(_raise_counters(tuple(counts)), **taken))
    return {name: _value_of(values.get(name), name) for name in counts}


@cache
def _raise_counters(names: tuple[CounterName, ...]) -> ReturningUpdate[str, int]:
    """Return a statement that raises counters by parameters, and returns their names and values."""
    counters = Base.metadata.tables["counter"]
    held = (
        select(counters.c.name)
        .where(or_(*(counters.c.name == name for name in names)))
        # So that two transactions do not wait for each other: the position is locked first, and
        # the audit chain before attestations, since commands in a reaction end before its own.
        .order_by(counters.c.name.desc())
        .with_for_update()
        .subquery("held")
    )
    raised = {name: bindparam(_parameter(name), type_=Integer()) for name in names}
    return (
        update(counters)
        .where(counters.c.name == held.c.name)
        .values(value=counters.c.value + case(raised, value=counters.c.name))
        .returning(counters.c.name, counters.c.value)
    )


def _parameter(name: CounterName) -> str:
    return f"{name}_numbers"


async def wait_for_turn(session: WriteSession, name: CounterName) -> int:
    """Lock the counter until this transaction ends; return the last number that was taken.

    Raises:
        DatabaseError: if the counter is missing.
    """
    chosen = select(Counter.value).where(Counter.name == name).with_for_update()
    return _value_of(await session.scalar(chosen), name)


async def current(session: ReadSession, name: CounterName) -> int:
    """Return the last number of a counter; 0 if none was taken.

    Raises:
        DatabaseError: if the counter is missing.
    """
    return _value_of(await session.scalar(select(Counter.value).where(Counter.name == name)), name)


def _value_of(number: int | None, name: CounterName) -> int:
    if number is None:
        raise DatabaseError(f"the counter {name!r} is missing; restore it from a backup")
    return number
