"""Assessment of proposals: the facts that gates need, for any set of them that is published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cms.content.addresses import path_key
from cms.content.builtin import CATEGORY, PERSON
from cms.content.link_rules import NO_FACTS, LinkFacts
from cms.content.links import Edge
from cms.content.policy import Stage
from cms.content.stored_names import named_content, named_edge
from cms.drafts.addresses import FoundAddress, PathKey, addresses_among, derived_path
from cms.drafts.category_tree import CategoryTree, load_tree
from cms.drafts.contributors import contributors_among
from cms.drafts.loading import EditionKey
from cms.drafts.person_slugs import PersonSlug, shared_slugs, slugs_of_others
from cms.errors import PathInUse, UserError
from cms.hooks import Candidate, ShownEdition
from cms.publishing.addresses import Holders
from cms.publishing.link_facts import (
    NewestTitles,
    Nowhere,
    PublicLinks,
    newest_titles,
    nowhere_in,
    public_links_to,
)
from cms.publishing.loading import Proposal, links_among
from cms.publishing.moving import blame_categories, errors_of_tree
from cms.publishing.public_editions import PublicEditions, public_editions
from cms.publishing.referenced import as_referenced, own_default, referenced_by
from cms.publishing.rule_facts import RuleFacts, rule_facts
from cms.review.standing import (
    Signature,
    missing_sign_offs,
    objectors_among,
    required_stages,
    signatures_among,
)
from cms.work.work import Reading


@dataclass(frozen=True)
class Assessed:
    """A proposal with the facts that gates need.

    Attributes:
        proposal: the proposal, with the path that it has in its set.
        candidate: the facts.
        stages: the stages that apply, in order.
        counting: the sign-offs that count.
        rivals: errors if another proposal of the set would have the same path or slug.
    """

    proposal: Proposal
    candidate: Candidate
    stages: Sequence[Stage]
    counting: Sequence[Signature]
    rivals: Sequence[UserError] = ()


@dataclass(frozen=True)
class _Alone:
    """The facts about a proposal that do not depend on the others.

    Attributes:
        proposal: the proposal.
        edges: where its revision leads, with the declared names of fields in their paths.
        nowhere: its addresses at which there is nothing.
        stages: the stages that apply, in order.
        counting: the sign-offs that count.
        objectors: the accounts with an open change request on its digest.
        referenced: the roles of the entries that readers see beside it, by their ids.
        anchors: the anchors of its revision.
        slug_errors: why its slug is not free, if it is a person; the other proposals do not count.
    """

    proposal: Proposal
    edges: Sequence[Edge]
    nowhere: Nowhere
    stages: Sequence[Stage]
    counting: Sequence[Signature]
    objectors: Sequence[str]
    referenced: Mapping[str, str]
    anchors: frozenset[str]
    slug_errors: Sequence[UserError]

    @property
    def targets(self) -> frozenset[str]:
        """The ids of the entries that readers need to see."""
        return frozenset({*self.referenced, *(edge.target for edge in self.edges if edge.target)})


@dataclass(frozen=True)
class Assessment:
    """The facts about proposals.

    Attributes:
        reading: the snapshot and the actor.
        alone: the facts about each of them.
        before: what is public now.
        links: the public links to their entries.
        titles: the titles of entries that readers do not see.
        tree: the tree of categories, if a category is among them.
        rules: the facts for the link rules of the site, if it has any.
    """

    reading: Reading
    alone: Mapping[EditionKey, _Alone]
    before: PublicEditions
    links: PublicLinks
    titles: NewestTitles
    tree: CategoryTree | None
    rules: RuleFacts | None
    _addresses: dict[PathKey, FoundAddress | None] = field(default_factory=dict, repr=False)

    async def assessed(
        self, together: Collection[EditionKey], wanted: Iterable[EditionKey] | None = None
    ) -> dict[EditionKey, Assessed]:
        """Return the facts about proposals, as if exactly a set of them were public already.

        Args:
            together: the set.
            wanted: those of the set to return; by default all.
        """
        chosen = await self._set(together)
        return {
            key: self._assessed(self.alone[key], chosen)
            for key in (chosen.proposals if wanted is None else wanted)
        }

    async def assessed_at_best(
        self, together: Collection[EditionKey], wanted: Iterable[EditionKey]
    ) -> dict[EditionKey, Assessed]:
        """Return the facts about proposals, without what others of a set are in the way of.

        Each of the others may be public or not, whichever is better for the proposal.

        Args:
            together: the set.
            wanted: those of the set to return.
        """
        chosen = await self._set(together)
        return {key: self._assessed(self.alone[key], self._at_best(chosen, key)) for key in wanted}

    async def _set(self, together: Collection[EditionKey]) -> _Set:
        proposals = await self._placed(together)
        leaving = {each.edition.id for each in proposals.values()}
        return _Set(
            proposals=proposals,
            after=self.before.with_published(
                {key: self._as_shown(each) for key, each in proposals.items()}
            ),
            leaving=leaving,
            holders=await self._holders_of(proposals.values()),
            immovable=await self._immovable(proposals, leaving),
            rivals=_rivals(self.reading, proposals),
            replaced=frozenset(proposals),
        )

    def _at_best(self, chosen: _Set, key: EditionKey) -> _Set:
        proposal = chosen.proposals[key]
        alone = self.before.with_published({key: self._as_shown(proposal)})
        is_moved = proposal.path != self.alone[key].proposal.path
        return replace(
            chosen,
            after=chosen.after.or_else(alone),
            # The path that it has without the proposed categories may be free.
            holders=replace(chosen.holders, addresses={}) if is_moved else chosen.holders,
            immovable=[each for each in chosen.immovable if len(each[0]) == 1],
            rivals={},
            replaced=frozenset(),
        )

    async def _placed(self, together: Collection[EditionKey]) -> dict[EditionKey, Proposal]:
        """Return proposals with the paths that they have once proposed categories are public."""
        chosen = frozenset(together)
        proposals = {key: each.proposal for key, each in self.alone.items() if key in chosen}
        slugs = _slugs_of_categories(proposals.values())
        if self.tree is None or not slugs:
            return proposals
        after = self.tree.with_published(slugs)
        return {
            key: replace(each, path=derived_path(after, each.place))
            for key, each in proposals.items()
        }

    async def _immovable(
        self, proposals: Mapping[EditionKey, Proposal], leaving: Collection[str]
    ) -> Sequence[tuple[Collection[EditionKey], UserError]]:
        """Return why pages could not move to the addresses that proposed categories give them."""
        slugs = _slugs_of_categories(proposals.values())
        if self.tree is None or not slugs:
            return ()
        after = self.tree.with_published(slugs)
        errors = await errors_of_tree(self.reading, self.tree, after, leaving)
        return blame_categories(errors, slugs.keys())

    async def _holders_of(self, proposals: Iterable[Proposal]) -> Holders:
        """Return what stands at the paths of proposals."""
        keys = {_path_key_of(each) for each in proposals if each.path is not None}
        if unknown := keys - self._addresses.keys():
            found = await addresses_among(self.reading, unknown)
            self._addresses.update({key: found.get(key) for key in unknown})
        known = {key: each for key, each in self._addresses.items() if each is not None}
        return Holders(self.reading.site, known)

    def _as_shown(self, proposal: Proposal) -> ShownEdition:
        """Return the edition as readers will see it."""
        return ShownEdition(
            proposal.edition.locale,
            proposal.revision.title,
            proposal.path,
            self.alone[proposal.key].anchors,
        )

    def _assessed(self, alone: _Alone, together: _Set) -> Assessed:
        key, after = alone.proposal.key, together.after
        proposal, locale = together.proposals[key], alone.proposal.edition.locale
        shown = {each: after.shown(each, locale) for each in alone.targets}
        targets = {edge.target for edge in alone.edges if edge.target}
        missing = [each for each in targets if shown[each] is None]
        site = self.reading.site
        is_category = proposal.entry.content_type == CATEGORY
        candidate = Candidate(
            entry_id=proposal.entry.id,
            locales=site.locales_for(locale),
            content_type=proposal.content_type,
            content=named_content(proposal.content_type, proposal.revision.content),
            digest=proposal.revision.digest,
            anchors=alone.anchors,
            path=proposal.path,
            path_holder=together.holder_of(proposal),
            lacking=missing_sign_offs(alone.stages, alone.counting),
            objectors=alone.objectors,
            edges=alone.edges,
            shown={each: there for each in targets if (there := shown[each]) is not None},
            unseen=alone.nowhere.unseen(missing, self.titles, locale),
            incoming=self.links.incoming(key, self.before, after, together.leaving),
            referenced=[
                *as_referenced(alone.referenced, locale, after, self.titles),
                *own_default(site, proposal.content_type, key, proposal.revision.title, after),
            ],
            slug_errors=together.errors_of_tree(key) if is_category else alone.slug_errors,
            links=self._links(key, locale, targets - {*missing}, together),
        )
        return Assessed(
            proposal,
            candidate,
            alone.stages,
            alone.counting,
            together.rivals.get(key, ()),
        )

    def _links(
        self, key: EditionKey, locale: str, shown: Collection[str], together: _Set
    ) -> LinkFacts:
        """Return the links of a proposal that link rules look at, if the site has rules."""
        if self.rules is None:
            return NO_FACTS
        seen = {
            each
            for each in together.proposals
            if (found := together.after.shown(each[0], locale)) and found.locale == each[1]
        }
        replaced = {each[0] for each in seen & together.replaced}
        return self.rules.of(key, shown, seen, replaced)

    def dependents(self) -> Mapping[str, Collection[EditionKey]]:
        """Return the proposals whose facts can change when another is not published.

        Returns:
            their keys, by the id of the other's entry or of its edition.
        """
        found: defaultdict[str, set[EditionKey]] = defaultdict(set)
        for key, each in self.alone.items():
            for target in (*each.targets, key[0]):
                found[target].add(key)
            for link in self.links.to.get(key[0], ()):
                found[link.source_edition].add(key)
            address = self._addresses.get(_path_key_of(each.proposal))
            if address is not None and address.edition_id is not None:
                found[address.edition_id].add(key)
            if self.rules is not None:  # the links of one count for the other
                found[key[0]].update(other for other in self.alone if other[0] in each.targets)
        for keys in self._alike().values():
            for index, key in enumerate(keys):  # the first of them has the path
                found[key[0]].update(keys[index + 1 :])
        return found

    def _alike(self) -> Mapping[str, Sequence[EditionKey]]:
        """Return the proposals by their path, and people by their slug."""
        found: defaultdict[str, list[EditionKey]] = defaultdict(list)
        for key, each in self.alone.items():
            if each.proposal.path is not None:
                found[path_key(each.proposal.path)].append(key)
            if each.proposal.entry.content_type == PERSON:
                found[f"{PERSON} {each.proposal.revision.slug}"].append(key)
        return found


@dataclass(frozen=True, kw_only=True)
class _Set:
    """The facts about a set of proposals that are published together.

    Attributes:
        proposals: the proposals, with the paths that they have in the set.
        after: what will be public.
        leaving: the ids of their editions, which leave their addresses.
        holders: what stands at their paths.
        immovable: why pages could not move with the categories among them, and with which.
        rivals: errors about paths and slugs that several of them would have.
        replaced: the keys of those whose public editions do not count any more.
    """

    proposals: Mapping[EditionKey, Proposal]
    after: PublicEditions
    leaving: Collection[str]
    holders: Holders
    immovable: Sequence[tuple[Collection[EditionKey], UserError]]
    rivals: Mapping[EditionKey, Sequence[UserError]]
    replaced: frozenset[EditionKey]

    def errors_of_tree(self, key: EditionKey) -> Sequence[UserError]:
        """Return why pages could not move with a category."""
        return [error for keys, error in self.immovable if key in keys]

    def holder_of(self, proposal: Proposal) -> str | None:
        """Return what stands at the path of a proposal and is not about to move away."""
        if proposal.path is None:
            return None
        return self.holders.at(_path_key_of(proposal), self.leaving)


async def assess(reading: Reading, proposals: Sequence[Proposal]) -> Assessment:
    """Return the facts about proposals, which are loaded for all of them at once."""
    alone = {each.proposal.key: each for each in await _facts_alone(reading, proposals)}
    wanted = {entry_id for entry_id, _ in alone}.union(*(each.targets for each in alone.values()))
    before = await public_editions(reading, wanted)
    unseen = {
        target
        for (entry_id, locale), each in alone.items()
        for target in each.targets
        if target != entry_id and before.shown(target, locale) is None
    }
    behind = {each for facts in alone.values() for each in facts.nowhere.behind.values()}
    has_categories = any(each.entry.content_type == CATEGORY for each in proposals)
    return Assessment(
        reading=reading,
        alone=alone,
        before=before,
        links=await public_links_to(reading, [entry_id for entry_id, _ in alone]),
        titles=await newest_titles(reading, unseen | behind),
        tree=await load_tree(reading.session, reading.site) if has_categories else None,
        rules=await rule_facts(reading, {key: each.edges for key, each in alone.items()}),
    )


async def _facts_alone(reading: Reading, proposals: Sequence[Proposal]) -> list[_Alone]:
    revisions = [each.revision for each in proposals]
    authors = await contributors_among(reading, revisions)
    counting = await signatures_among(reading, revisions, authors)
    objectors = await objectors_among(
        reading, [each.revision for each in proposals if each.reviews.has_change_requests]
    )
    links = await links_among(reading, [each.id for each in revisions])
    referenced = await referenced_by(
        reading,
        [(each.entry, each.revision, counting[each.revision.id]) for each in proposals],
    )
    nowhere = await nowhere_in(
        reading, [(each.edition, each.path, links[each.revision.id].edges) for each in proposals]
    )
    taken = await slugs_of_others(reading, _slugs_of_people(proposals))
    return [
        _Alone(
            proposal=each,
            edges=[
                named_edge(each.content_type, each.revision.content, edge)
                for edge in links[each.revision.id].edges
            ],
            nowhere=here,
            stages=required_stages(each.content_type, each.reviews),
            counting=counting[each.revision.id],
            objectors=objectors.get(each.revision.id, []),
            referenced=beside,
            anchors=links[each.revision.id].anchors,
            slug_errors=[taken[each.key]] if each.key in taken else [],
        )
        for each, here, beside in zip(proposals, nowhere, referenced, strict=True)
    ]


def _slugs_of_categories(proposals: Iterable[Proposal]) -> Mapping[EditionKey, str]:
    return {
        each.key: each.revision.slug for each in proposals if each.entry.content_type == CATEGORY
    }


def _slugs_of_people(proposals: Iterable[Proposal]) -> Mapping[EditionKey, PersonSlug]:
    return {
        each.key: (each.entry.id, each.revision.slug)
        for each in proposals
        if each.entry.content_type == PERSON
    }


def _path_key_of(proposal: Proposal) -> PathKey:
    return path_key(proposal.path or ""), proposal.edition.locale


def _rivals(
    reading: Reading, proposals: Mapping[EditionKey, Proposal]
) -> Mapping[EditionKey, Sequence[UserError]]:
    """Return an error for each proposal with the path, or the slug, of one before it."""
    slugs = shared_slugs(_slugs_of_people(proposals.values()))
    return {
        **_shared_paths(reading, proposals.values()),
        **{key: [error] for key, error in slugs.items()},
    }


def _shared_paths(
    reading: Reading, proposals: Iterable[Proposal]
) -> Mapping[EditionKey, Sequence[UserError]]:
    """Return an error for each proposal with the path of one before it, on the same host."""
    urls = reading.site.addresses.urls
    holders: dict[tuple[str, str], Proposal] = {}
    errors: dict[EditionKey, Sequence[UserError]] = {}
    for each in proposals:
        if each.path is None:
            continue
        place = each.path, urls.get(each.edition.locale, "")
        holder = holders.setdefault(place, each)
        if holder is not each:
            message = (
                f"{holder.entry.id} would have the same path {each.path}; change one of the slugs"
            )
            errors[each.key] = [PathInUse(message=message, path=("slug",))]
    return errors
