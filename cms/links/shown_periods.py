"""Periods in which a view shows publications, found from all publications of the entries.

A view shows an edition while none in a better locale is public, so a publication can be shown in
several periods. Purged publications are never shown.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cms.links.graph import Indexes
from cms.reading.view import AsOf

# Positions, or times in milliseconds since 1970.
Points: TypeAlias = NDArray[np.int64]

# Indexes of any width, as numpy returns them.
AnyIndexes: TypeAlias = NDArray[np.signedinteger[Any]]

_Period: TypeAlias = tuple[int, int]

# The end of what has not ended, and the beginning of what was always there.
FOREVER, ALWAYS = 2**62, -(2**62)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def point_of(value: datetime | int | None) -> int:
    """Return a time or a position as a point; ``None`` is the end of what has not ended."""
    if value is None:
        return FOREVER
    return value if isinstance(value, int) else (value - _EPOCH) // _MILLISECOND


def time_at(point: int) -> datetime:
    """Return the time of a point; the last one that there is for later points."""
    return _EPOCH + min(point, point_of(_LATEST)) * _MILLISECOND


@dataclass(frozen=True, eq=False)
class Spans:
    """Periods, each from a point up to another one, which is not part of it.

    Attributes:
        begun: the points at which they begin.
        ended: the points at which they end.
    """

    begun: Points
    ended: Points

    def __len__(self) -> int:
        return len(self.begun)


@dataclass(frozen=True, eq=False)
class Publications:
    """Publications as columns.

    Attributes:
        ids: their ids.
        nodes: the entries, as indexes.
        revisions: the revisions, as indexes.
        ranks: how good their locales are for the view; 0 is the best.
        by_position: when they were public, in positions.
        by_time: when they were public, in times.
        is_purged: whether their words have been purged.
    """

    ids: Sequence[str]
    nodes: Indexes
    revisions: Indexes
    ranks: NDArray[np.int8]
    by_position: Spans
    by_time: Spans
    is_purged: NDArray[np.bool_]

    def spans(self, named: AsOf) -> Spans:
        """Return when they were public, in positions or in times."""
        return self.by_position if named is AsOf.POSITION else self.by_time


@dataclass(frozen=True, eq=False)
class Shown(Spans):
    """Periods in which publications are shown, in the order of entries and of times.

    Attributes:
        publications: the publications, as indexes.
        nodes: their entries, as indexes.
    """

    publications: Indexes
    nodes: Indexes


@dataclass(frozen=True, eq=False)
class Visible(Spans):
    """Periods in which entries are shown, in whatever revision; those of an entry do not touch.

    Attributes:
        nodes: the entries, as indexes.
        first: for each, the index of the first period in :class:`Shown`.
        last: for each, the index of the last period in :class:`Shown`.
    """

    nodes: Indexes
    first: Indexes
    last: Indexes


@dataclass
class _Pieces:
    """Periods, while they are found."""

    begun: array[int] = field(default_factory=lambda: array("q"))
    ended: array[int] = field(default_factory=lambda: array("q"))
    publications: array[int] = field(default_factory=lambda: array("i"))

    def add(self, publication: int, begun: int, ended: int) -> None:
        """Add the period of a publication."""
        self.publications.append(publication)
        self.begun.append(begun)
        self.ended.append(ended)


def shown_in(publications: Publications, named: AsOf) -> Shown:
    """Return when each publication is shown, in positions or in times."""
    spans = publications.spans(named)
    counted = np.flatnonzero(~publications.is_purged & (spans.begun < spans.ended))
    nodes, ranks = publications.nodes[counted], publications.ranks[counted]
    order = counted[np.lexsort((spans.begun[counted], ranks, nodes))]
    is_mixed = _with_several_ranks(publications.nodes[order], publications.ranks[order])
    plain, pieces = order[~is_mixed], _Pieces()
    for group in _groups(order[is_mixed], publications.nodes):
        _add_shown(pieces, group, publications.ranks, spans)
    chosen = np.concatenate((plain, np.frombuffer(pieces.publications, dtype=np.int32)))
    begun = np.concatenate((spans.begun[plain], np.frombuffer(pieces.begun, dtype=np.int64)))
    ended = np.concatenate((spans.ended[plain], np.frombuffer(pieces.ended, dtype=np.int64)))
    nodes = publications.nodes[chosen]
    order = np.lexsort((begun, nodes))
    return Shown(begun[order], ended[order], chosen[order].astype(np.int32), nodes[order])


def visible_in(shown: Shown) -> Visible:
    """Return when each entry is shown; one publication may follow another in a period."""
    nodes = shown.nodes
    is_first = np.ones(len(shown), dtype=np.bool_)
    is_first[1:] = (nodes[1:] != nodes[:-1]) | (shown.begun[1:] != shown.ended[:-1])
    first = np.flatnonzero(is_first).astype(np.int32)
    last = np.append(first[1:] - 1, len(shown) - 1)[: len(first)].astype(np.int32)
    return Visible(shown.begun[first], shown.ended[last], nodes[first], first, last)


def _with_several_ranks(nodes: Indexes, ranks: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return which publications, ordered by entries and ranks, are of entries with several."""
    changes = (nodes[1:] == nodes[:-1]) & (ranks[1:] != ranks[:-1])
    return np.isin(nodes, nodes[1:][changes])


def _groups(ordered: AnyIndexes, nodes: Indexes) -> Iterator[list[int]]:
    """Yield the publications of each entry."""
    breaks = np.flatnonzero(np.diff(nodes[ordered])) + 1
    for group in np.split(ordered, breaks):
        if len(group):
            yield group.tolist()


def _add_shown(
    pieces: _Pieces, publications: Sequence[int], ranks: NDArray[np.int8], spans: Spans
) -> None:
    """Add the periods of an entry's publications, which are in the order of ranks and times."""
    better: list[_Period] = []
    own: list[_Period] = []
    rank = -1
    for publication in publications:
        if ranks[publication] != rank:
            better, own, rank = _merged([*better, *own]), [], int(ranks[publication])
        own.append((int(spans.begun[publication]), int(spans.ended[publication])))
        for piece in _without(own[-1], better):
            pieces.add(publication, *piece)


def _merged(periods: Sequence[_Period]) -> list[_Period]:
    """Return the points of all periods as periods that do not touch, in their order."""
    merged: list[_Period] = []
    for begun, ended in sorted(periods):
        if merged and begun <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], ended)
        else:
            merged.append((begun, ended))
    return merged


def _without(period: _Period, others: Sequence[_Period]) -> Iterator[_Period]:
    """Yield the parts of a period in which none of others is, which are merged."""
    begun, ended = period
    for at in range(bisect_right(others, begun, key=itemgetter(1)), len(others)):
        other_begun, other_ended = others[at]
        if other_begun >= ended:
            break
        if begun < other_begun:
            yield begun, other_begun
        begun = other_ended
    if begun < ended:
        yield begun, ended
