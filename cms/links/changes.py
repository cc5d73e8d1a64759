"""Changes of the link graph between two points of its history, each with its cause.

An entry or a link that begins and ends several times between the points has changed if it is there
at one of them alone; the cause is that of its last change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import numpy as np

from cms.links.graph import Indexes, Mask
from cms.links.history import EdgeSpans, LinkHistory
from cms.links.shown_periods import AnyIndexes, Points, Spans, time_at
from cms.reading.view import AsOf


class LinkCauseKind(Enum):
    """The kind of operation that brought or took a link."""

    # The source was published in another revision.
    SOURCE_PUBLISHED = "source_published"
    # The source was unpublished, or its edition in a better locale was.
    SOURCE_UNPUBLISHED = "source_unpublished"
    TARGET_PUBLISHED = "target_published"
    TARGET_UNPUBLISHED = "target_unpublished"


@dataclass(frozen=True)
class LinkCause:
    """The beginning or end of an entry or a link.

    Attributes:
        kind: the kind of operation.
        position: its position.
        at: its time.
        publication_id: the publication that it began or ended.
    """

    kind: LinkCauseKind
    position: int
    at: datetime
    publication_id: str


@dataclass(frozen=True, eq=False)
class NodeChanges:
    """Entries that are shown at one of two points alone, the last change first.

    Attributes:
        nodes: the entries, as indexes.
        visible: the periods that began or ended with the change.
    """

    nodes: Indexes
    visible: Indexes


@dataclass(frozen=True, eq=False)
class EdgeChanges:
    """Links of which there are more at one of two points than at the other.

    The last change is first. Links with the same source, target and kind are one item.

    Attributes:
        sources: the sources.
        targets: the targets; see :class:`.RevisionLinks`.
        kinds: the indexes of the kinds.
        counts: how many more there are.
        edges: the periods that began or ended with the change.
    """

    sources: Indexes
    targets: Indexes
    kinds: Indexes
    counts: Points
    edges: Indexes


def contains(spans: Spans, point: int) -> Mask:
    """Return whether a point is in each of some periods."""
    return (spans.begun <= point) & (point < spans.ended)


def added_nodes(history: LinkHistory, first: int, last: int) -> NodeChanges:
    """Return the pages that are shown at the last of two points alone."""
    visible, present = history.visible, contains(history.visible, last)
    before = visible.nodes[contains(visible, first)]
    found = np.flatnonzero(present & ~np.isin(visible.nodes, before))
    return _newest(history, found, visible.begun[found])


def removed_nodes(history: LinkHistory, first: int, last: int) -> NodeChanges:
    """Return the pages that are shown at the first of two points alone."""
    visible = history.visible
    before, after = contains(visible, first), contains(visible, last)
    gone = np.setdiff1d(visible.nodes[before], visible.nodes[after])
    found = np.flatnonzero(np.isin(visible.nodes, gone) & (visible.ended <= last))
    # Of several ends, the last; the periods of an entry are in their order.
    found = found[_last_of_each(visible.nodes[found])]
    return _newest(history, found, visible.ended[found])


def _newest(history: LinkHistory, visible: AnyIndexes, points: Points) -> NodeChanges:
    nodes = history.visible.nodes[visible]
    kept = history.nodes.is_page[nodes]
    visible, points, nodes = visible[kept], points[kept], nodes[kept]
    order = np.lexsort((nodes, -points))
    return NodeChanges(nodes[order], visible[order].astype(np.int32))


def added_edges(edges: EdgeSpans, first: int, last: int) -> EdgeChanges:
    """Return the links of which there are more at the last of two points."""
    is_between = (edges.begun > first) & (edges.begun <= last)
    counted = contains(edges, last), contains(edges, first)
    return _more(edges, counted, is_between, (edges.begun, edges.ended))


def removed_edges(edges: EdgeSpans, first: int, last: int) -> EdgeChanges:
    """Return the links of which there are more at the first of two points."""
    is_between = (edges.ended > first) & (edges.ended <= last)
    counted = contains(edges, first), contains(edges, last)
    return _more(edges, counted, is_between, (edges.ended, edges.begun))


def _more(
    edges: EdgeSpans, counted: tuple[Mask, Mask], is_between: Mask, points: tuple[Points, Points]
) -> EdgeChanges:
    """Return the links of which there are more in one set than in another.

    Args:
        edges: all links.
        counted: which are in the set, and which in the other one.
        is_between: whether each has changed between the two points.
        points: when they have changed, and when the opposite happened.
    """
    rows = np.stack((edges.sources, edges.targets, edges.kinds.astype(np.int32)))
    keys, of_key = np.unique(rows, axis=1, return_inverse=True)
    of_key = of_key.reshape(-1)
    more, less = (np.bincount(of_key[each], minlength=keys.shape[1]) for each in counted)
    counts = more - less
    # The last point at which there were more than before is that of the change.
    found = np.flatnonzero(is_between & (counts[of_key] > 0) & _is_net(of_key, *points))
    changed = points[0]
    found = found[np.lexsort((changed[found], of_key[found]))]
    found = found[_last_of_each(of_key[found])]
    found = found[np.lexsort((of_key[found], -changed[found]))]
    sources, targets, kinds = (each[of_key[found]].astype(np.int32) for each in keys)
    return EdgeChanges(sources, targets, kinds, counts[of_key[found]], found.astype(np.int32))


def _is_net(of_key: AnyIndexes, points: Points, opposite: Points) -> Mask:
    """Return whether more of the same link change at a point than do the opposite."""
    both = np.stack((np.tile(of_key, 2), np.concatenate((points, opposite))))
    moments, at = np.unique(both, axis=1, return_inverse=True)
    at = at.reshape(-1)
    signs = np.repeat((1, -1), len(points))
    net = np.bincount(at, weights=signs, minlength=moments.shape[1])
    more: Mask = net[at[: len(points)]] > 0
    return more


def _last_of_each(ordered: AnyIndexes) -> Mask:
    """Return whether each of some ordered values is the last of its kind."""
    return np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)]


def beginning_of_node(history: LinkHistory, visible: int) -> LinkCause:
    """Return the change with which an entry was shown."""
    publication = int(history.shown.publications[history.visible.first[visible]])
    return _begun(history, LinkCauseKind.SOURCE_PUBLISHED, publication)


def end_of_node(history: LinkHistory, visible: int) -> LinkCause:
    """Return the change after which an entry was not shown any more."""
    publication = int(history.shown.publications[history.visible.last[visible]])
    return _ended(history, LinkCauseKind.SOURCE_UNPUBLISHED, publication)


def beginning_of_edge(history: LinkHistory, edges: EdgeSpans, at: int, named: AsOf) -> LinkCause:
    """Return the change that brought a link.

    Args:
        history: the history.
        edges: its links, or some of them.
        at: the index of the link.
        named: whether the history is in positions or in times.
    """
    point, shown = int(edges.begun[at]), int(edges.shown[at])
    if point != history.shown.begun[shown]:
        begun = beginning_of_node(history, int(edges.visible[at]))
        return LinkCause(
            LinkCauseKind.TARGET_PUBLISHED, begun.position, begun.at, begun.publication_id
        )
    publication = int(history.shown.publications[shown])
    spans = history.publications.spans(named)
    if spans.begun[publication] == point:
        return _begun(history, LinkCauseKind.SOURCE_PUBLISHED, publication)
    # Its edition in a better locale ended there.
    ended = _of_source(history, edges, at) & (spans.ended == point)
    return _ended(history, LinkCauseKind.SOURCE_UNPUBLISHED, int(np.flatnonzero(ended)[0]))


def end_of_edge(history: LinkHistory, edges: EdgeSpans, at: int, named: AsOf) -> LinkCause:
    """Return the change that took a link; see :func:`beginning_of_edge`."""
    point, shown = int(edges.ended[at]), int(edges.shown[at])
    if point != history.shown.ended[shown]:
        ended = end_of_node(history, int(edges.visible[at]))
        return LinkCause(
            LinkCauseKind.TARGET_UNPUBLISHED, ended.position, ended.at, ended.publication_id
        )
    spans = history.publications.spans(named)
    begun = np.flatnonzero(_of_source(history, edges, at) & (spans.begun == point))
    if len(begun):
        best = begun[np.argmin(history.publications.ranks[begun])]
        return _begun(history, LinkCauseKind.SOURCE_PUBLISHED, int(best))
    return _ended(history, LinkCauseKind.SOURCE_UNPUBLISHED, int(history.shown.publications[shown]))


def _of_source(history: LinkHistory, edges: EdgeSpans, at: int) -> Mask:
    found: Mask = history.publications.nodes == edges.sources[at]
    return found


def _begun(history: LinkHistory, kind: LinkCauseKind, publication: int) -> LinkCause:
    found = history.publications
    position, time = found.by_position.begun[publication], found.by_time.begun[publication]
    return LinkCause(kind, int(position), time_at(int(time)), found.ids[publication])


def _ended(history: LinkHistory, kind: LinkCauseKind, publication: int) -> LinkCause:
    found = history.publications
    position, time = found.by_position.ended[publication], found.by_time.ended[publication]
    return LinkCause(kind, int(position), time_at(int(time)), found.ids[publication])
