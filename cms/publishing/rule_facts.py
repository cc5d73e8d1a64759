"""The links of entries that link rules look at, as if the entries were public."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Select, select

from cms.content.addresses import read_written_address
from cms.content.builtin import BUILT_IN_NAMES
from cms.content.link_rules import LinkFacts
from cms.content.links import Edge, Origin, parts_of
from cms.drafts.loading import EditionKey
from cms.reading import relations
from cms.reading.aliases import aliased_table, word
from cms.reading.narrowing import narrowed
from cms.reading.view import View, view_of
from cms.reading.visibility import is_shown
from cms.site import Site
from cms.storage.dialects import is_among
from cms.tables import Entry, Link, Publication
from cms.work.work import Reading

# The path of the home page.
HOME = "/"
_REFERENCE = word(Origin.REFERENCE.value)

_Links: TypeAlias = Select[*tuple[Any, ...]]


def page_types(site: Site) -> list[str]:
    """Return the stored names of the content types whose entries are pages of the link graph."""
    types = site.stored_types.items()
    return [name for name, each in types if not each.singleton and name not in BUILT_IN_NAMES]


def page_links(site: Site, view: View) -> _Links:
    """Return the links from pages that a view shows to other entries: target and source."""
    return _links_of(view, page_types(site))


def _links_of(view: View, stored_types: Collection[str]) -> _Links:
    source = aliased_table(Publication, "linking")
    return (
        select(Link.target_id, source.c.entry_id.label("source_id"))
        .join(source, source.c.revision_id == Link.revision_id)
        .where(
            Link.target_id.is_not(None),
            Link.target_id != source.c.entry_id,
            Link.origin != _REFERENCE,
            source.c.content_type.in_(stored_types),
            is_shown(source, view),
        )
    )


def is_external(edge: Edge, site: Site) -> bool:
    """Return whether a link leads to another host than those of the site."""
    if edge.url is None or edge.origin is Origin.REFERENCE:
        return False
    host = read_written_address(parts_of(edge.url)[0]).host
    return host is not None and host not in site.addresses.host_names()


@dataclass(frozen=True)
class RuleFacts:
    """Facts for the link rules of a site, about proposals.

    Attributes:
        site: the site, whose rules need them.
        edges: the edges of each proposal.
        types: the stored names of the content types of entries, by id.
        sources: the ids of the public pages that link to an entry, by the key of its proposal.
    """

    site: Site
    edges: Mapping[EditionKey, Sequence[Edge]]
    types: Mapping[str, str]
    sources: Mapping[EditionKey, Collection[str]]

    def of(
        self,
        key: EditionKey,
        shown: Collection[str],
        beside: Iterable[EditionKey],
        replaced: Collection[str],
    ) -> LinkFacts:
        """Return the facts about a proposal.

        Args:
            key: its key.
            shown: the ids of the entries that it leads to and that its readers see.
            beside: the keys of other proposals whose editions its readers see once published.
            replaced: the ids of entries whose public links do not count any more.
        """
        own, names = self.edges[key], self.site.type_names
        targets = {each.target for each in own if each.origin is not Origin.REFERENCE}
        linking = {each[0] for each in beside if self._leads(each, key[0])}
        return LinkFacts(
            content_type=names[self.types[key[0]]],
            targets=[names[self.types[each]] for each in shown if each in targets - {key[0]}],
            external=sum(is_external(each, self.site) for each in own),
            sources={*self.sources.get(key, ())} - {*replaced} | linking,
        )

    def _leads(self, key: EditionKey, target_id: str) -> bool:
        """Return whether a proposal is a page that links to another entry."""
        if key[0] == target_id or self.types[key[0]] not in page_types(self.site):
            return False
        edges = (each for each in self.edges[key] if each.origin is not Origin.REFERENCE)
        return any(each.target == target_id for each in edges)


async def rule_facts(
    reading: Reading, edges: Mapping[EditionKey, Sequence[Edge]]
) -> RuleFacts | None:
    """Return the facts about proposals; ``None`` if the site has no rules.

    Args:
        reading: the snapshot.
        edges: the edges of each proposal.
    """
    site = reading.site
    if not site.link_rules:
        return None
    ids = {key[0] for key in edges}
    targets = {each.target for own in edges.values() for each in own if each.target is not None}
    types = select(Entry.id, Entry.content_type).where(is_among(Entry.id, ids | targets))
    sources: defaultdict[EditionKey, set[str]] = defaultdict(set)
    for locale in {key[1] for key in edges}:
        found = await _linking(reading, page_links(site, view_of(site, locale)), ids)
        for target_id, source_id in found:
            sources[target_id, locale].add(source_id)
    known = {str(each): str(name) for each, name in await reading.session.execute(types)}
    return RuleFacts(site, edges, known, sources)


async def click_depth(
    reading: Reading, locale: str, entry_id: str, sources: Collection[str], at_most: int
) -> int | None:
    """Return the least number of clicks from where readers begin to an entry, if it is public.

    Readers begin at the home page, and at the pages that the navigation leads to.

    Args:
        reading: the snapshot.
        locale: the locale of the readers.
        entry_id: the entry.
        sources: the pages that link to it.
        at_most: the number of clicks up to which it is looked for; ``None`` is returned beyond.
    """
    view, site = view_of(reading.site, locale), reading.site
    seen, reached = {entry_id}, {entry_id}
    for depth in range(at_most + 1):
        if not reached:
            break
        if await _has_root(reading, view, reached):
            return depth
        if depth == at_most:
            break
        found = await _linking(reading, page_links(site, view), reached) if depth else ()
        further = {*sources} if not depth else {source for _, source in found}
        reached = further - seen
        seen |= reached
    return None


async def _has_root(reading: Reading, view: View, ids: Collection[str]) -> bool:
    """Return whether readers begin at one of the entries."""
    menus = [n for n, each in reading.site.stored_types.items() if each.singleton]
    led_to = _links_of(view, menus).where(is_among(Link.target_id, ids)).limit(1)
    paths = relations.paths(view)
    home = narrowed(paths.where(paths.selected_columns.path == HOME), ("id",))
    if (await reading.session.execute(led_to)).first() is not None:
        return True
    return bool({*await reading.session.scalars(home)} & {*ids})


async def _linking(
    reading: Reading, links: _Links, ids: Collection[str]
) -> Sequence[tuple[str, str]]:
    found = await reading.session.execute(links.where(is_among(Link.target_id, ids)).distinct())
    return [(str(target), str(source)) for target, source in found]
