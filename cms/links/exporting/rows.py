"""The nodes and edges of one view, read in parts from the snapshot of its graph."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from numpy.typing import NDArray
from sqlalchemy import Select, select

from cms.content.links import Origin
from cms.links.exporting.table import LABEL, AttributeKind, GraphAttribute, Row, Value
from cms.links.graph import NONE, Layer, LinkGraph
from cms.links.metrics import LinkMetrics, PageGraph
from cms.reading import relations
from cms.reading.link_periods import link_begins
from cms.reading.narrowing import narrowed
from cms.reading.view import View
from cms.site import Site
from cms.storage.database import ReadSession
from cms.storage.dialects import is_among
from cms.tables import Link

# The nodes whose values, and whose edges, are read and written at once.
NODES_AT_ONCE = 1_000


@dataclass(frozen=True)
class NodeColumn:
    """Values of all nodes, in the order of their ids.

    Attributes:
        attribute: the name and the kind.
        values: returns those of some nodes.
    """

    attribute: GraphAttribute
    values: Callable[[slice], Sequence[Value]]


def numbers(name: str, array: NDArray[Any], kind: AttributeKind) -> NodeColumn:
    """Return a column with the numbers of an array; ``NONE`` among indexes is a missing value."""
    attribute = GraphAttribute(name, kind)
    if kind is not AttributeKind.INTEGER:
        return NodeColumn(attribute, lambda some: array[some].tolist())
    return NodeColumn(
        attribute, lambda some: [None if each == NONE else each for each in array[some].tolist()]
    )


def names(name: str, array: NDArray[Any], ids: Sequence[str]) -> NodeColumn:
    """Return a column with the ids of nodes, given their indexes."""
    return NodeColumn(
        GraphAttribute(name, AttributeKind.TEXT),
        lambda some: [ids[each] for each in array[some].tolist()],
    )


def columns_of(graph: PageGraph, metrics: LinkMetrics) -> list[NodeColumn]:
    """Return the columns with the metrics that the API has, too."""
    integer = AttributeKind.INTEGER
    return [
        numbers("in_degree", metrics.in_degree, integer),
        numbers("in_pages", metrics.in_pages, integer),
        numbers("out_degree", metrics.out_degree, integer),
        numbers("out_pages", metrics.out_pages, integer),
        numbers("page_rank", metrics.page_rank, AttributeKind.NUMBER),
        numbers("click_depth", metrics.click_depth, integer),
        names("component", metrics.component, graph.ids),
        names("community", metrics.community, graph.ids),
        numbers("orphan", metrics.is_orphan, AttributeKind.BOOLEAN),
        numbers("dead_end", metrics.is_dead_end, AttributeKind.BOOLEAN),
    ]


# What is read of the nodes, and of the edges beside their ends.
TEXTS = tuple(
    GraphAttribute(name, AttributeKind.TEXT) for name in ("id", "type", "title", "path", "category")
)
_OF_NODES = ("id", "revision_id", "content_type", "title", "path", "category_id")
OF_EDGES = (
    GraphAttribute("kind", AttributeKind.TEXT),
    GraphAttribute("layer", AttributeKind.TEXT),
    LABEL,
    GraphAttribute("since", AttributeKind.TIME),
)


class EdgeRow(NamedTuple):
    """An edge, with the ids of its ends: the values in the order of the attributes."""

    source: str
    target: str
    kind: str | None
    layer: str
    label: str | None
    since: datetime | None = None

    @property
    def identity(self) -> tuple[str, str, str | None, str]:
        """The values that the same edge has at any time: all but its label."""
        return self[:4]


class ViewRows:
    """Reads the nodes and edges of a view. Nodes come first, since they have the revisions.

    Args:
        session: the snapshot in which the graph was read.
        site: the site's declaration.
        view: the view.
        graph: its graph, with the layers and kinds that are wanted.
        pages: the nodes of the graph that are exported.
        columns: their metrics.
        kinds: the kinds of edges, as they are stored; ``None`` for all.

    Attributes:
        attributes: the attributes of the nodes.
        ids: the ids of the nodes, sorted.
        size: the number of nodes and edges.
    """

    def __init__(
        self,
        session: ReadSession,
        site: Site,
        view: View,
        graph: LinkGraph,
        pages: PageGraph,
        columns: Sequence[NodeColumn],
        kinds: Collection[str] | None = None,
    ) -> None:
        self._session, self._site, self._view = session, site, view
        self._graph, self._columns, self._kinds = graph, columns, kinds
        self.ids: Sequence[str] = pages.ids
        self.size = len(pages) + len(pages.sources)
        self.attributes = (*TEXTS, *(each.attribute for each in columns))
        self._at: Mapping[str, int] = {each: at for at, each in enumerate(pages.ids)}
        self._nodes = graph.indexes_of(pages.ids)
        self._revisions: list[str] = [""] * len(pages)
        self._layers = {Layer(each) for each in set(graph.layers.tolist())}

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._at

    async def nodes(self) -> AsyncIterator[list[Row]]:
        """Yield the nodes in the order of their ids, in parts."""
        paths, types = await self._category_paths(), self._site.type_names
        entries = narrowed(relations.entries(self._view), _OF_NODES)
        entry_id = entries.selected_columns.id
        for ids in batches(self.ids):
            # By their range, since an index has them in this order.
            some = entries.where(entry_id >= ids[0], entry_id <= ids[-1]).order_by(entry_id)
            rows: list[Row] = []
            for own, revision_id, stored, title, path, category in await self._fetch(some):
                if own in self._at:
                    self._revisions[self._at[own]] = revision_id
                    rows.append((own, types[stored], title, path, paths.get(category)))
            yield self._with_metrics(rows)

    async def edges(self, ids: Sequence[str]) -> list[EdgeRow]:
        """Return the edges from some nodes, in the order of the nodes and of the texts.

        Args:
            ids: the ids of the nodes, sorted; those that the view does not show have no edges.
        """
        shown: dict[int, list[EdgeRow]] = {
            at: [] for each in ids if (at := self._at.get(each)) is not None
        }
        revisions = {self._revisions[at]: at for at in shown}
        begun = await link_begins(self._session, self._view, list(revisions))
        # What the edges of a revision share is found once.
        owners = {
            revision: (shown[at], self.ids[at], own.name.lower())
            for revision, at in revisions.items()
            if (own := self._layer_of(at)) in self._layers
        }
        for revision_id, target, kind, label in await self._links(list(owners)):
            if target in self._at:
                links, source, layer = owners[revision_id]
                since = begun.of(revision_id, (target, kind))
                links.append(EdgeRow(source, target, kind, layer, label or None, since))
        return [edge for at, links in shown.items() for edge in (*links, *self._taxonomy(at))]

    async def _links(self, revision_ids: Sequence[str]) -> Sequence[Any]:
        """Return the links of revisions to entries: revision, target, kind and label."""
        links = (
            select(Link.revision_id, Link.target_id, Link.kind, Link.label)
            .where(
                is_among(Link.revision_id, revision_ids),
                Link.target_id.is_not(None),
                Link.origin != Origin.REFERENCE,
            )
            .order_by(Link.revision_id, Link.field_path, Link.ordinal)
        )
        if self._kinds is not None:
            links = links.where(Link.kind.in_(self._kinds))
        return await self._fetch(links)

    async def _fetch(self, rows: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        # Of the connection, which makes rows in half the time that a session takes.
        return (await (await self._session.connection()).execute(rows)).all()

    def _layer_of(self, at: int) -> Layer:
        """Return the layer of the links of a node, as in :func:`cms.links.loading.load_graph`."""
        name = self._graph.type_names[int(self._graph.types[self._nodes[at]])]
        is_singleton = self._site.content_types[name].singleton
        return Layer.NAVIGATION if is_singleton else Layer.CONTENT

    def _taxonomy(self, at: int) -> list[EdgeRow]:
        """Return the edges from a node to its category, or from that to the one above it."""
        if Layer.TAXONOMY not in self._layers:
            return []
        own = self._graph.edges_from(int(self._nodes[at]))
        is_above = self._graph.layers[own] == Layer.TAXONOMY
        layer = Layer.TAXONOMY.name.lower()
        return [
            EdgeRow(self.ids[at], self._graph.ids[target], None, layer, None)
            for target in self._graph.targets[own][is_above].tolist()
        ]

    def _with_metrics(self, rows: Sequence[Row]) -> list[Row]:
        first = self._at[str(rows[0][0])]
        some = slice(first, first + len(rows))
        values = [each.values(some) for each in self._columns]
        return [(*row, *metrics) for row, *metrics in zip(rows, *values, strict=True)]

    async def _category_paths(self) -> Mapping[str, str]:
        """Return the tree paths of the categories that the view shows, by their ids."""
        categories = narrowed(relations.categories(self._view), ("id", "tree_path"))
        rows = await self._session.execute(categories)
        return {category_id: path for category_id, path in rows if path is not None}


def batches(ids: Sequence[str]) -> list[Sequence[str]]:
    """Return ids in parts, which are read and written at once."""
    return [ids[at : at + NODES_AT_ONCE] for at in range(0, len(ids), NODES_AT_ONCE)]
