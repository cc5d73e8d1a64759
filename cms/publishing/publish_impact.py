"""The impact of publishing or unpublishing, without doing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from cms.authorization.actions import Action
from cms.comparison.difference import is_materially_different
from cms.content.content_warnings import ContentWarning
from cms.content.link_rules import ClickDepth
from cms.content.links import Edge, Origin
from cms.drafts.link_targets import warnings_on
from cms.drafts.loading import Held, authorise_on, look_at, refuse_archived
from cms.errors import NotPublished, Refused, UserError
from cms.hooks import Candidate
from cms.publishing.assessing import Assessed, assess
from cms.publishing.gates import Check, checks, pages_broken, warnings
from cms.publishing.loading import Proposal, edges_of, live_page_of, proposal_of
from cms.publishing.rule_facts import HOME, click_depth
from cms.publishing.unpublishing import removal_of
from cms.reading.periods import is_public_now
from cms.reading.positions import newest_position, position_token
from cms.tables import Link, Publication, Revision
from cms.work.work import Reading


@dataclass(frozen=True, kw_only=True)
class Impact:
    """The differences that readers and editors would see.

    Attributes:
        old_path: where the entry stands; ``None`` if it is not public, or is no page.
        new_path: where it would stand.
        links_added: edges that readers would see.
        links_removed: edges that they would not see any more.
        broken: the paths of public pages that would have broken links.
        orphans: the ids of public entries to which no public page would lead any more.
        stale: the ids of public entries whose reviewers signed off links to this one while it
            had other content, and would have to look again.
        errors: why it would be refused.
    """

    old_path: str | None
    new_path: str | None
    links_added: Sequence[Edge] = ()
    links_removed: Sequence[Edge] = ()
    broken: Sequence[str] = ()
    orphans: Sequence[str] = ()
    stale: Sequence[str] = ()
    errors: Sequence[UserError] = ()


async def check_publish(
    reading: Reading, entry_id: str, *, revision_id: str | None = None, locale: str | None = None
) -> Sequence[Check]:
    """Return what each gate has to say about publishing a revision, by default the newest.

    The link rules of the site that are no gates follow, as warnings.

    Raises:
        Refused: if the actor may not see the entry, or there is no such revision.
    """
    _, proposal = await _proposed(reading, entry_id, revision_id, locale)
    candidate = (await _assessed(reading, proposal)).candidate
    found, rules = checks(candidate, reading.site.gates), reading.site.link_warnings
    if not rules:
        return found
    position = await reading.session.scalar(select(position_token(newest_position())))
    return [*found, *warnings(await _with_depth(reading, candidate), rules, str(position))]


async def _with_depth(reading: Reading, candidate: Candidate) -> Candidate:
    """Return a candidate with its click depth, if a rule needs it."""
    name = candidate.content_type.name
    rules = [each for each in reading.site.link_rules if isinstance(each, ClickDepth)]
    limits = [each.at_most for each in rules if each.is_for(name)]
    if not limits:
        return candidate
    depth: int | None = 0
    if candidate.path != HOME:
        depth = await click_depth(
            *(reading, candidate.locales[0], candidate.entry_id),
            candidate.links.sources,
            max(limits),
        )
    return replace(candidate, links=replace(candidate.links, click_depth=depth))


async def list_warnings(
    reading: Reading, entry_id: str, *, revision_id: str | None = None, locale: str | None = None
) -> Sequence[ContentWarning]:
    """Return the warnings about a revision, by default the newest, as a save of it would.

    Raises:
        Refused: if the actor may not see the entry, or there is no such revision.
    """
    _, proposal = await _proposed(reading, entry_id, revision_id, locale)
    return await warnings_on(reading, proposal.revision)


async def preview_publish(
    reading: Reading, entry_id: str, *, revision_id: str | None = None, locale: str | None = None
) -> Impact:
    """Return what publishing a revision would do, by default the newest.

    Raises:
        Refused: if the actor may not see the entry, or there is no such revision.
    """
    held, proposal = await _proposed(reading, entry_id, revision_id, locale)
    after = await edges_of(reading, proposal.revision)
    before = await _live_edges(reading, proposal.live)
    removed = _only_in(before, after)
    assessed = await _assessed(reading, proposal)
    candidate = assessed.candidate
    kept = {edge.target for edge in after if edge.origin != Origin.REFERENCE}
    orphans = await _orphans(reading, held, [edge for edge in removed if edge.target not in kept])
    is_found = bool(candidate.incoming) or proposal.live is not None
    return Impact(
        old_path=proposal.address.path if proposal.address is not None else None,
        new_path=candidate.path,
        links_added=_only_in(after, before),
        links_removed=removed,
        broken=pages_broken(candidate.incoming),
        orphans=orphans if is_found else [*orphans, entry_id],
        stale=await _stale(reading, proposal),
        errors=[
            *_archived_errors(held),
            *(error for check in checks(candidate, reading.site.gates) for error in check.errors),
        ],
    )


async def preview_unpublish(
    reading: Reading, entry_id: str, *, locale: str | None = None
) -> Impact:
    """Return what taking an entry back would do.

    Raises:
        Refused: if the actor may not see the entry, or it is not public.
    """
    held = await look_at(reading, entry_id, locale)
    await authorise_on(reading, Action.ENTRY_READ, held)
    page = await live_page_of(reading, held.edition)
    live, address = page.publication, page.address
    if live is None:
        message = f"{entry_id} is not public in {held.edition.locale!r}"
        raise Refused(NotPublished(message=message))
    removed = await _live_edges(reading, live)
    removal = await removal_of(reading, [live])
    return Impact(
        old_path=address.path if address is not None else None,
        new_path=None,
        links_removed=removed,
        broken=pages_broken(removal.incoming(live, [live])),
        orphans=await _orphans(reading, held, removed),
        errors=(await removal.errors({0: live})).get(0, []),
    )


async def _proposed(
    reading: Reading, entry_id: str, revision_id: str | None, locale: str | None
) -> tuple[Held, Proposal]:
    """Return an edition that the actor may see, and what publishing a revision of it would mean."""
    held = await look_at(reading, entry_id, locale)
    await authorise_on(reading, Action.ENTRY_READ, held)
    return held, await proposal_of(reading, held, revision_id)


async def _assessed(reading: Reading, proposal: Proposal) -> Assessed:
    """Return the facts about a proposal alone."""
    assessment = await assess(reading, [proposal])
    return (await assessment.assessed([proposal.key]))[proposal.key]


def _archived_errors(held: Held) -> Sequence[UserError]:
    try:
        refuse_archived(held)
    except Refused as refused:
        return refused.errors
    return ()


async def _live_edges(reading: Reading, live: Publication | None) -> list[Edge]:
    if live is None:
        return []
    return await edges_of(reading, await reading.session.get_one(Revision, live.revision_id))


def _only_in(one: Iterable[Edge], other: Iterable[Edge]) -> list[Edge]:
    """Return the edges that lead where none of the others does."""
    known = {_identity(edge) for edge in other}
    return [edge for edge in one if _identity(edge) not in known]


def _identity(edge: Edge) -> tuple[str, str, str | None, str, str]:
    return edge.origin, edge.kind, edge.target or edge.url, edge.query, edge.fragment


async def _orphans(reading: Reading, held: Held, gone: Iterable[Edge]) -> list[str]:
    """Return the public entries to which only these edges lead."""
    targets = {edge.target for edge in gone if edge.target and edge.origin != Origin.REFERENCE}
    is_public = (
        is_public_now(Publication),
        Publication.locale == held.edition.locale,
    )
    public = await reading.session.scalars(
        select(Publication.entry_id).where(Publication.entry_id.in_(targets), *is_public)
    )
    still_linked = await reading.session.scalars(
        select(Link.target_id)
        .join(Publication, Publication.revision_id == Link.revision_id)
        .where(
            Link.target_id.in_(targets),
            Link.origin != Origin.REFERENCE,
            Publication.edition_id != held.edition.id,
            *is_public,
        )
    )
    return sorted(set(public) - set(still_linked))


async def _stale(reading: Reading, proposal: Proposal) -> list[str]:
    """Return the public entries that lead to this one, if their reviewers saw it differently."""
    then = aliased(Publication)
    was_seen = and_(
        then.edition_id == proposal.edition.id,
        then.published_at <= Publication.reviewed_at,
        or_(then.ended_at.is_(None), then.ended_at > Publication.reviewed_at),
    )
    rows = await reading.session.execute(
        select(Publication.entry_id, then.revision_id)
        .join(Link, Link.revision_id == Publication.revision_id)
        .join(then, was_seen)
        .where(
            Link.target_id == proposal.entry.id,
            is_public_now(Publication),
            Publication.locale == proposal.edition.locale,
            Publication.entry_id != proposal.entry.id,
        )
        .distinct()
    )
    sources: dict[str, list[str]] = defaultdict(list)
    for entry_id, revision_id in rows:
        sources[revision_id].append(entry_id)
    stale: set[str] = set()
    for revision_id, entry_ids in sources.items():
        seen = await reading.session.get_one(Revision, revision_id)
        after = proposal.revision.content
        if is_materially_different(proposal.content_type, seen.content, after):
            stale.update(entry_ids)
    return sorted(stale)
