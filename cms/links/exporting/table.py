"""The rows of an exported graph: nodes and edges with their attributes; writers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeAlias

from cms.storage.dialects import as_text

Value: TypeAlias = str | int | float | bool | datetime | None

# The values of a node or an edge, in the order of its attributes.
Row: TypeAlias = Sequence[Value]


class AttributeKind(Enum):
    """The kind of an attribute's values; each may also be missing."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"


class GraphAttribute(NamedTuple):
    """A named value of nodes or edges."""

    name: str
    kind: AttributeKind


class Part(Enum):
    """The parts of an export, for formats that have a table for each."""

    NODES = "nodes"
    EDGES = "edges"


ID = GraphAttribute("id", AttributeKind.TEXT)
TITLE = GraphAttribute("title", AttributeKind.TEXT)
SOURCE = GraphAttribute("source", AttributeKind.TEXT)
TARGET = GraphAttribute("target", AttributeKind.TEXT)
LABEL = GraphAttribute("label", AttributeKind.TEXT)
STATUS = GraphAttribute("status", AttributeKind.TEXT)


class Status(Enum):
    """The change of a node or an edge between two moments."""

    ADDED = "added"
    REMOVED = "removed"
    KEPT = "kept"


@dataclass(frozen=True)
class Period:
    """The two moments that an export compares, in the notation of :attr:`format`.

    Attributes:
        begun: the earlier one.
        ended: the later one.
        format: ``date`` for times, ``integer`` for positions: words of GEXF.
    """

    begun: str
    ended: str
    format: str

    def of(self, status: str) -> tuple[str, str]:
        """Return from when to when something was there, as far as the two moments tell."""
        begun = self.ended if status == Status.ADDED.value else self.begun
        ended = self.begun if status == Status.REMOVED.value else self.ended
        return begun, ended


@dataclass(frozen=True)
class Schema:
    """The attributes of an exported graph, and what is known of the whole.

    Attributes:
        nodes: the attributes of nodes: first the id.
        edges: the attributes of edges: first the id, then the ids of the source and the target.
        facts: facts about the graph, such as the name of the site and the position.
        period: the two moments, if it compares two; then nodes and edges have a status.
    """

    nodes: Sequence[GraphAttribute]
    edges: Sequence[GraphAttribute]
    facts: Mapping[str, str | int]
    period: Period | None = None

    @property
    def node_title(self) -> int:
        """The place of the title among the attributes of nodes."""
        return self.nodes.index(TITLE)

    @property
    def edge_label(self) -> int:
        """The place of the label among the attributes of edges."""
        return self.edges.index(LABEL)


class Writer(Protocol):
    """A writer of one format. Its methods are called in this order, and return bytes of the file.

    It keeps no rows, so an export takes as much memory however large the graph is.
    """

    def begin(self) -> bytes:
        """Return the beginning of the file."""

    def nodes(self, rows: Sequence[Row]) -> bytes:
        """Return some nodes; called any number of times."""

    def between(self) -> bytes:
        """Return the end of the nodes and the beginning of the edges."""

    def edges(self, rows: Sequence[Row]) -> bytes:
        """Return some edges; called any number of times."""

    def end(self) -> bytes:
        """Return the end of the file."""


def text_of(value: Value) -> str:
    """Return a value as a text, as XML and tables write it; empty for a missing one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _time_text(value) if isinstance(value, datetime) else str(value)


# Most edges of a page are public since one time.
@lru_cache(1_000)
def _time_text(moment: datetime) -> str:
    return as_text(moment)
