"""Sign-offs of what is public: a later one joins the publication, and a name can be taken off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from sqlalchemy import select

from cms.content.policy import Stage
from cms.errors import ReferencedEntryNotPublic, Refused
from cms.events import SignOffEnded
from cms.identifiers import is_entry_id
from cms.reading.periods import counts_now, is_public_now
from cms.review.review_times import refresh_review_times
from cms.storage.dialects import is_among
from cms.tables import (
    Edition,
    Publication,
    PublicationSignOff,
    PublicationStage,
    Revision,
    SignOff,
)
from cms.work.bulk import grouped
from cms.work.work import Reading, Work

# The id of an entry, a locale and a digest.
DigestKey: TypeAlias = tuple[str, str, str]


async def wait_if_public(work: Work, judged: Collection[DigestKey]) -> Work:
    """Return the work after its turn to take a position, if one of the digests is public.

    Publishing waits for its turn before it holds an edition; who judges what is public does too.
    """
    keys = {each for each in judged if is_entry_id(each[0])}
    if not keys:
        return work
    rows = await work.session.execute(
        select(Publication.entry_id, Publication.locale, Revision.digest)
        .join(Revision, Revision.id == Publication.revision_id)
        .where(
            is_among(Publication.entry_id, [entry_id for entry_id, _, _ in keys]),
            is_among(Publication.locale, [locale for _, locale, _ in keys]),
            is_public_now(Publication),
        )
    )
    if keys.isdisjoint(map(tuple, rows)):
        return work
    return await work.in_turn()


async def stages_of_publications(
    reading: Reading, publication_ids: Collection[str]
) -> Mapping[str, list[Stage]]:
    """Return the stages that publications were made under, by the publication's id."""
    if not publication_ids:
        return {}
    rows = await reading.session.scalars(
        select(PublicationStage)
        .where(is_among(PublicationStage.publication_id, publication_ids))
        .order_by(PublicationStage.ordinal)
    )
    return grouped(
        (row.publication_id, Stage(row.name, role=row.role, approvals=row.approvals))
        for row in rows
    )


async def join_publications(
    work: Work, joined: Sequence[tuple[Publication, SignOff]]
) -> int | None:
    """Add sign-offs to open publications, and return the position of that."""
    if not joined:
        return None
    position = await work.take_position()
    await work.insert(
        *(
            PublicationSignOff(
                publication_id=publication.id,
                sign_off_id=sign_off.id,
                person_id=sign_off.person_id,
                position=position,
                counted_at=work.now,
            )
            for publication, sign_off in joined
        )
    )
    await refresh_review_times(work, {publication.id for publication, _ in joined})
    return position


async def locales_with_person(work: Work, person_id: str) -> Collection[str]:
    """Return the locales in which readers see a person."""
    public = set(
        await work.session.scalars(
            select(Publication.locale).where(
                Publication.entry_id == person_id, is_public_now(Publication)
            )
        )
    )
    return {
        each
        for each in work.site.locales
        if not public.isdisjoint(work.site.locales_for_built_in(each))
    }


def hidden_reviewer(person_id: str) -> Refused:
    """Return the refusal of a sign-off whose reviewer's name readers would not see."""
    message = f"the page is public, and its reviewer {person_id} is not; publish that first"
    return Refused(ReferencedEntryNotPublic(message=message, entry_id=person_id))


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
    if not ids:
        return {}
    rows = await work.session.scalars(
        select(PublicationSignOff)
        .join(Publication, Publication.id == PublicationSignOff.publication_id)
        .where(
            is_among(PublicationSignOff.sign_off_id, ids),
            counts_now(PublicationSignOff),
            is_public_now(Publication),
        )
        .order_by(PublicationSignOff.sign_off_id)
    )
    found = rows.all()
    if not found:
        return {}
    position = await work.take_position()
    await work.close(*found, ended_at=work.now, ended_position=position)
    await refresh_review_times(work, {each.publication_id for each in found})
    return {each.sign_off_id: position for each in found}
