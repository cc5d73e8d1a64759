"""Publishing and unpublishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select

from cms.authorization.actions import Action
from cms.content.builtin import CATEGORY, PERSON
from cms.content.collation import sort_key
from cms.drafts.category_tree import hold_tree, store_paths
from cms.drafts.loading import authorise_on, hold, refuse_archived
from cms.errors import InvalidValue, NotPublished, PathInUse, Refused, UserError
from cms.events import EntryPublished, EntryUnpublished
from cms.identifiers import new_id
from cms.ledger.counters import wait_for_turn
from cms.publishing.addresses import Move, close_address, move_pages
from cms.publishing.gates import checks, errors_of_incoming
from cms.publishing.grounds import (
    SETUP,
    SIGNED_OFF,
    ClaimedReview,
    Grounds,
    check_claims,
    errors_of_grounds,
)
from cms.publishing.link_facts import links_at_unpublishing
from cms.publishing.loading import (
    Assessed,
    Proposal,
    assess,
    live_page_of,
    proposal_of,
)
from cms.publishing.moving import move_to_derived_addresses
from cms.publishing.referenced import errors_at_unpublishing
from cms.review.reviews import check_reason, open_review_of
from cms.tables import Publication, PublicationSignOff, PublicationStage
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
    (publication,) = await _publish(work, {entry_id: revision_id}, locale, SIGNED_OFF)
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
    work.account_id()  # a reason is an account's, and never the operator's
    grounds = Grounds(
        basis="break_glass", action=Action.ENTRY_BREAK_GLASS, reason=check_reason(reason)
    )
    (publication,) = await _publish(work, {entry_id: revision_id}, locale, grounds)
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
    return await _publish(work, revisions, locale, SIGNED_OFF)


@command(Action.ENTRY_PUBLISH_IMPORTED)
async def publish_imported(
    work: Work,
    revisions: Mapping[str, str],
    *,
    source: str,
    claimed_review: Mapping[str, ClaimedReview] | None = None,
    review_due_at: Mapping[str, datetime] | None = None,
    locale: str | None = None,
) -> Sequence[Publication]:
    """Publish imported revisions without sign-offs, all at once; the operator's alone.

    Every other gate is checked. Readers see the source, and the claimed review as imported, for as
    long as the revisions are public.

    Args:
        work: the transaction and the operator.
        revisions: the id of the revision to publish, by the id of its entry.
        source: the system that they come from, in words for readers.
        claimed_review: what that system says of its review, by the id of the entry.
        review_due_at: when a page is due for review here, by the id of the entry; without a
            date, at once.
        locale: the editions; by default the site's default locale.

    Raises:
        Refused: if the actor is not the operator, the site forbids it, an edition was published
            here on another basis or has a revision by an account since, or another gate fails.
    """
    words = source.strip()
    if not words:
        message = "the source is empty; name the system that the pages come from"
        raise Refused(InvalidValue(message=message, path=("source",)))
    grounds = Grounds(
        basis="imported",
        action=Action.ENTRY_PUBLISH_IMPORTED,
        source=words,
        claimed_review=claimed_review or {},
        review_due_at=review_due_at or {},
    )
    check_claims(grounds, list(revisions))
    return await _publish(work, revisions, locale, grounds)


@command(Action.ENTRY_PUBLISH_SETUP)
async def publish_setup(
    work: Work, revisions: Mapping[str, str], *, locale: str | None = None
) -> Sequence[Publication]:
    """Publish the first content of a new site without sign-offs, all at once; the operator's alone.

    A site is new until an account has published on it: while it has no publication with sign-offs
    or by an administrator without them. Only editions that were never public here are accepted.
    Every gate but those of the sign-offs is checked.

    Args:
        work: the transaction and the operator.
        revisions: the id of the revision to publish, by the id of its entry.
        locale: the editions; by default the site's default locale.

    Raises:
        Refused: if the actor is not the operator, the site is not new, an edition was published
            here before, or another gate fails.
    """
    return await _publish(work, revisions, locale, SETUP)


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
    await wait_for_turn(work.session, "position")
    work = work.after_waiting()
    held = await hold(work, entry_id, locale)
    live, address = await live_page_of(work, held.edition)
    category_id = live.category_id if live is not None else held.head.category_id
    await authorise_on(work, Action.ENTRY_UNPUBLISH, held, category_id)
    if live is None:
        raise Refused(NotPublished(message=f"{entry_id} is not public in {held.edition.locale!r}"))
    if broken := errors_of_incoming(await links_at_unpublishing(work, live)):
        raise Refused(*broken)
    if errors := await errors_at_unpublishing(work, live):
        raise Refused(*errors)
    position = await work.take_position()
    await _close(work, live, position)
    if address is not None:
        await close_address(work, address, work.now, position)
    if live.content_type == CATEGORY:
        await _refresh_tree(work)
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
    work: Work, revisions: Mapping[str, str], locale: str | None, grounds: Grounds
) -> list[Publication]:
    # Whoever publishes waits here, so what the gates see stays true until the commit; and the
    # order of times is that of positions.
    await wait_for_turn(work.session, "position")
    work = work.after_waiting()
    proposals = [
        await _propose(work, grounds.action, entry_id, revisions[entry_id], locale)
        for entry_id in sorted(revisions)
    ]
    if any(each.content_type.name == PERSON for each in proposals):
        await wait_for_turn(work.session, "people")
    assessed = await assess(work, proposals)
    await _check(work, assessed, grounds)
    new = [each for each in assessed if not each.proposal.is_live]
    public = {each.edition.id: each.live for each in proposals if each.live is not None}
    if new:
        public |= await _replace(work, new, grounds)
    return [public[each.edition.id] for each in proposals]


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


async def _check(work: Work, assessed: Sequence[Assessed], grounds: Grounds) -> None:
    proposals = [each.proposal for each in assessed]
    new = [each for each in proposals if not each.is_live]
    errors = await errors_of_grounds(work, grounds, new) if new else []
    errors += [
        replace(error, path=(each.candidate.entry_id, *error.path)) if len(proposals) > 1 else error
        for each in assessed
        for check in checks(each.candidate, work.site.gates)
        if check.gate not in grounds.passed_gates
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


async def _replace(
    work: Work, new: Sequence[Assessed], grounds: Grounds
) -> Mapping[str, Publication]:
    """Close the publications in the place of which others begin; return these, by edition."""
    position = await work.take_position()
    for each in new:
        if each.proposal.live is not None:
            await _close(work, each.proposal.live, position)
    opened = {
        each.proposal.edition.id: await _publication(work, each.proposal, position, grounds)
        for each in new
    }
    pairs = [(opened[each.proposal.edition.id], each) for each in new]
    await work.insert(*opened.values())
    await move_pages(work, (_move(*pair) for pair in pairs), position)
    await work.insert(*(stage for pair in pairs for stage in _stages(*pair)))
    await work.insert(*(row for pair in pairs for row in _sign_offs(*pair)))
    if any(each.content_type == CATEGORY for each in opened.values()):
        await _refresh_tree(work)
    for publication, each in pairs:
        await _end_review(work, each.proposal)
        work.emit(_event(publication, each))
    return opened


async def _refresh_tree(work: Work) -> None:
    """Store the paths of categories as they are now, and move the pages whose addresses change."""
    tree = await hold_tree(work)
    if changed := await store_paths(work, tree):
        await move_to_derived_addresses(work, tree, changed)


async def _close(work: Work, publication: Publication, position: int) -> None:
    # Clock skew: never end before the start.
    ended_at = max(work.now, publication.published_at)
    await work.close(publication, ended_at=ended_at, ended_position=position)


async def _publication(
    work: Work, proposal: Proposal, position: int, grounds: Grounds
) -> Publication:
    revision, entry_id = proposal.revision, proposal.entry.id
    first_published_at, published_at = await _times_of(work, proposal)
    claim = grounds.claimed_review.get(entry_id)
    return Publication(
        id=new_id("pub"),
        position=position,
        entry_id=entry_id,
        edition_id=proposal.edition.id,
        revision_id=revision.id,
        content_type=proposal.entry.content_type,
        locale=proposal.edition.locale,
        title=revision.title,
        title_key=sort_key(revision.title),
        summary=revision.summary,
        category_id=revision.category_id,
        first_published_at=first_published_at,
        published_at=published_at,
        published_by=work.actor.account_id,
        basis=grounds.basis,
        break_glass_reason=grounds.reason,
        source=grounds.source,
        claimed_review=claim.to_json() if claim is not None else None,
        review_due_at=grounds.review_due_at.get(entry_id),
    )


def _move(publication: Publication, assessed: Assessed) -> Move:
    return Move(
        entry_id=publication.entry_id,
        edition_id=publication.edition_id,
        locale=publication.locale,
        old=assessed.proposal.address,
        path=assessed.proposal.path,
        at=publication.published_at,
    )


def _stages(publication: Publication, assessed: Assessed) -> list[PublicationStage]:
    return [
        PublicationStage(
            publication_id=publication.id,
            ordinal=ordinal,
            name=stage.name,
            role=stage.role,
            approvals=stage.approvals,
        )
        for ordinal, stage in enumerate(assessed.stages, 1)
    ]


def _sign_offs(publication: Publication, assessed: Assessed) -> list[PublicationSignOff]:
    return [
        PublicationSignOff(
            publication_id=publication.id,
            sign_off_id=each.id,
            position=publication.position,
            counted_at=publication.published_at,
        )
        for each in assessed.counting
    ]


def _event(publication: Publication, assessed: Assessed) -> EntryPublished:
    live = assessed.proposal.live
    return EntryPublished(
        subject=publication.id,
        entry=publication.entry_id,
        locale=publication.locale,
        revision=publication.revision_id,
        replaced=live.id if live is not None else None,
        position=publication.position,
        basis=publication.basis,
        stages=tuple(assessed.stages),
        sign_offs=tuple(each.id for each in assessed.counting),
        reason=publication.break_glass_reason,
        source=publication.source,
    )


async def _end_review(work: Work, proposal: Proposal) -> None:
    review = await open_review_of(work, proposal.edition)
    if review is not None and proposal.edition.head_id == proposal.revision.id:
        await work.close(review, ended_at=work.now, outcome="published")


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
