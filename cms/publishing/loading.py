"""Facts about public content that commands load before they decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.content.builtin import CATEGORY, PERSON
from cms.content.content_type import ContentType
from cms.content.links import Edge, Origin
from cms.content.policy import Stage
from cms.drafts.addresses import Placed, derived_path, path_of
from cms.drafts.category_tree import load_tree
from cms.drafts.loading import Held, get_revision, subject_of
from cms.drafts.saving import taken_slug
from cms.errors import NotFound, Refused, UserError
from cms.hooks import Candidate, ShownEdition
from cms.publishing.addresses import holders_of
from cms.publishing.link_facts import public_links_to, titles_of_unseen, unseen_targets
from cms.publishing.moving import errors_of_tree
from cms.publishing.public_editions import EditionKey, PublicEditions, public_editions
from cms.publishing.referenced import as_referenced, own_default, referenced_by
from cms.reading.visibility import is_public_now, stands_now
from cms.review.standing import (
    Signature,
    missing_sign_offs,
    objectors_to,
    required_stages,
    signatures_on,
)
from cms.tables import Address, Edition, Entry, Link, Publication, Rendition, Revision
from cms.work.work import Reading


@dataclass(frozen=True)
class Proposal:
    """A revision to publish, the publication that it replaces, and its address.

    Attributes:
        live: the publication that it replaces.
        address: the address at which the edition stands.
        path: the path at which it will stand; ``None`` if it is no page.
    """

    entry: Entry
    edition: Edition
    revision: Revision
    content_type: type[ContentType]
    live: Publication | None
    address: Address | None
    path: str | None

    @property
    def place(self) -> Placed:
        """The values that its path derives from."""
        return Placed(
            content_type=self.entry.content_type,
            entry_id=self.entry.id,
            locale=self.edition.locale,
            slug=self.revision.slug,
            category_id=self.revision.category_id,
        )

    @property
    def is_live(self) -> bool:
        """True if the revision is public already."""
        return self.live is not None and self.live.revision_id == self.revision.id


async def live_page_of(
    reading: Reading, edition: Edition
) -> tuple[Publication | None, Address | None]:
    """Return the edition's open publication, and the address at which it stands."""
    found = await reading.session.execute(
        select(Publication, Address)
        .outerjoin(Address, stands_now())
        .where(
            Publication.entry_id == edition.entry_id,
            Publication.locale == edition.locale,
            is_public_now(Publication),
        )
    )
    row = found.one_or_none()
    return (row[0], row[1]) if row is not None else (None, None)


async def _with_categories(
    reading: Reading, proposals: Sequence[Proposal]
) -> tuple[Sequence[Proposal], Sequence[UserError]]:
    """Return proposals with the paths that they have once proposed categories are public.

    Beside them is why pages could not move to the addresses that the categories give them.
    """
    slugs = {
        (each.entry.id, each.edition.locale): each.revision.slug
        for each in proposals
        if each.entry.content_type == CATEGORY
    }
    if not slugs:
        return proposals, ()
    before = await load_tree(reading.session, reading.site)
    after = before.with_published(slugs)
    together = frozenset(each.edition.id for each in proposals)
    placed = [replace(each, path=derived_path(after, each.place)) for each in proposals]
    return placed, await errors_of_tree(reading, before, after, together)


async def proposal_of(reading: Reading, held: Held, revision_id: str | None) -> Proposal:
    """Return what publishing a revision would mean; ``None`` stands for the newest.

    Raises:
        Refused: if the edition has no such revision.
    """
    revision = await get_revision(reading, held.edition, revision_id or held.head.id)
    subject = await subject_of(reading, held.entry, revision.category_id, held.edition.locale)
    if revision.id != held.head.id and not reading.may(Action.ENTRY_READ, subject):
        message = f"the entry {held.entry.id!r} has no revision {revision.id!r}"
        raise Refused(NotFound(message=message))
    live, address = await live_page_of(reading, held.edition)
    return Proposal(
        entry=held.entry,
        edition=held.edition,
        revision=revision,
        content_type=held.content_type,
        live=live,
        address=address,
        path=await path_of(
            reading, held.content_type, held.edition, revision.slug, revision.category_id
        ),
    )


@dataclass(frozen=True)
class Assessed:
    """A proposal with the facts that gates need.

    Attributes:
        proposal: the proposal.
        candidate: the facts.
        stages: the stages that apply, in order.
        counting: the sign-offs that count.
    """

    proposal: Proposal
    candidate: Candidate
    stages: Sequence[Stage]
    counting: Sequence[Signature]


async def assess(reading: Reading, proposals: Sequence[Proposal]) -> list[Assessed]:
    """Return the facts about proposals, as if all of them were public already."""
    proposals, immovable = await _with_categories(reading, proposals)
    found = [await _loaded(reading, each) for each in proposals]
    wanted = {each.entry.id for each in proposals}
    for each in found:
        wanted |= {*each.referenced, *(edge.target for edge in each.edges if edge.target)}
    before = await public_editions(reading, wanted)
    after = before.with_published(await _as_shown(reading, proposals))
    together = [each.edition.id for each in proposals]
    return [await _assessed(reading, each, (before, after), together, immovable) for each in found]


