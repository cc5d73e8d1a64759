"""The reaction that attests sign-offs and publications."""

from __future__ import annotations

from collections.abc import Sequence

from cms.events import EntryPublished, Event, SignedOff
from cms.ledger.attestation import attest_publication, attest_sign_off
from cms.tables import Position, Publication, Revision, SignOff
from cms.work.work import Work


async def attest(work: Work, events: Sequence[Event]) -> None:
    """Attest what the events of a command report, in their order.

    Args:
        work: the transaction of the command, in the session of which the rows are loaded.
        events: the events of the command.

    Raises:
        Refused: with :class:`~cms.errors.CannotSign`, if the server does not have the signing key.
    """
    for event in events:
        match event:
            case SignedOff():
                await _attest_sign_off(work, event)
            case EntryPublished():
                await _attest_publication(work, event)


async def _attest_sign_off(work: Work, event: SignedOff) -> None:
    sign_off = await work.session.get_one(SignOff, event.subject)
    await attest_sign_off(
        work.session,
        work.key_file,
        sign_off,
        entry_id=event.entry,
        locale=event.locale or work.site.default_locale,
        now=work.after_waiting().now,
    )


async def _attest_publication(work: Work, event: EntryPublished) -> None:
    publication = await work.session.get_one(Publication, event.subject)
    revision = await work.session.get_one(Revision, event.revision)
    position = await work.session.get_one(Position, event.position)
    await attest_publication(
        work.session,
        work.key_file,
        publication,
        digest=revision.digest,
        stages=event.stages,
        sign_offs=event.sign_offs,
        nonce=position.nonce,
        now=work.after_waiting().now,
    )
