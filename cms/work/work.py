"""The frame in which commands run: one transaction, one actor, one moment.

A command decides, writes facts with :meth:`Work.insert`, :meth:`Work.insert_parts`,
:meth:`Work.copy_parts`, :meth:`Work.close` and :meth:`Work.update`, and emits events. The frame
then calls the reactions, and closes the command with its audit records and the hashes of the rows
that it wrote.
"""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import delete, inspect, tuple_

from cms import clock
from cms.authorization.actions import Allowed, Denied, Subject, decide
from cms.authorization.actor import Actor
from cms.errors import NotAllowed, OwnWork, Refused
from cms.events import Event, is_built_in
from cms.ledger import audit
from cms.ledger.counters import wait_for_turn
from cms.ledger.positions import position_after
from cms.ledger.rows import PART_OF
from cms.ledger.tail import Tail
from cms.ledger.words import emptied_values
from cms.signing import KeyFile
from cms.site import Site
from cms.storage.database import Database, ReadSession, WriteSession
from cms.storage.rows import copy_values, insert_rows, insert_values, savepoint, update_rows
from cms.tables import Base
from cms.work.arguments import check_texts
from cms.work.bulk import refused_in
from cms.work.refusals import note_refusal

if TYPE_CHECKING:  # what only a command needs is loaded by it
    from cms.ledger.attestation import Attested

P = ParamSpec("P")

# The key of the last position that was taken in a session.
_TAKEN = "copydesk.position"


R = TypeVar("R")


class Reaction(Protocol):
    """A function that acts on the events of a command, in the same transaction."""

    async def __call__(self, work: Work, events: Sequence[Event], /) -> None:
        """Act on the events of one command.

        Args:
            work: the transaction and the actor of the command.
            events: what the command has emitted, in order.

        Raises:
            Refused: to undo the command.
        """


@dataclass(frozen=True)
class Reading:
    """The first argument of every question: one snapshot, and the actor that asks.

    Attributes:
        session: the snapshot.
        site: the site's declaration.
        actor: who is asking.
        now: the moment at which all of this happens.
        key_file: has the key that signs attestations.
    """

    session: ReadSession
    site: Site
    actor: Actor
    now: datetime
    key_file: KeyFile

    def authorise(self, action: str, subject: Subject | None = None) -> None:
        """Check that the actor may do this.

        Raises:
            Refused: with :class:`~cms.errors.NotAllowed` and what would be needed.
        """
        site = self.site
        decision = decide(self.actor, action, subject or Subject(), site.roles, site.type_names)
        if isinstance(decision, Denied):
            error = OwnWork if decision.is_own_work else NotAllowed
            raise Refused(error(message=decision.reason))

    def may(self, action: str, subject: Subject) -> bool:
        """Return whether the actor may do this."""
        return isinstance(decide(self.actor, action, subject, self.site.roles), Allowed)

    def account_id(self) -> str:
        """Return the actor's account, under whose name content is written.

        Raises:
            Refused: for the operator, who has none.
        """
        if self.actor.account_id is None:
            raise Refused(NotAllowed(message="this needs an account, and the operator has none"))
        return self.actor.account_id


@dataclass
class _Outcome:
    """The effects of a command so far.

    Attributes:
        events: the events that it has emitted.
        written: the rows that it has inserted or updated.
        deleted: the rows that it has deleted.
        parts: the parts of written rows that it has inserted, by table.
        attested: the statements that it signs.
        turn: the last position that was taken, if no other command can take one meanwhile.
        position: its position, if it has taken one.
    """

    events: list[Event] = field(default_factory=list)
    written: list[Base] = field(default_factory=list)
    deleted: list[Base] = field(default_factory=list)
    parts: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)
    attested: list[Attested] = field(default_factory=list)
    turn: int | None = None
    position: int | None = None


