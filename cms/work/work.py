"""The setting in which commands run: one transaction, one actor, one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from cms import clock
from cms.authorization.actions import Action, Allowed, Denied, Subject, decide
from cms.authorization.actor import Actor
from cms.content.canonical_json import Json
from cms.errors import NotAllowed, OwnWork, Refused
from cms.identifiers import kind_of
from cms.ledger import audit
from cms.signing import KeyFile
from cms.site import Site
from cms.storage.database import Database, ReadSession, WriteSession
from cms.work.arguments import check_texts

P = ParamSpec("P")


class Identified(Protocol):
    """The result of a command: something with an id, which the audit record names."""

    @property
    def id(self) -> str:
        """The id."""


R = TypeVar("R", bound=Identified | Sequence[Identified])


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

    def authorise(self, action: Action, subject: Subject | None = None) -> None:
        """Check that the actor may do this.

        Raises:
            Refused: with :class:`~cms.errors.NotAllowed` and what would be needed.
        """
        decision = decide(self.actor, action, subject or Subject())
        if isinstance(decision, Denied):
            error = OwnWork if decision.is_own_work else NotAllowed
            raise Refused(error(message=decision.reason))

    def may(self, action: Action, subject: Subject) -> bool:
        """Return whether the actor may do this."""
        return isinstance(decide(self.actor, action, subject), Allowed)

    def account_id(self) -> str:
        """Return the actor's account, under whose name content is written.

        Raises:
            Refused: for the operator, who has none.
        """
        if self.actor.account_id is None:
            raise Refused(NotAllowed(message="this needs an account, and the operator has none"))
        return self.actor.account_id


@dataclass(frozen=True)
class Work(Reading):
    """The first argument of every command: one transaction, which questions can be asked in too.

    Attributes:
        session: the transaction; committed where it was opened, never by a command.
        is_present: whether ``now`` is the present, and not a moment that an importer knows.
        about: what the audit record of the command contains beside the subject.
    """

    session: WriteSession
    is_present: bool = False
    about: dict[str, Json] = field(default_factory=dict)

    def by(self, actor: Actor, now: datetime | None = None) -> Work:
        """Return the same transaction for another actor, and for another moment if given."""
        moment, is_present = (now, False) if now is not None else (self.now, self.is_present)
        return replace(self, actor=actor, now=moment, is_present=is_present, about={})

    def after_waiting(self) -> Work:
        """Return the same at a later moment, if it is the present that has moved on."""
        return replace(self, now=clock.now()) if self.is_present else self


@asynccontextmanager
async def begin_work(
    database: Database, site: Site, actor: Actor, now: datetime | None = None
) -> AsyncIterator[Work]:
    """Open a transaction for commands; commit when the body ends without another error.

    Args:
        database: where the content is.
        site: its declaration.
        actor: who is asking.
        now: when this happens, if it is not the present: importers know better.
    """
    async with database.transaction() as session:
        yield Work(session, site, actor, now or clock.now(), database.key_file, now is None)


@asynccontextmanager
async def begin_reading(database: Database, site: Site, actor: Actor) -> AsyncIterator[Reading]:
    """Open a snapshot for questions, as :func:`begin_work` does for commands."""
    async with database.reading() as session:
        yield Reading(session, site, actor, clock.now(), database.key_file)


def command(
    action: Action,
) -> Callable[
    [Callable[Concatenate[Work, P], Awaitable[R]]],
    Callable[Concatenate[Work, P], Coroutine[Any, Any, R]],
]:
    """Make a function a command: all of it happens or nothing, and either way it is recorded."""

    def decorate(
        function: Callable[Concatenate[Work, P], Awaitable[R]],
    ) -> Callable[Concatenate[Work, P], Coroutine[Any, Any, R]]:
        _, *names = signature(function).parameters

        @wraps(function)
        async def run(work: Work, /, *args: P.args, **kwargs: P.kwargs) -> R:
            inner = replace(work, about={})
            try:
                check_texts({**dict(zip(names, args, strict=False)), **kwargs})
                async with work.session.begin_nested():
                    result = await function(inner, *args, **kwargs)
            except Refused as refusal:
                await _record_refusal(inner, action, args, refusal)
                raise
            rows: Sequence[Identified | None] = result if isinstance(result, Sequence) else [result]
            for each in rows or [None]:  # that there was nothing to do is recorded too
                await _record(inner, action, each)
            return result

        return run

    return decorate


async def _record(work: Work, action: Action, row: Identified | None) -> None:
    entry_id = getattr(row, "entry_id", None)
    event = audit.Event(
        actor=work.actor.name,
        action=action,
        subject=row.id if row is not None else None,
        outcome="done",
        detail=work.about | ({"entry": entry_id} if entry_id else {}),
    )
    await audit.append(work.session, event, work.now)


async def _record_refusal(
    work: Work, action: Action, args: tuple[object, ...], refusal: Refused
) -> None:
    # Only ids: a name or a text could be anything, even a secret.
    subject = next((arg for arg in args if isinstance(arg, str) and kind_of(arg)), None)
    event = audit.Event(
        actor=work.actor.name,
        action=action,
        subject=subject,
        outcome="refused",
        detail={
            **work.about,
            "errors": [{"code": e.code, "message": e.message} for e in refusal.errors],
        },
    )
    await audit.append(work.session, event, work.now)
