"""Make public, and take back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from cms.commands.lookups import get, get_edition, get_revision, subject_of
from cms.commands.publish_facts import (
    Proposal,
    candidates_of,
    live_publication_of,
    public_links_to,
)
from cms.commands.review_facts import open_review_of
from cms.commands.work import Work, command
from cms.editorial.authorization import Action
from cms.editorial.gates import failures
from cms.errors import NotPublished, PathInUse, Refused, UserError, WouldBreakLinks
from cms.identifiers import new_id
from cms.ledger.counters import advance
from cms.tables import Entry, Publication


@command(Action.ENTRY_PUBLISH)
async def publish_entry(
    work: Work, entry_id: str, *, revision_id: str, locale: str | None = None
) -> Publication:
    """Make a revision public in place of the one that is, and return the publication.

    Publishing what is public already changes nothing.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        revision_id: the revision to publish; it need not be the newest.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not, or with everything that every failing gate has to say.
    """
    (publication,) = await _publish(work, {entry_id: revision_id}, locale)
    return publication


@command(Action.ENTRY_PUBLISH)
async def publish_together(
    work: Work, revisions: Mapping[str, str], *, locale: str | None = None
) -> Sequence[Publication]:
    """Publish revisions of several entries at once: entries that link each other have to.

    Args:
        work: the transaction and the actor.
        revisions: the id of the revision to publish, by the id of its entry.
        locale: the editions; by default the site's default locale.

    Raises:
        Refused: as for one entry; the path of every error begins with the entry's id.
    """
    return await _publish(work, revisions, locale)


@command(Action.ENTRY_UNPUBLISH)
async def unpublish_entry(work: Work, entry_id: str, *, locale: str | None = None) -> Publication:
    """Take an entry back from the readers and return the publication, now closed.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not, the entry is not public, or public pages link to it.
    """
    position = await advance(work.session, "position")
    entry = await get(work, Entry, entry_id)
    edition = await get_edition(work, entry_id, locale)
    live = await live_publication_of(work, edition)
    category_id = live.category_id if live is not None else None
    work.authorise(Action.ENTRY_UNPUBLISH, await subject_of(work, entry, category_id))
    if live is None:
        raise Refused(NotPublished(message=f"{entry_id} is not public in {edition.locale!r}"))
    links = await public_links_to(work, entry_id, edition.locale, besides=[edition.id])
    sources = dict.fromkeys(link.source_path for link in links)
    if sources:
        raise Refused(
            *(WouldBreakLinks(message=f"{source} links to {live.path}") for source in sources)
        )
    _close(work, live, position)
    return live


async def _publish(
    work: Work, revisions: Mapping[str, str], locale: str | None
) -> list[Publication]:
    # Whoever publishes waits here, so what the gates see stays true until the commit.
    position = await advance(work.session, "position")
    proposals = [
        await _propose(work, entry_id, revisions[entry_id], locale)
        for entry_id in sorted(revisions)
    ]
    await _check_gates(work, proposals)
    for each in proposals:
        if each.live is not None and each.live.revision_id != each.revision.id:
            _close(work, each.live, position)
    await work.session.flush()  # paths have to be free before they are taken
    return [await _open(work, each, position) for each in proposals]


async def _propose(work: Work, entry_id: str, revision_id: str, locale: str | None) -> Proposal:
    entry = await get(work, Entry, entry_id)
    edition = await get_edition(work, entry_id, locale)
    revision = await get_revision(work, edition, revision_id)
    work.authorise(Action.ENTRY_PUBLISH, await subject_of(work, entry, revision.category_id))
    return Proposal(
        entry=entry,
        edition=edition,
        revision=revision,
        content_type=work.site.content_type(entry.content_type),
        live=await live_publication_of(work, edition),
    )


async def _check_gates(work: Work, proposals: Sequence[Proposal]) -> None:
    errors = [
        replace(error, path=(candidate.entry_id, *error.path)) if len(proposals) > 1 else error
        for candidate in await candidates_of(work, proposals)
        for error in failures(candidate)
    ]
    errors += _shared_paths(proposals)
    if errors:
        raise Refused(*errors)


def _shared_paths(proposals: Sequence[Proposal]) -> list[UserError]:
    holders: dict[str, str] = {}
    errors: list[UserError] = []
    for each in proposals:
        if each.path is None:
            continue
        holder = holders.setdefault(each.path, each.entry.id)
        if holder != each.entry.id:
            message = f"{each.path} is wanted by {holder} too; change one of the slugs"
            errors.append(PathInUse(message=message, path=(each.entry.id, "slug")))
    return errors


def _close(work: Work, publication: Publication, position: int) -> None:
    publication.ended_at = work.now
    publication.ended_position = position


async def _open(work: Work, proposal: Proposal, position: int) -> Publication:
    live, revision = proposal.live, proposal.revision
    if live is not None and live.revision_id == revision.id:
        return live
    publication = Publication(
        id=new_id("pub"),
        position=position,
        entry_id=proposal.entry.id,
        edition_id=proposal.edition.id,
        revision_id=revision.id,
        content_type=proposal.entry.content_type,
        locale=proposal.edition.locale,
        path=proposal.path,
        category_id=revision.category_id,
        first_published_at=await _first_published_at(work, proposal),
        published_at=work.now,
        published_by=work.account_id(),
    )
    work.session.add(publication)
    review = await open_review_of(work, proposal.edition)
    if review is not None and proposal.edition.head_id == revision.id:
        review.ended_at = work.now
        review.outcome = "published"
    return publication


async def _first_published_at(work: Work, proposal: Proposal) -> datetime:
    earliest = await work.session.scalar(
        select(Publication.first_published_at)
        .where(Publication.edition_id == proposal.edition.id)
        .limit(1)
    )
    return earliest or work.now
