"""Places of links: what derives of each link from the content of its page, and its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

from cms.content.addresses import LONGEST_PATH, WrittenAddress, read_written_address
from cms.content.links import Edge, Origin, parts_of
from cms.content.rendering import HeadingAbove


@dataclass(frozen=True)
class TextPlace:
    """The place of a link within the values of a page.

    Attributes:
        section: the heading that it is in or under; ``None`` above the first, and outside texts.
        is_in_block: whether it is within a block.
    """

    section: HeadingAbove | None = None
    is_in_block: bool = False


# The places of links within the values of a page, by the path of the value and the index.
TextPlaces: TypeAlias = Mapping[tuple[str, int], TextPlace]


@dataclass(frozen=True, kw_only=True)
class LinkPlace:
    """The columns of a link that derive from its page.

    Attributes:
        section: the words of the heading that it is in or under.
        section_anchor: the anchor of that heading.
        page_position: the position among all links of the page, in the order in which readers
            see them, from 1; 0 for a reference.
        in_block: whether it is within a block.
        host: the host in the address as written, in ASCII and small letters, with a port that is
            not the default one; ``None`` without a host.
        path: the canonical path in the address as written, up to its first 2,000 bytes; ``None``
            if it has none, as in a ``mailto:``, and for the id of an entry.
    """

    section: str | None
    section_anchor: str | None
    page_position: int
    in_block: bool
    host: str | None
    path: str | None


_NOWHERE = TextPlace()
_NO_ADDRESS = WrittenAddress()


def link_places(
    edges: Iterable[Edge], within: TextPlaces, base: str | None
) -> Iterator[tuple[Edge, LinkPlace]]:
    """Yield the edges of a page with their places.

    Args:
        edges: the edges, in the order of the content.
        within: their places within the values.
        base: path of the page, against which relative addresses are read.
    """
    numbers = count(1)
    for edge in edges:
        place = within.get(edge.place, _NOWHERE)
        section, written = place.section, edge.url or edge.href
        address = read_written_address(parts_of(written)[0], base) if written else _NO_ADDRESS
        yield (
            edge,
            LinkPlace(
                section=section.heading if section is not None else None,
                section_anchor=section.anchor if section is not None else None,
                page_position=0 if edge.origin is Origin.REFERENCE else next(numbers),
                in_block=place.is_in_block,
                host=address.host,
                path=_indexed(address.path),
            ),
        )


def link_columns(revision_id: str, edge: Edge) -> dict[str, object]:
    """Return the columns of a link of a revision by name, without those of its place."""
    return {
        "revision_id": revision_id,
        "field_path": edge.field_path,
        "ordinal": edge.ordinal,
        "origin": edge.origin,
        "kind": edge.kind,
        "label": edge.label,
        "note": edge.note,
        "target_id": edge.target,
        "query": edge.query,
        "fragment": edge.fragment,
        "url": edge.url,
    }


def _indexed(path: str | None) -> str | None:
    """Return as much of a path as an index can have."""
    return None if path is None else path.encode()[:LONGEST_PATH].decode(errors="ignore")
