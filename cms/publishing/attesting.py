"""The reaction that attests sign-offs, publications and purges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cms.drafts.loading import rows_by_id
from cms.events import EntryPublished, Event, SignedOff, WordsPurged
from cms.ledger.attestation import (
    Attested,
    publication_statement,
    purge_statement,
    sign_off_statement,
)
from cms.tables import Position, Publication, Purge, SignOff
from cms.work.work import Work


async def attest(work: Work, events: Sequence[Event]) -> None:
    """Attest what the events of a command report, in their order.

    Args:
        work: the transaction of the command, in the session of which the rows are loaded.
        events: the events of the command.
    """
    signed = {each.subject: each for each in events if isinstance(each, SignedOff)}
    published = {each.subject: each for each in events if isinstance(each, EntryPublished)}
    statements: Mapping[str, Attested] = {
        **await _of_sign_offs(work, signed),
        **await _of_publications(work, published),
        **await _of_purges(work, [each for each in events if isinstance(each, WordsPurged)]),
    }
    work.attest(*(statements[each.subject] for each in events if each.subject in statements))


async def _of_sign_offs(work: Work, events: Mapping[str, SignedOff]) -> Mapping[str, Attested]:
    rows = await rows_by_id(work, SignOff, events)
    return {
        key: sign_off_statement(
            rows[key], entry_id=each.entry, locale=each.locale or work.site.default_locale
        )
        for key, each in events.items()
    }


async def _of_publications(
    work: Work, events: Mapping[str, EntryPublished]
) -> Mapping[str, Attested]:
    rows = await rows_by_id(work, Publication, events)
    positions = {
        number: await work.session.get_one(Position, number)
        for number in {each.position for each in events.values()}
    }
    return {
        key: publication_statement(
            rows[key],
            digest=each.digest,
            stages=each.stages,
            sign_offs=each.sign_offs,
            nonce=positions[each.position].nonce,
        )
        for key, each in events.items()
    }


async def _of_purges(work: Work, events: Sequence[WordsPurged]) -> Mapping[str, Attested]:
    return {
        each.subject: await purge_statement(
            work.session, await work.session.get_one(Purge, each.subject)
        )
        for each in events
    }
