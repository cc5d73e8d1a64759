"""Changes of the site's signing key, by the operator, who has access to the key file."""

from __future__ import annotations

from cms.authorization.actions import Action
from cms.errors import InvalidValue, Refused
from cms.events import KeyChanged
from cms.ledger import keys
from cms.tables import Attestation
from cms.work.work import Work, command


@command(Action.KEY_CHANGE)
async def record_key(work: Work) -> Attestation:
    """Record the key of a site that predates key statements; return the statement.

    Raises:
        Refused: if the actor is not allowed to, or the key is missing or already recorded.
    """
    work.authorise(Action.KEY_CHANGE)
    return _changed(work, await keys.record_key(work.session, work.key_file, work.now))


@command(Action.KEY_CHANGE)
async def rotate_key(work: Work) -> Attestation:
    """Create a key that follows the current one, and return the statement that both sign.

    The new key is written beside the file; after the commit, the caller puts it in place.

    Raises:
        Refused: if the actor is not allowed to, the key is missing, or none can be created.
    """
    work.authorise(Action.KEY_CHANGE)
    return _changed(work, await keys.rotate(work.session, work.key_file, work.now))


@command(Action.KEY_CHANGE)
async def replace_lost_key(work: Work, reason: str) -> Attestation:
    """Create a key in place of a lost one, and return the statement.

    The new key is written beside the file; after the commit, the caller puts it in place.

    Args:
        work: the transaction and the actor.
        reason: how the key was lost; every later verification prints it.

    Raises:
        Refused: if the actor is not allowed to, the reason is empty, the key is not lost,
            another file is in its place, or nothing has been signed yet.
    """
    work.authorise(Action.KEY_CHANGE)
    if not reason.strip():
        message = "the reason is empty; give one, since every later verification prints it"
        raise Refused(InvalidValue(message=message, path=("reason",)))
    replaced = await keys.replace_lost(work.session, work.key_file, reason, work.now)
    return _changed(work, replaced, reason)


def _changed(work: Work, statement: Attestation, reason: str | None = None) -> Attestation:
    work.emit(KeyChanged(subject=statement.id, reason=reason))
    return statement
