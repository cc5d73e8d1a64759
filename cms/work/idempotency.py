"""Writes that a client may repeat: the same key has one effect and one answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import and_, bindparam, delete, exists, insert, literal, select, update

from cms.content.canonical_json import JsonObject
from cms.errors import MutationIdReused, Purged, Refused
from cms.storage.database import WriteSession
from cms.tables import ClientMutation
from cms.work.work import Work

# For how long an answer is kept.
KEPT_FOR = timedelta(days=1)
# An actor's expired answers are dropped together, and not one with each write.
_DROPPED_EVERY = timedelta(hours=1)


async def once(
    work: Work, key: str, input_digest: str, run: Callable[[], Awaitable[JsonObject]]
) -> JsonObject:
    """Run something, or give the answer that it gave when the same was asked before.

    Of two that come at once the later one waits, fails with ``DatabaseBusy`` with all that it has
    done, and has to be tried again.

    Args:
        work: the transaction and the actor.
        key: the client's name for this write; each actor has its own.
        input_digest: the digest of what is asked.
        run: does it and gives the answer, which may be a refusal; a refusal is to be returned and
            not raised, or the later of two that come at once can get one for what the other did.

    Raises:
        Refused: with :class:`~cms.errors.MutationIdReused` if the key came with another input,
            with :class:`~cms.errors.Purged` if its answer was, or as ``run`` raises it; then
            nothing is remembered.
    """
    session, actor = work.session, work.actor.name
    expired = work.now - KEPT_FOR
    overdue = expired - _DROPPED_EVERY
    (earlier,) = await session.fetch(_EARLIER, actor=actor, key=key, overdue=overdue)
    is_kept = earlier.answered_at is not None and earlier.answered_at >= expired
    if is_kept:
        return _answer_of(key, earlier.answer, is_same=earlier.input_digest == input_digest)
    if earlier.is_overdue or earlier.answered_at is not None:
        await session.execute(_DROP, {"of": actor, "expired": expired})
    answer = await run()
    row = {"actor": actor, "key": key, "input_digest": input_digest, "answered_at": work.now}
    await session.run_each(_INSERT, [{**row, "answer": answer}])
    return answer


def _answer_of(key: str, answer: JsonObject, *, is_same: bool) -> JsonObject:
    """Return the answer that was given before.

    Raises:
        Refused: if it was given to another input, or was purged.
    """
    if not is_same:
        message = f"{key!r} was already used with another input; use a new id for each write"
        raise Refused(MutationIdReused(message=message, path=("clientMutationId",)))
    if not answer:
        message = f"{key!r} was already used; the write had its effect, its answer was purged"
        raise Refused(Purged(message=message, path=("clientMutationId",)))
    return answer


# The answer that a key has, and whether the actor has answers that are to be dropped: one row.
_EARLIER = (
    select(
        ClientMutation.input_digest,
        ClientMutation.answer,
        ClientMutation.answered_at,
        exists()
        .where(
            ClientMutation.actor == bindparam("actor"),
            ClientMutation.answered_at < bindparam("overdue"),
        )
        .correlate(None)
        .label("is_overdue"),
    )
    .select_from(select(literal(1).label("one")).subquery("one"))
    .outerjoin(
        ClientMutation,
        and_(ClientMutation.actor == bindparam("actor"), ClientMutation.key == bindparam("key")),
    )
)
_DROP = delete(ClientMutation).where(
    ClientMutation.actor == bindparam("of"), ClientMutation.answered_at < bindparam("expired")
)
_INSERT = insert(ClientMutation.__table__)  # type: ignore[arg-type]  # a table of the model


async def empty_answers(session: WriteSession) -> None:
    """Empty all answers: any of them can quote a text. The writes are still not repeated."""
    await session.execute(update(ClientMutation).values(answer={}))
