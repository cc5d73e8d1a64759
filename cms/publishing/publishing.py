"""Publishing and unpublishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select

from cms.authorization.actions import Action
from cms.drafts.loading import authorise_on, hold, refuse_archived
from cms.errors import NotPublished, PathInUse, Refused, UserError
from cms.events import EntryPublished, EntryUnpublished
from cms.identifiers import new_id
from cms.ledger.attestation import attest_publication
from cms.ledger.counters import wait_for_turn
from cms.publishing.gates import SIGN_OFF_GATES, broken_by_unpublishing, checks
from cms.publishing.loading import (
    Proposal,
    candidates_of,
    live_publication_of,
    proposal_of,
    public_links_to,
)
from cms.review.reviews import check_reason, open_review_of
from cms.review.standing import signatures_on
from cms.search.indexing import count_words
from cms.tables import Publication
from cms.work.work import Work, command


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


@command(Action.ENTRY_BREAK_GLASS)
async def break_glass_publish(
    work: Work, entry_id: str, *, revision_id: str, reason: str, locale: str | None = None
) -> Publication:
    """Make a revision public without the sign-offs that it lacks, and return the publication.

    Every other gate still stands. The reason is public for as long as the revision is.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        revision_id: the revision to publish.
        reason: why this cannot wait for a reviewer.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not, gives no reason, or another gate fails.
    """
    words = check_reason(reason)
    (publication,) = await _publish(work, {entry_id: revision_id}, locale, words)
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
    position = await work.take_position()
    work = work.after_waiting()
    held = await hold(work, entry_id, locale)
    edition = held.edition
    live = await live_publication_of(work, edition)
    category_id = live.category_id if live is not None else held.head.category_id
    await authorise_on(work, Action.ENTRY_UNPUBLISH, held, category_id)
    if live is None:
        raise Refused(NotPublished(message=f"{entry_id} is not public in {edition.locale!r}"))
    links = await public_links_to(work, entry_id, edition.locale, besides=[edition.id])
    if broken := broken_by_unpublishing(live.path, links):
        raise Refused(*broken)
    await _close(work, live, position)
    await count_words(work.session, opened=[], closed=[live])
    work.emit(
        EntryUnpublished(
            subject=live.id,
            entry=entry_id,
            locale=live.locale,
            revision=live.revision_id,
            position=position,
        )
    )
    return live


async def _publish(
    work: Work, revisions: Mapping[str, str], locale: str | None, reason: str | None = None
) -> list[Publication]:
    # Whoever publishes waits here, so what the gates see stays true until the commit; and the
    # order of times is that of positions.
    await wait_for_turn(work.session, "position")
    work = work.after_waiting()
    action = Action.ENTRY_PUBLISH if reason is None else Action.ENTRY_BREAK_GLASS
    proposals = [
        await _propose(work, action, entry_id, revisions[entry_id], locale)
        for entry_id in sorted(revisions)
    ]
    await _check_gates(work, proposals, reason)
    new = [each for each in proposals if not each.is_live]
    position = await work.take_position() if new else 0
    closed = [each.live for each in new if each.live is not None]
    for live in closed:
        await _close(work, live, position)
    public = [await _open(work, each, position, reason) for each in proposals]
    opened = [each for each in public if each.position == position]
    await count_words(work.session, opened, closed)
    return public


async def _propose(
    work: Work, action: Action, entry_id: str, revision_id: str, locale: str | None
) -> Proposal:
    held = await hold(work, entry_id, locale)
    # Whoever may not publish here at all learns nothing about revisions.
    await authorise_on(work, action, held)
    proposal = await proposal_of(work, held, revision_id)
    replaced = [proposal.live.category_id] if proposal.live is not None else []
    await authorise_on(work, action, held, proposal.revision.category_id, *replaced)
    refuse_archived(held)
    return proposal


async def _check_gates(work: Work, proposals: Sequence[Proposal], reason: str | None) -> None:
    passed = SIGN_OFF_GATES if reason is not None else frozenset()
    errors = [
        replace(error, path=(candidate.entry_id, *error.path)) if len(proposals) > 1 else error
        for candidate in await candidates_of(work, proposals)
        for check in checks(candidate, work.site.gates)
        if check.gate not in passed
        for error in check.errors
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
            message = f"{holder} would have the same path {each.path}; change one of the slugs"
            errors.append(PathInUse(message=message, path=(each.entry.id, "slug")))
    return errors


async def _close(work: Work, publication: Publication, position: int) -> None:
    # Clock skew: never end before the start.
    ended_at = max(work.now, publication.published_at)
    await work.close(publication, ended_at=ended_at, ended_position=position)


async def _open(work: Work, proposal: Proposal, position: int, reason: str | None) -> Publication:
    live, revision = proposal.live, proposal.revision
    if live is not None and proposal.is_live:
        return live
    first_published_at, published_at = await _times_of(work, proposal)
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
        first_published_at=first_published_at,
        published_at=published_at,
        published_by=work.actor.account_id,
        basis="signed_off" if reason is None else "break_glass",
        break_glass_reason=reason,
    )
    await work.insert(publication)
    work.emit(
        EntryPublished(
            subject=publication.id,
            entry=publication.entry_id,
            locale=publication.locale,
            revision=revision.id,
            replaced=live.id if live is not None else None,
            position=position,
            basis=publication.basis,
            reason=reason,
        )
    )
    await _attest(work, proposal, publication)
    review = await open_review_of(work, proposal.edition)
    if review is not None and proposal.edition.head_id == revision.id:
        await work.close(review, ended_at=work.now, outcome="published")
    return publication


async def _attest(work: Work, proposal: Proposal, publication: Publication) -> None:
    signatures = await signatures_on(work, proposal.revision)
    await attest_publication(
        work.session,
        work.key_file,
        publication,
        digest=proposal.revision.digest,
        sign_offs=[each.id for each in signatures],
        now=work.now,
    )


async def _times_of(work: Work, proposal: Proposal) -> tuple[datetime, datetime]:
    """Return when an edition was public for the first time, and from when it is now."""
    found = await work.session.execute(
        select(func.min(Publication.first_published_at), func.max(Publication.ended_at)).where(
            Publication.edition_id == proposal.edition.id
        )
    )
    first, ended = found.one()
    # At no time two revisions of it are public, though the clocks of two servers differ.
    published_at = max(work.now, ended) if ended is not None else work.now
    return first or published_at, published_at
