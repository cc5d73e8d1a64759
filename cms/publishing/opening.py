"""Publications: their rows, and what begins and ends with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cms.content.builtin import CATEGORY
from cms.content.collation import sort_key
from cms.events import EntryPublished
from cms.identifiers import new_id
from cms.publishing.addresses import Move, move_pages
from cms.publishing.assessing import Assessed
from cms.publishing.grounds import Grounds
from cms.publishing.loading import Proposal
from cms.publishing.moving import refresh_tree
from cms.reading.public_fields import public_fields
from cms.review.review_times import set_review_times
from cms.tables import Publication, PublicationSignOff, PublicationStage
from cms.work.work import Work


async def begin_publications(
    work: Work, new: Mapping[int, Assessed], grounds: Grounds
) -> Mapping[int, Publication]:
    """Close the publications in the place of which others begin; return these, by index."""
    position = await work.take_position()
    await close_publications(
        work,
        [each.proposal.live for each in new.values() if each.proposal.live is not None],
        position,
    )
    opened = {
        index: _publication(work, each.proposal, position, grounds) for index, each in new.items()
    }
    pairs = [(opened[index], each) for index, each in new.items()]
    for publication, each in pairs:
        set_review_times(publication, each.stages, each.counting)
    await work.insert(*opened.values())
    await move_pages(work, (_move(*pair) for pair in pairs), position)
    await work.insert(*(stage for pair in pairs for stage in _stages(*pair)))
    await work.insert(*(row for pair in pairs for row in _sign_offs(*pair)))
    if any(each.content_type == CATEGORY for each in opened.values()):
        await refresh_tree(work)
    ended = [
        each.proposal.reviews.open
        for _, each in pairs
        if each.proposal.reviews.open is not None
        and each.proposal.edition.head_id == each.proposal.revision.id
    ]
    await work.close(*ended, ended_at=work.now, outcome="published")
    for publication, each in pairs:
        work.emit(_event(publication, each))
    return opened


async def close_publications(
    work: Work, publications: Sequence[Publication], position: int
) -> None:
    """Close open publications."""
    # Clock skew: never end before the start.
    await work.update_each(
        (each, {"ended_at": max(work.now, each.published_at), "ended_position": position})
        for each in publications
    )


def _publication(
    work: Work,
    proposal: Proposal,
    position: int,
    grounds: Grounds,
) -> Publication:
    revision, entry_id = proposal.revision, proposal.entry.id
    # At no time two revisions of it are public, though the clocks of two servers differ.
    ends = [proposal.last_ended_at, proposal.live.ended_at if proposal.live is not None else None]
    published_at = max([work.now, *(each for each in ends if each is not None)])
    claim = grounds.claimed_review.get(proposal.key)
    elsewhere = min(grounds.first_published_at.get(proposal.key, published_at), published_at)
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
        slug=revision.slug,
        summary=revision.summary,
        category_id=revision.category_id,
        byline_id=revision.byline_id,
        saved_at=revision.created_at,
        first_published_at=proposal.first_published_at or elsewhere,
        published_at=published_at,
        published_by=work.actor.account_id,
        basis=grounds.basis,
        break_glass_reason=grounds.reason,
        source=grounds.source,
        claimed_review=claim.to_json() if claim is not None else None,
        review_due_at=grounds.review_due_at.get(proposal.key),
        field_values=public_fields(proposal.content_type, revision.content),
    )


def _move(publication: Publication, assessed: Assessed) -> Move:
    return Move(
        entry_id=publication.entry_id,
        edition_id=publication.edition_id,
        content_type=publication.content_type,
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
            person_id=each.person_id,
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
        digest=assessed.proposal.revision.digest,
        reason=publication.break_glass_reason,
        source=publication.source,
    )
