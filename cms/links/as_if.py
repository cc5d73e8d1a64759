"""The public link graph as it would be after some changes: a pure function of its arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cms.content.builtin import CATEGORY
from cms.links.graph import NONE, Indexes, Layer, LinkGraph, Mask, roots_of
from cms.site import Site


@dataclass(frozen=True)
class NamedLink:
    """A link by the ids of its ends.

    Attributes:
        source: id of the entry that has it.
        target: id of the entry that it leads to.
        kind: its kind, as it is stored.
    """

    source: str
    target: str
    kind: str


@dataclass(frozen=True)
class Written:
    """An entry with the content that would be public.

    Attributes:
        type_name: declared name of its content type.
        category_id: id of its category.
    """

    type_name: str
    category_id: str | None


@dataclass(frozen=True, kw_only=True)
class AssumedChanges:
    """Changes of what is public, as they are assumed.

    Attributes:
        removed: ids of entries that would not be public.
        written: entries that would be public with other content, by id.
        links: links of the written entries, those of others to new entries, and added ones.
        home: ids of the pages that would be at ``/``.
    """

    removed: Collection[str] = ()
    written: Mapping[str, Written] = field(default_factory=dict)
    links: Sequence[NamedLink] = ()
    home: Collection[str] = ()


def as_if(graph: LinkGraph, site: Site, changes: AssumedChanges) -> LinkGraph:
    """Return the graph as it would be; links to entries that are not in it are left out."""
    ids = sorted((set(graph.ids) - set(changes.removed)) | changes.written.keys())
    at = {each: index for index, each in enumerate(ids)}
    moved = np.fromiter((at.get(each, NONE) for each in graph.ids), np.int32, len(graph))
    nodes = _with_nodes(graph, changes, at, moved)
    types = [site.content_types[name] for name in nodes.type_names]
    is_singleton = np.array([each.singleton for each in types])[nodes.types]
    is_category = np.array([each.stored_name == CATEGORY for each in types])[nodes.types]
    kept = _kept_edges(graph, changes, moved, is_category)
    kinds = list(graph.kind_names)
    kinds += sorted({each.kind for each in changes.links} - set(kinds))
    new = [
        (at[each.source], at[each.target], kinds.index(each.kind), Layer.CONTENT)
        for each in changes.links
        if each.source in at and each.target in at
    ]
    within = [
        (at[each], at[written.category_id], 0, Layer.TAXONOMY)
        for each, written in changes.written.items()
        if written.category_id in at
    ]
    added = np.array([*new, *within], dtype=np.int32).reshape(-1, 4)
    is_menu = is_singleton[added[:, 0]] & (added[:, 3] == Layer.CONTENT)
    added[is_menu, 3] = Layer.NAVIGATION
    sources = np.concatenate((moved[graph.sources[kept]], added[:, 0]))
    targets = np.concatenate((moved[graph.targets[kept]], added[:, 1]))
    layers = np.concatenate((graph.layers[kept], added[:, 3].astype(np.int8)))
    order = np.argsort(sources, kind="stable")
    is_page = ~(is_singleton | is_category)
    home = np.array([at[each] for each in changes.home if each in at], dtype=np.int32)
    return replace(
        nodes,
        is_page=is_page,
        roots=roots_of(home, targets, layers, is_page),
        sources=sources[order],
        targets=targets[order],
        kinds=np.concatenate((graph.kinds[kept], added[:, 2].astype(np.int16)))[order],
        kind_names=tuple(kinds),
        layers=layers[order],
    )


def _with_nodes(
    graph: LinkGraph, changes: AssumedChanges, at: Mapping[str, int], moved: Indexes
) -> LinkGraph:
    """Return the graph with the entries as they would be, and the edges as they are."""
    stays = moved != NONE
    types = np.zeros(len(at), dtype=np.int16)
    categories = np.full(len(at), NONE, dtype=np.int32)
    types[moved[stays]] = graph.types[stays]
    categories[moved[stays]] = graph.categories[stays]
    names = {name: code for code, name in enumerate(graph.type_names)}
    within = {each: code for code, each in enumerate(graph.category_ids)}
    for each, written in changes.written.items():
        types[at[each]] = names[written.type_name]
        category = written.category_id
        categories[at[each]] = (
            NONE if category is None else within.setdefault(category, len(within))
        )
    return replace(
        graph, ids=tuple(at), types=types, categories=categories, category_ids=tuple(within)
    )


def _kept_edges(
    graph: LinkGraph, changes: AssumedChanges, moved: Indexes, is_category: Mask
) -> Indexes:
    """Return the indexes of the edges that would stay."""
    stays = moved != NONE
    is_same = stays.copy()
    is_same[graph.indexes_of(changes.written)] = False
    # The place of a category in the tree is no part of its content.
    is_placed = np.zeros(len(graph), dtype=np.bool_)
    is_placed[stays] = is_category[moved[stays]]
    own = is_same[graph.sources] | (is_placed[graph.sources] & (graph.layers == Layer.TAXONOMY))
    return np.flatnonzero(own & stays[graph.targets]).astype(np.int32)
