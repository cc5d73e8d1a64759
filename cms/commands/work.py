"""The setting in which commands run: one transaction, one actor, one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from cms import clock
from cms.content.site import Site
from cms.database import Database, WriteSession
from cms.editorial.actor import Actor
from cms.editorial.authorization import Action, Denied, Subject, decide
from cms.errors import NotAllowed, Refused
from cms.ledger import audit

P = ParamSpec("P")


class Identified(Protocol):
    """What a command returns: something with an id, which the audit record names."""

    @property
    def id(self) -> str:
        """The id."""


R = TypeVar("R", bound=Identified | Sequence[Identified])


@dataclass(frozen=True)
class Work:
    """What every command gets as its first argument.

    Attributes:
        session: the transaction; committed where it was opened, never by a command.
        site: the site's declaration.
        actor: who is asking.
        now: the moment at which all of this happens.
    """

    session: WriteSession
    site: Site
    actor: Actor
    now: datetime

    def authorise(self, action: Action, subject: Subject | None = None) -> None:
        """Go on only if the actor may do this.

        Raises:
            Refused: with :class:`~cms.errors.NotAllowed` and what would be needed.
        """
        decision = decide(self.actor, action, subject or Subject())
        if isinstance(decision, Denied):
            raise Refused(NotAllowed(message=decision.reason))

    def account_id(self) -> str:
        """Return the actor's account, under whose name content is written.

        Raises:
            Refused: for the operator, who has none.
        """
        if self.actor.account_id is None:
            raise Refused(NotAllowed(message="this takes an account; the operator has none"))
        return self.actor.account_id


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
        yield Work(session, site, actor, now or clock.now())


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
        @wraps(function)
        async def run(work: Work, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                async with work.session.begin_nested():
                    result = await function(work, *args, **kwargs)
            except Refused as refusal:
                await _record_refusal(work, action, args, refusal)
                raise
            for each in result if isinstance(result, Sequence) else [result]:
                await _record(work, action, each.id)
            return result

        return run

    return decorate


async def _record(work: Work, action: Action, subject: str) -> None:
    event = audit.Event(actor=work.actor.name, action=action, subject=subject, outcome="done")
    await audit.append(work.session, event, work.now)


async def _record_refusal(
    work: Work, action: Action, args: tuple[object, ...], refusal: Refused
) -> None:
    subject = next((arg for arg in args if isinstance(arg, str)), None)
    event = audit.Event(
        actor=work.actor.name,
        action=action,
        subject=subject,
        outcome="refused",
        detail={"errors": [{"code": e.code, "message": e.message} for e in refusal.errors]},
    )
    await audit.append(work.session, event, work.now)
