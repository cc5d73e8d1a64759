"""Writes that a client may repeat: the same key has one effect and one answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import delete, update

from cms.content.canonical_json import JsonObject
from cms.errors import MutationIdReused, Purged, Refused
from cms.storage.database import WriteSession
from cms.tables import ClientMutation
from cms.work.work import Work

# For how long an answer is kept.
KEPT_FOR = timedelta(days=1)


async def once(
    work: Work, key: str, input_digest: str, run: Callable[[], Awaitable[JsonObject]]
) -> JsonObject:
    """Run something, or give the answer that it gave when the same was asked before.

    Two that come at once wait for each other: the key is taken before anything else is done,
    and the later one then fails with ``DatabaseBusy`` and has to be tried again.

    Args:
        work: the transaction and the actor.
        key: the client's name for this write; each actor has its own.
        input_digest: the digest of what is asked.
        run: does it and gives the answer, which may be a refusal.

    Raises:
        Refused: with :class:`~cms.errors.MutationIdReused` if the key came with another input,
            with :class:`~cms.errors.Purged` if its answer was, or as ``run`` raises it; then
            nothing is remembered.
    """
    await work.session.execute(
        delete(ClientMutation).where(
            ClientMutation.actor == work.actor.name,
            ClientMutation.answered_at < work.now - KEPT_FOR,
        )
    )
    earlier = await work.session.get(ClientMutation, (work.actor.name, key))
    if earlier is not None:
        if earlier.input_digest != input_digest:
            message = f"{key!r} was already used with another input; use a new id for each write"
            raise Refused(MutationIdReused(message=message, path=("clientMutationId",)))
        if not earlier.answer:
            message = f"{key!r} was already used; the write had its effect, its answer was purged"
            raise Refused(Purged(message=message, path=("clientMutationId",)))
        return earlier.answer
    record = ClientMutation(
        actor=work.actor.name,
        key=key,
        input_digest=input_digest,
        answer={},
        answered_at=work.now,
    )
    work.session.add(record)
    await work.session.flush()  # whoever comes with the same key at the same time waits here
    try:
        record.answer = await run()
    except Refused:
        await work.session.delete(record)  # what is refused by raising has no answer to give again
        raise
    return record.answer


async def empty_answers(session: WriteSession) -> None:
    """Empty all answers: any of them can quote a text. The writes are still not repeated."""
    await session.execute(update(ClientMutation).values(answer={}))
