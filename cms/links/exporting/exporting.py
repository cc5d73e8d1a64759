"""Exports of the link graph: of a view, or of two moments as their difference."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from cms.links.exporting.formats import Format
from cms.links.exporting.rows import OF_EDGES, EdgeRow, ViewRows, batches
from cms.links.exporting.table import (
    ID,
    SOURCE,
    STATUS,
    TARGET,
    GraphAttribute,
    Part,
    Period,
    Row,
    Schema,
    Status,
)

_EDGES = (ID, SOURCE, TARGET, *OF_EDGES)


class Rows(Protocol):
    """The rows of an export. The nodes have to be read first, and to their end."""

    @property
    def schema(self) -> Schema:
        """The attributes."""

    @property
    def size(self) -> int:
        """The number of nodes and edges; of two moments, of both graphs."""

    def nodes(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the nodes in parts."""

    def edges(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the edges in parts, without their ids."""


@dataclass(frozen=True)
class OneView:
    """The graph of one view.

    Attributes:
        rows: its nodes and edges.
        facts: facts about the graph.
    """

    rows: ViewRows
    facts: Mapping[str, str | int]

    @property
    def schema(self) -> Schema:
        """The attributes."""
        return Schema(self.rows.attributes, _EDGES, self.facts)

    @property
    def size(self) -> int:
        """The number of nodes and edges."""
        return self.rows.size

    async def nodes(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the nodes in parts."""
        async for part in self.rows.nodes():
            yield part

    async def edges(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the edges in parts."""
        for ids in batches(self.rows.ids):
            yield await self.rows.edges(ids)


@dataclass(frozen=True)
class TwoMoments:
    """The graphs of two moments together: each node and edge has a status.

    What is there at both is as it is at the later one.

    Attributes:
        before: the nodes and edges at the earlier moment.
        after: those at the later one.
        period: the moments.
        facts: facts about the graph.
    """

    before: ViewRows
    after: ViewRows
    period: Period
    facts: Mapping[str, str | int]

    @property
    def schema(self) -> Schema:
        """The attributes."""
        nodes: tuple[GraphAttribute, ...] = (*self.after.attributes, STATUS)
        return Schema(nodes, (*_EDGES, STATUS), self.facts, self.period)

    @property
    def size(self) -> int:
        """The number of nodes and edges of both graphs."""
        return self.before.size + self.after.size

    async def nodes(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the nodes of the later moment, and then those that are gone."""
        async for part in self.after.nodes():
            yield [(*row, self._status_of(str(row[0]))) for row in part]
        async for part in self.before.nodes():
            gone = [row for row in part if str(row[0]) not in self.after]
            yield [(*row, Status.REMOVED.value) for row in gone]

    def _status_of(self, entry_id: str) -> str:
        return Status.KEPT.value if entry_id in self.before else Status.ADDED.value

    async def edges(self) -> AsyncIterator[Sequence[Row]]:
        """Yield the edges from the nodes of the later moment, and then from those that are gone."""
        gone = [each for each in self.before.ids if each not in self.after]
        for ids in (*batches(self.after.ids), *batches(gone)):
            before, after = await self.before.edges(ids), await self.after.edges(ids)
            yield [(*edge, status.value) for edge, status in changes(before, after)]


def changes(before: Sequence[EdgeRow], after: Sequence[EdgeRow]) -> list[tuple[EdgeRow, Status]]:
    """Return the edges of two moments with their status.

    Of parallel edges of one kind, as many are kept as there are at both moments.

    Args:
        before: edges of the earlier moment.
        after: edges of the later one from the same sources.
    """
    left = Counter(edge.identity for edge in before)
    found: list[tuple[EdgeRow, Status]] = []
    for edge in after:
        is_kept = left[edge.identity] > 0
        left[edge.identity] -= 1 if is_kept else 0
        found.append((edge, Status.KEPT if is_kept else Status.ADDED))
    # The last ones of parallel edges are those that have gone.
    for edge in reversed(before):
        if left[edge.identity] > 0:
            left[edge.identity] -= 1
            found.append((edge, Status.REMOVED))
    return found


async def export(rows: Rows, form: Format, part: Part | None = None) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of an export. Its parts are written in threads.

    Args:
        rows: the nodes and edges.
        form: the format.
        part: the only table, of formats that have tables; ``None`` for both.
    """
    writer, numbers = form.write(rows.schema, part), count()
    yield await asyncio.to_thread(writer.begin)
    async for nodes in rows.nodes():
        if nodes and part is not Part.EDGES:
            yield await asyncio.to_thread(writer.nodes, nodes)
    yield await asyncio.to_thread(writer.between)
    if part is not Part.NODES:
        async for edges in rows.edges():
            if edges:
                identified = [(str(next(numbers)), *edge) for edge in edges]
                yield await asyncio.to_thread(writer.edges, identified)
    yield await asyncio.to_thread(writer.end)