@dataclass(frozen=True)
class Work(Reading):
    """The first argument of every command: one transaction, which questions can be asked in too.

    Attributes:
        session: the transaction; committed where it was opened, never by a command.
        is_present: whether ``now`` is the present, and not a moment that an importer knows.
        reactions: the functions that act on a command's events, in order.
        types: the version of the content types that commands need; ``None`` for any.
    """

    session: WriteSession
    is_present: bool = False
    reactions: Sequence[Reaction] = ()
    types: int | None = None
    _outcome: _Outcome = field(default_factory=_Outcome, repr=False)

    def by(self, actor: Actor, now: datetime | None = None) -> Work:
        """Return the same transaction for another actor, and for another moment if given."""
        moment, is_present = (now, False) if now is not None else (self.now, self.is_present)
        return replace(self, actor=actor, now=moment, is_present=is_present, _outcome=_Outcome())

    def after_waiting(self) -> Work:
        """Return the same at a later moment, if it is the present that has moved on."""
        return replace(self, now=clock.now()) if self.is_present else self

    def emit(self, event: Event) -> None:
        """Add an event to the outcome of the command.

        Raises:
            TypeError: if it is neither of Copydesk nor named with the prefix of a plugin.
        """
        if not is_built_in(type(event)):
            self.site.plugins.check_event(type(event))
        self._outcome.events.append(event)

    async def insert(self, *rows: Base) -> None:
        """Insert facts of one table."""
        await insert_rows(self.session, rows)
        self._outcome.written += rows

    async def insert_parts(self, table: type[Base], rows: Iterable[Mapping[str, object]]) -> None:
        """Insert rows that are hashed with a row of another table: links and tags of revisions.

        Args:
            table: their table.
            rows: the values of all of their columns, by name.
        """
        parts = list(rows)
        await insert_values(self.session, table, parts)
        self._outcome.parts.setdefault(table.__tablename__, []).extend(parts)

    async def copy_parts(
        self,
        table: type[Base],
        copies: Mapping[str, str],
        rows: Iterable[Mapping[str, object]],
    ) -> None:
        """Insert the rows of another table that belong to some rows for other rows as well.

        Args:
            table: their table.
            copies: the keys of the rows to which they belong, by those of the other rows.
            rows: the values of the covered columns of the copies, by name.
        """
        _, column = PART_OF[table.__tablename__]
        await copy_values(self.session, table, column, copies)
        self._outcome.parts.setdefault(table.__tablename__, []).extend(rows)

    async def update(self, row: Base, **columns: object) -> None:
        """Change columns of a fact that change by design, such as the head of an edition."""
        await self.update_each([(row, columns)])

    async def update_each(self, changes: Iterable[tuple[Base, Mapping[str, object]]]) -> None:
        """Change columns of facts of one table, each to values of its own."""
        listed = list(changes)
        await update_rows(self.session, listed)
        self._outcome.written += [row for row, _ in listed]

    async def close(self, *rows: Base, **ends: object) -> None:
        """Close open facts of one table.

        Args:
            rows: the facts.
            ends: the columns that say when, and why, they end.
        """
        await self.update_each((row, ends) for row in rows)

    async def delete(self, *rows: Base) -> None:
        """Delete rows of one table: drafts without a history, with their parts, or old secrets."""
        if not rows:
            return
        table = type(rows[0])
        mapper = inspect(table)
        keys = [_key_of(row) for row in rows]
        await self._delete_parts(table, keys)
        await self.session.execute(
            delete(table)
            .where(tuple_(*mapper.primary_key).in_(keys))
            .execution_options(synchronize_session=False)
        )
        for row in rows:
            self._outcome.deleted.append(row)
            self.session.expunge(row)

    async def empty(self, *rows: Base) -> None:
        """Empty the words in facts of one table that have tombstones, and delete their parts."""
        if not rows:
            return
        await self._delete_parts(type(rows[0]), [_key_of(row) for row in rows])
        await self.update_each((row, emptied_values(row, self.now)) for row in rows)

    async def in_turn(self) -> Work:
        """Return the work after its turn to take a position: no other takes one before its end.

        So what is public does not change meanwhile, and the order of times is that of positions.
        """
        self._outcome.turn = await wait_for_turn(self.session, "position")
        return self.after_waiting()

    async def take_position(self) -> int:
        """Return the position of this command; other callers wait for this transaction to end."""
        outcome = self._outcome
        if outcome.position is None:
            last = outcome.turn
            if last is None:
                last = await wait_for_turn(self.session, "position")
            # A command around this one has taken it, and raises the counter at its end.
            taken: int = self.session.info.get(_TAKEN, 0)
            position = position_after(max(last, taken), self.now)
            await self.insert(position)
            outcome.position = self.session.info[_TAKEN] = position.number
        return outcome.position

    def attest(self, *statements: Attested) -> None:
        """Sign statements in their order, at the end of the command."""
        self._outcome.attested += statements

    async def _delete_parts(self, table: type[Base], keys: Sequence[tuple[object, ...]]) -> None:
        """Delete the rows that belong to rows of a table and are hashed with them."""
        for name, (owner, column) in PART_OF.items():
            if owner == table.__tablename__:
                part = Base.metadata.tables[name]
                await self.session.execute(delete(part).where(tuple_(part.c[column]).in_(keys)))

    async def _finish(self, action: str) -> None:
        """Call the reactions, and close the command with its audit records."""
        outcome = self._outcome
        for reaction in self.reactions:
            await reaction(self, tuple(outcome.events))
        if not outcome.events:
            if outcome.written or outcome.deleted:
                raise RuntimeError(f"a command with the action {action} wrote and emitted nothing")
            return
        from cms.ledger.closing import Closing, close_command  # noqa: PLC0415

        closing = Closing(
            records=[
                audit.Record(
                    actor=self.actor.name,
                    action=action,
                    subject=each.subject,
                    detail=each.to_json(),
                )
                for each in outcome.events
            ],
            now=self.now,
            written=outcome.written,
            deleted=outcome.deleted,
            parts=outcome.parts,
            attested=outcome.attested,
            attested_at=self.after_waiting().now,
            takes_position=outcome.position is not None,
            types=self.types,
        )
        await close_command(self.session, self.key_file, closing)


