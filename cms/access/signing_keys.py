"""The keys with which the site signs; the operator's alone, since the file is at the server."""

from __future__ import annotations

from cms.authorization.actions import Action
from cms.errors import InvalidValue, Refused
from cms.ledger import keys
from cms.tables import Attestation
from cms.work.work import Work, command


@command(Action.KEY_CHANGE)
async def record_key(work: Work) -> Attestation:
    """Record the key of a site that has signed before keys were recorded; return the statement.

    Raises:
        Refused: if the actor may not, the key is not at hand, or is recorded already.
    """
    work.authorise(Action.KEY_CHANGE)
    return await keys.record_key(work.session, work.key_file, work.now)


@command(Action.KEY_CHANGE)
async def rotate_key(work: Work) -> Attestation:
    """Let a new key follow the one that signs, and return the statement, which both have signed.

    The new key is beside the file; after the commit it is to be put in its place.

    Raises:
        Refused: if the actor may not, the key is not at hand, or no key can be made.
    """
    work.authorise(Action.KEY_CHANGE)
    return await keys.rotate(work.session, work.key_file, work.now)


@command(Action.KEY_CHANGE)
async def replace_lost_key(work: Work, reason: str) -> Attestation:
    """Let a new key take the place of one that is lost, and return the statement.

    The new key is beside the file; after the commit it is to be put in its place.

    Args:
        work: the transaction and the actor.
        reason: how it was lost; it is in every later verification.

    Raises:
        Refused: if the actor may not, there is no reason, the key is at hand or another file is in
            its place, or nothing has been signed yet.
    """
    work.authorise(Action.KEY_CHANGE)
    if not reason.strip():
        message = "the reason is empty; give one, since every later verification prints it"
        raise Refused(InvalidValue(message=message, path=("reason",)))
    work.about["reason"] = reason
    return await keys.replace_lost(work.session, work.key_file, reason, work.now)