@dataclass(frozen=True)
class _Loaded:
    """A proposal with what is loaded about it alone.

    Attributes:
        proposal: the proposal.
        edges: where its revision leads.
        stages: the stages that apply, in order.
        counting: the sign-offs that count.
        referenced: the roles of the entries that readers see beside it, by their ids.
    """

    proposal: Proposal
    edges: Sequence[Edge]
    stages: Sequence[Stage]
    counting: Sequence[Signature]
    referenced: Mapping[str, str]


async def _loaded(reading: Reading, proposal: Proposal) -> _Loaded:
    revision = proposal.revision
    counting = await signatures_on(reading, revision)
    return _Loaded(
        proposal=proposal,
        edges=await edges_of(reading, revision),
        stages=await required_stages(reading, proposal.content_type, proposal.edition.id),
        counting=counting,
        referenced=await referenced_by(reading, proposal.entry, revision, counting),
    )


async def _as_shown(
    reading: Reading, proposals: Sequence[Proposal]
) -> Mapping[EditionKey, ShownEdition]:
    """Return the editions as readers will see them."""
    anchors = await _anchors_of(reading, [each.revision.id for each in proposals])
    return {
        (each.entry.id, each.edition.locale): ShownEdition(
            each.edition.locale, each.revision.title, each.path, anchors[each.revision.id]
        )
        for each in proposals
    }


async def _assessed(
    reading: Reading,
    loaded: _Loaded,
    public: tuple[PublicEditions, PublicEditions],
    together: Sequence[str],
    immovable: Sequence[UserError],
) -> Assessed:
    """Return the facts about a proposal.

    Args:
        reading: the snapshot and the actor.
        loaded: the proposal, with what is loaded about it.
        public: what is public before, and afterwards.
        together: the ids of the editions that are published together with it.
        immovable: why pages cannot move with the categories among them.
    """
    proposal, edges = loaded.proposal, loaded.edges
    revision, edition = proposal.revision, proposal.edition
    before, after = public
    key = (proposal.entry.id, edition.locale)
    targets = {edge.target: after.shown(edge.target, key[1]) for edge in edges if edge.target}
    candidate = Candidate(
        entry_id=proposal.entry.id,
        locales=reading.site.locales_for(edition.locale),
        content_type=proposal.content_type,
        content=revision.content,
        digest=revision.digest,
        anchors=after.editions[key].anchors,
        path=proposal.path,
        path_holder=await _holder_of(reading, proposal, together),
        lacking=missing_sign_offs(loaded.stages, loaded.counting),
        objectors=await objectors_to(reading, revision),
        edges=edges,
        shown={each: shown for each, shown in targets.items() if shown is not None},
        unseen=await unseen_targets(reading, edition, proposal.path, edges, after),
        incoming=await public_links_to(reading, key, before, after, together),
        referenced=[
            *as_referenced(
                loaded.referenced,
                edition.locale,
                after,
                await titles_of_unseen(reading, loaded.referenced, edition.locale, after),
            ),
            *own_default(reading.site, proposal.content_type, key, revision.title, after),
        ],
        slug_errors=await _slug_errors(reading, proposal, immovable),
    )
    return Assessed(proposal, candidate, loaded.stages, loaded.counting)


async def _slug_errors(
    reading: Reading, proposal: Proposal, immovable: Sequence[UserError]
) -> Sequence[UserError]:
    """Return why the slug of a category or a person cannot be public."""
    if proposal.entry.content_type == PERSON:
        return await taken_slug(reading, proposal.entry.id, proposal.revision.slug)
    return immovable if proposal.entry.content_type == CATEGORY else ()


async def _holder_of(reading: Reading, proposal: Proposal, together: Iterable[str]) -> str | None:
    """Return what stands at the path and is not about to move away."""
    if proposal.path is None:
        return None
    locale, path = proposal.edition.locale, proposal.path
    return (await holders_of(reading, [path], locale, leaving=[*together])).get(path)


async def edges_of(reading: Reading, revision: Revision) -> list[Edge]:
    """Return where a revision leads, in order."""
    links = await reading.session.scalars(
        select(Link).where(Link.revision_id == revision.id).order_by(Link.field_path, Link.ordinal)
    )
    return [
        Edge(
            origin=Origin(link.origin),
            kind=link.kind,
            field_path=link.field_path,
            ordinal=link.ordinal,
            label=link.label,
            target=link.target_id,
            query=link.query,
            fragment=link.fragment,
            url=link.url,
        )
        for link in links
    ]


async def _anchors_of(
    reading: Reading, revision_ids: Sequence[str]
) -> Mapping[str, frozenset[str]]:
    rows = await reading.session.execute(
        select(Rendition.revision_id, Rendition.anchors).where(
            Rendition.revision_id.in_(revision_ids)
        )
    )
    return {revision_id: frozenset(map(str, anchors)) for revision_id, anchors in rows}