def _key_of(row: Base) -> tuple[object, ...]:
    return tuple(row.__mapper__.primary_key_from_instance(row))


class Desk:
    """A site with its database, where commands and questions begin.

    Args:
        database: where the content is.
        site: its declaration.
        reactions: the functions that act on the events of commands, in order.

    Attributes:
        tail: the end of the audit chain, which subscriptions follow.
        types: the version of the content types that commands need; ``None`` for any.
    """

    def __init__(self, database: Database, site: Site, reactions: Sequence[Reaction] = ()) -> None:
        self.database = database
        self.site = site
        self.reactions = reactions
        self.tail = Tail(database)
        self.types: int | None = None

    @asynccontextmanager
    async def work(self, actor: Actor, now: datetime | None = None) -> AsyncIterator[Work]:
        """Open a transaction for commands; commit when the body ends without another error.

        Args:
            actor: who is asking.
            now: when this happens, if it is not the present: importers know better.
        """
        async with self.database.transaction() as session:
            yield Work(
                session=session,
                site=self.site,
                actor=actor,
                now=now or clock.now(),
                key_file=self.database.key_file,
                is_present=now is None,
                reactions=self.reactions,
                types=self.types,
            )
        self.tail.wake()

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[Reading]:
        """Open a snapshot for questions."""
        async with self.database.reading() as session:
            yield Reading(session, self.site, actor, clock.now(), self.database.key_file)


def command(
    action: str,
) -> Callable[
    [Callable[Concatenate[Work, P], Awaitable[R]]],
    Callable[Concatenate[Work, P], Coroutine[Any, Any, R]],
]:
    """Make a function a command: all of it happens and is recorded, or nothing of it."""

    def decorate(
        function: Callable[Concatenate[Work, P], Awaitable[R]],
    ) -> Callable[Concatenate[Work, P], Coroutine[Any, Any, R]]:
        _, *names = signature(function).parameters

        @wraps(function)
        async def run(work: Work, /, *args: P.args, **kwargs: P.kwargs) -> R:
            inner = replace(work, _outcome=_Outcome())
            taken = work.session.info.get(_TAKEN, 0)
            try:
                check_texts({**dict(zip(names, args, strict=False)), **kwargs})
                async with savepoint(work.session):
                    result = await function(inner, *args, **kwargs)
                    await inner._finish(action)  # noqa: SLF001  # the frame's own
            except Refused as refused:
                work.session.info[_TAKEN] = taken
                note_refusal(work.actor, action, args, refused)
                raise
            for each in refused_in(result):
                note_refusal(work.actor, action, (each.entry_id,), Refused(*each.errors))
            return result

        return run

    return decorate
