"""The link graph as it would be after publishing, unpublishing and adding links.

Nothing is written, and no gate is checked: ``check_publish`` does that. Changes are of editions in
the first locale of the view. Where one is unpublished, readers get the next locale to fall back to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Select

from cms.authorization.actions import Action
from cms.content.builtin import PERSON
from cms.content.links import Origin
from cms.drafts.loading import (
    Held,
    ancestries_beside,
    authorise_in,
    held_in,
    look_at_all,
    refuse_archived,
    revisions_by_id,
    rows_by_id,
)
from cms.errors import InvalidValue, NotFound, NotPublished, Refused
from cms.identifiers import is_entry_id, kind_of
from cms.links.as_if import AssumedChanges, NamedLink, Written, as_if
from cms.links.asking import GraphReading
from cms.links.graph import Layer, LinkGraph
from cms.links.loading import HOME, links_of, pages_at_home, shown_entries
from cms.publishing.loading import Proposal, links_among, live_pages_of, proposals_of
from cms.reading.view import Perspective, View
from cms.storage.dialects import is_among
from cms.tables import Edition, Link
from cms.work.work import Reading


@dataclass(frozen=True)
class WhatIf:
    """Changes that are assumed.

    Attributes:
        publish: ids of revisions that are published, or of entries whose newest revisions are.
        unpublish: ids of entries that are unpublished.
        links: links that are added.
    """

    publish: Sequence[str] = ()
    unpublish: Sequence[str] = ()
    links: Sequence[NamedLink] = ()


@dataclass(frozen=True)
class Assumed:
    """The link graph as it is and as it would be, with all layers.

    Attributes:
        before: what is public now.
        after: what would be public.
        broken: links to entries that would not be public: those of pages that stay as they are, to
            what is unpublished, and those of what is published.
    """

    before: LinkGraph
    after: LinkGraph
    broken: Sequence[NamedLink]


async def assume(reading: GraphReading, what_if: WhatIf) -> Assumed:
    """Return the link graph as it is, and as it would be.

    Raises:
        Refused: if the actor may not see what is published or unpublished, if an entry is not
            public and is to be unpublished, or if an added link has an end that is not in the
            graph.
    """
    view = _public(reading.view)
    proposals = await _proposals(reading.reading, view, what_if.publish)
    removed = await _removed(reading.reading, view, what_if.unpublish, proposals)
    before = await reading.graphs.graph(reading.reading, view)
    changes = await _changes(reading.reading, view, before, proposals, removed)
    changes = replace(changes, links=[*changes.links, *what_if.links])
    after = await reading.graphs.run(as_if, before, reading.reading.site, changes)
    _check_ends(after, what_if.links)
    return Assumed(before, after, _broken(before, after, changes))


def _public(view: View) -> View:
    """Return the view of what is public now in the same locales.

    Raises:
        Refused: if the view is of the past.
    """
    if view.past is not None:
        message = "a what-if begins with what is public now; leave out asOf and position"
        raise Refused(InvalidValue(message=message))
    return replace(view, perspective=Perspective.PUBLISHED, preview=None, scopes=())


async def _proposals(reading: Reading, view: View, wanted: Sequence[str]) -> Mapping[str, Proposal]:
    """Return the revisions that are published, by the ids of their entries."""
    chosen = await _chosen(reading, view.locales[0], wanted)
    held = await _readable(reading, view.locales[0], chosen)
    proposals: dict[str, Proposal] = {}
    for each in await proposals_of(reading, [(held[one], id_) for one, id_ in chosen.items()]):
        if isinstance(each, Refused):
            raise each
        refuse_archived(held[each.entry.id])
        proposals[each.entry.id] = each
    return proposals


async def _chosen(reading: Reading, locale: str, wanted: Sequence[str]) -> Mapping[str, str | None]:
    """Return the id of a revision for each entry; ``None`` for its newest."""
    revisions = await revisions_by_id(reading, wanted)
    editions = await rows_by_id(reading, Edition, [each.edition_id for each in revisions.values()])
    seen = await look_at_all(reading, [(each.entry_id, locale) for each in editions.values()])
    chosen: dict[str, str | None] = {}
    for each in wanted:
        if is_entry_id(each):
            chosen[each] = None
            continue
        edition = editions[revisions[each].edition_id] if each in revisions else None
        is_seen = edition is not None and (edition.entry_id, edition.locale) in seen
        if edition is None or not is_seen:
            message = f"there is no revision {each!r} in {locale!r}"
            raise Refused(NotFound(message=message, path=("publish",)))
        chosen[edition.entry_id] = each
    return chosen


async def _removed(
    reading: Reading, view: View, wanted: Sequence[str], published: Collection[str]
) -> Sequence[str]:
    """Return the ids of the entries that are unpublished."""
    held = await _readable(reading, view.locales[0], wanted)
    live = await live_pages_of(reading, [each.edition.id for each in held.values()])
    for entry_id, each in held.items():
        if entry_id in published:
            message = f"{entry_id} is among what is published and what is unpublished; choose one"
            raise Refused(InvalidValue(message=message, path=("unpublish",)))
        if live[each.edition.id].publication is None:
            message = f"{entry_id} is not public in {each.edition.locale!r}"
            raise Refused(NotPublished(message=message, path=("unpublish",)))
    return list(held)


async def _readable(reading: Reading, locale: str, entry_ids: Iterable[str]) -> Mapping[str, Held]:
    """Return the editions of entries, which the actor may read."""
    keys = [(each, locale) for each in dict.fromkeys(entry_ids)]
    found = await look_at_all(reading, keys)
    held = {entry_id: held_in(found, (entry_id, locale)) for entry_id, _ in keys}
    above = await ancestries_beside([(each, ()) for each in held.values()], reading)
    for each in held.values():
        authorise_in(reading, above, Action.ENTRY_READ, each)
    return held


async def _changes(
    reading: Reading,
    view: View,
    graph: LinkGraph,
    proposals: Mapping[str, Proposal],
    removed: Sequence[str],
) -> AssumedChanges:
    """Return the changes, without links that are added."""
    links = await links_among(reading, [each.revision.id for each in proposals.values()])
    written = {
        entry_id: Written(each.content_type.name, each.revision.category_id)
        for entry_id, each in proposals.items()
        if each.entry.content_type != PERSON
    }
    own = [
        NamedLink(entry_id, edge.target, edge.kind)
        for entry_id in written
        for edge in links[proposals[entry_id].revision.id].edges
        if edge.target is not None and edge.origin != Origin.REFERENCE
    ]
    instead, theirs = await _fallbacks(reading, view, removed)
    new = [each for each in written if graph.index_of(each) is None]
    to_new = await _links(reading, links_of(view, lambda _: is_among(Link.target_id, new)))
    changed = {*written, *removed}
    home = {*await pages_at_home(reading.session, view)} - changed
    return AssumedChanges(
        removed=[each for each in removed if each not in instead],
        written={**written, **instead},
        links=[*own, *theirs, *(each for each in to_new if each.source not in changed)],
        home=home | {each for each in written if proposals[each].path == HOME},
    )


async def _fallbacks(
    reading: Reading, view: View, removed: Sequence[str]
) -> tuple[Mapping[str, Written], Sequence[NamedLink]]:
    """Return those of the unpublished entries that have a locale to fall back to, with links."""
    rest = replace(view, locales=view.locales[1:], built_in_locales=view.built_in_locales[1:])
    if not removed or not (rest.locales or rest.built_in_locales):
        return {}, []
    shown = shown_entries(rest)
    rows = await reading.session.execute(shown.where(is_among(shown.selected_columns.id, removed)))
    types = reading.site.stored_types
    written = {
        row.id: Written(types[row.content_type].name, row.category_id)
        for row in rows
        if row.content_type in types and row.content_type != PERSON
    }
    return written, await _links(reading, links_of(rest, lambda each: is_among(each, written)))


async def _links(reading: Reading, links: Select[*tuple[Any, ...]]) -> Sequence[NamedLink]:
    return [
        NamedLink(source, target, kind)
        for source, kind, targets in await reading.session.execute(links)
        for target in targets.split()
    ]


def _check_ends(graph: LinkGraph, links: Sequence[NamedLink]) -> None:
    """Check that the graph has both ends of each added link."""
    for each in links:
        for end in (each.source, each.target):
            if graph.index_of(end) is None:
                message = f"{end!r} would not be public, so that it has no links"
                raise Refused(InvalidValue(message=message, path=("addLinks",)))


def _broken(before: LinkGraph, after: LinkGraph, changes: AssumedChanges) -> Sequence[NamedLink]:
    """Return the links to entries that would not be public."""
    is_gone = np.zeros(len(before), dtype=np.bool_)
    is_gone[before.indexes_of(changes.removed)] = True
    stays = ~is_gone
    stays[before.indexes_of(changes.written)] = False
    is_link = before.layers != Layer.TAXONOMY
    found = np.flatnonzero(is_gone[before.targets] & stays[before.sources] & is_link)
    broken = {
        NamedLink(
            before.ids[before.sources[each]],
            before.ids[before.targets[each]],
            before.kind_names[before.kinds[each]],
        )
        for each in found.tolist()
    }
    # People have pages too, but are not in the graph.
    broken |= {
        each
        for each in changes.links
        if after.index_of(each.target) is None and kind_of(each.target) != "person"
    }
    return sorted(broken, key=lambda each: (each.source, each.target, each.kind))
