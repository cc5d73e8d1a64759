"""Sign-offs of what is public: a later one joins the publication, and a name can be taken off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from sqlalchemy import select

from cms.content.policy import Stage
from cms.errors import ReferencedEntryNotPublic, Refused
from cms.events import SignOffEnded
from cms.identifiers import is_entry_id
from cms.ledger.counters import wait_for_turn
from cms.reading.visibility import counts_now, is_public_now
from cms.tables import (
    Edition,
    Publication,
    PublicationSignOff,
    PublicationStage,
    Revision,
    SignOff,
)
from cms.work.work import Reading, Work

_BATCH = 500


async def wait_if_public(work: Work, entry_id: str, locale: str | None, digest: str) -> Work:
    """Return the work after its turn to take a position, if the digest is public.

    Publishing waits for its turn before it holds an edition; who judges what is public does too.
    """
    if not is_entry_id(entry_id):
        return work
    found = await work.session.scalar(
        select(Publication.id)
        .join(Revision, Revision.id == Publication.revision_id)
        .where(
            Publication.entry_id == entry_id,
            Publication.locale == (locale or work.site.default_locale),
            Revision.digest == digest,
            is_public_now(Publication),
        )
    )
    if found is None:
        return work
    await wait_for_turn(work.session, "position")
    return work.after_waiting()


async def publication_of_digest(
    reading: Reading, edition: Edition, digest: str
) -> tuple[Publication, Revision] | None:
    """Return the edition's open publication with its revision, if that has this digest."""
    row = (
        await reading.session.execute(
            select(Publication, Revision)
            .join(Revision, Revision.id == Publication.revision_id)
            .where(
                Publication.edition_id == edition.id,
                Revision.digest == digest,
                is_public_now(Publication),
            )
        )
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None


async def stages_of_publication(reading: Reading, publication: Publication) -> list[Stage]:
    """Return the stages that a publication was made under."""
    rows = await reading.session.scalars(
        select(PublicationStage)
        .where(PublicationStage.publication_id == publication.id)
        .order_by(PublicationStage.ordinal)
    )
    return [Stage(row.name, role=row.role, approvals=row.approvals) for row in rows]


async def join_publication(work: Work, publication: Publication, sign_off: SignOff) -> int:
    """Add a sign-off to an open publication, and return the position of that.

    Raises:
        Refused: if the reviewer is not public, whose name readers would see.
    """
    await _refuse_hidden_reviewer(work, publication, sign_off.person_id)
    position = await work.take_position()
    await work.insert(
        PublicationSignOff(
            publication_id=publication.id,
            sign_off_id=sign_off.id,
            position=position,
            counted_at=work.now,
        )
    )
    return position


async def _refuse_hidden_reviewer(work: Work, publication: Publication, person_id: str) -> None:
    public = await work.session.scalar(
        select(Publication.id)
        .where(
            Publication.entry_id == person_id,
            Publication.locale.in_(work.site.locales_for_built_in(publication.locale)),
            is_public_now(Publication),
        )
        .limit(1)
    )
    if public is None:
        message = f"the page is public, and its reviewer {person_id} is not; publish that first"
        raise Refused(ReferencedEntryNotPublic(message=message, entry_id=person_id))


async def end_sign_offs(
    work: Work,
    sign_offs: Sequence[tuple[SignOff, Edition]],
    cause: Literal["changes_requested", "invalidated"],
) -> None:
    """Close those of the sign-offs that are open, and take all of them off what is public.

    Args:
        work: the transaction and the actor.
        sign_offs: the sign-offs, each with its edition.
        cause: why they end.
    """
    taken_off = await _take_off(work, [row for row, _ in sign_offs])
    are_open = [row for row, _ in sign_offs if row.ended_at is None]
    ended = {row.id for row in are_open} | taken_off.keys()
    await work.close(*are_open, ended_at=work.now, ended_by=work.actor.account_id, end_cause=cause)
    for row, edition in sign_offs:
        if row.id in ended:
            work.emit(
                SignOffEnded(
                    subject=row.id,
                    entry=edition.entry_id,
                    locale=edition.locale,
                    cause=cause,
                    position=taken_off.get(row.id),
                )
            )


async def _take_off(work: Work, sign_offs: Iterable[SignOff]) -> Mapping[str, int]:
    """Take sign-offs off the open publications that they count for.

    Returns:
        The position from which each does not count, by its id; without those that did not count.
    """
    ids = [each.id for each in sign_offs]
    found: list[PublicationSignOff] = []
    for start in range(0, len(ids), _BATCH):
        found += await work.session.scalars(
            select(PublicationSignOff)
            .join(Publication, Publication.id == PublicationSignOff.publication_id)
            .where(
                PublicationSignOff.sign_off_id.in_(ids[start : start + _BATCH]),
                counts_now(PublicationSignOff),
                is_public_now(Publication),
            )
            .order_by(PublicationSignOff.sign_off_id)
        )
    if not found:
        return {}
    position = await work.take_position()
    await work.close(*found, ended_at=work.now, ended_position=position)
    return {each.sign_off_id: position for each in found}
