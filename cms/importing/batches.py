"""Batches of pages that are published, or unpublished, in one transaction each."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from networkx import DiGraph, strongly_connected_components
from sqlalchemy import select, true

from cms.importing.existing import DeskEdition
from cms.reading.periods import is_in_force, is_public_now
from cms.storage.dialects import is_among
from cms.tables import Address, Link, Publication
from cms.work.work import Reading

K = TypeVar("K", bound=Hashable)


def in_batches(keys: Sequence[K], needs: Mapping[K, Collection[K]], most: int) -> Iterator[list[K]]:
    """Yield keys in batches: each after, or together with, those that it needs.

    Keys that need each other, also by others, are in one batch.

    Args:
        keys: the keys.
        needs: the keys that some keys need; others than those above do not count.
        most: the most keys of a batch, unless more need each other.
    """
    index = {key: place for place, key in enumerate(keys)}
    graph: DiGraph[int] = DiGraph()
    graph.add_nodes_from(index.values())
    graph.add_edges_from(
        (place, index[need])
        for key, place in index.items()
        for need in needs.get(key, ())
        if need in index
    )
    batch: list[int] = []
    # A component comes after those to which it leads.
    for component in strongly_connected_components(graph):
        if batch and len(batch) + len(component) > most:
            yield [keys[place] for place in sorted(batch)]
            batch = []
        batch += component
    if batch:
        yield [keys[place] for place in sorted(batch)]


async def public_links_among(
    reading: Reading, editions: Collection[DeskEdition], *, to_parts: bool = False
) -> list[tuple[str, str]]:
    """Return the public links between editions: the edition of each, and the entry it leads to.

    Args:
        reading: the snapshot.
        editions: the editions.
        to_parts: whether to return only links to a part of a page.
    """
    public = _ids_of_public(editions)
    if not public:
        return []
    rows = await reading.session.execute(
        select(Publication.edition_id, Link.target_id)
        .join(Link, Link.revision_id == Publication.revision_id)
        .where(
            is_public_now(Publication),
            is_among(Publication.edition_id, public),
            is_among(Link.target_id, {each.entry_id for each in editions}),
            Link.fragment != "" if to_parts else true(),
        )
        .distinct()
    )
    return [(edition_id, str(target_id)) for edition_id, target_id in rows]


async def holders_of_paths(
    reading: Reading, editions: Collection[DeskEdition]
) -> Mapping[tuple[str, str], str]:
    """Return those of some editions that are public, by their path and locale."""
    public = _ids_of_public(editions)
    if not public:
        return {}
    rows = await reading.session.execute(
        select(Address.path, Address.locale, Address.edition_id).where(
            is_in_force(Address), is_among(Address.edition_id, public)
        )
    )
    return {(str(path), locale): str(edition_id) for path, locale, edition_id in rows}


def _ids_of_public(editions: Iterable[DeskEdition]) -> list[str]:
    return [each.id for each in editions if each.live is not None]
