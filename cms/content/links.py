"""Links of a revision: the edges in its values, and their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypedDict
from urllib.parse import unquote

from cms.content.canonical_json import JsonObject
from cms.identifiers import is_entry_id

# The ids of the entries that the addresses of a page lead to, by the address as written, without
# its query and fragment.
Targets: TypeAlias = Mapping[str, str]


class TargetFields(TypedDict):
    """The fields of an :class:`Edge` that say where it leads."""

    target: str | None
    query: str
    fragment: str
    url: str | None


class Origin(StrEnum):
    """The kind of value that an edge comes from."""

    FIELD = "field"  # a link field: an editor listed it
    INLINE = "inline"  # a link inside Markdown text
    REFERENCE = "reference"  # a typed relation, not part of the link graph


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A link or reference from a revision to an entry or a URL.

    Attributes:
        origin: kind of value that it comes from.
        kind: relation to the target: a link field's kind, or ``"inline"``.
        field_path: path of its value, with indexes: ``groups/0/links``.
        ordinal: index among the links of the value, from 0.
        label: text of the link; empty for the target's title.
        note: remark on the link.
        target: id of the target entry, or ``None``.
        query: query of the address in the text, as written, without ``?``.
        fragment: anchor in the target, without ``#``; empty for the top.
        url: target if it is not an entry, as written: an external URL, a path that the frontend
            serves, or an address on the site with nothing behind it, which is broken.
        href: address in the text, as written, that led to the target entry when it was saved;
            ``None`` if the value itself has the id of the entry.
        accepts: content types that the field allows; empty for all of them and URLs.
        is_in_block: whether its value is within a block.
    """

    origin: Origin
    kind: str
    field_path: str
    ordinal: int
    label: str = ""
    note: str = ""
    target: str | None = None
    query: str = ""
    fragment: str = ""
    url: str | None = None
    href: str | None = None
    accepts: tuple[str, ...] = ()
    is_in_block: bool = False

    @property
    def place(self) -> tuple[str, int]:
        """The position among the links of a revision: the path of its value and the index."""
        return self.field_path, self.ordinal

    def value_path(self) -> tuple[str | int, ...]:
        """Return the path in a draft for errors: of the link in a link field, else of the value."""
        place = (self.ordinal,) if self.origin is Origin.FIELD else ()
        return ("fields", *self.field_path.split("/"), *place)

    def to_json(self) -> JsonObject:
        """Return the JSON form, which is part of the content that the digest covers."""
        return {
            "origin": self.origin.value,
            "kind": self.kind,
            "fieldPath": self.field_path,
            "ordinal": self.ordinal,
            "label": self.label,
            "note": self.note,
            "target": self.target,
            "query": self.query,
            "fragment": self.fragment,
            "url": self.url,
            "href": self.href,
        }

    @classmethod
    def from_json(cls, link: JsonObject) -> Edge:
        """Return the edge of a content's link; the inverse of :meth:`to_json`."""
        target, url, href = link["target"], link["url"], link["href"]
        return cls(
            origin=Origin(str(link["origin"])),
            kind=str(link["kind"]),
            field_path=str(link["fieldPath"]),
            ordinal=int(str(link["ordinal"])),
            label=str(link["label"]),
            note=str(link["note"]),
            target=str(target) if target is not None else None,
            query=str(link["query"]),
            fragment=str(link["fragment"]),
            url=str(url) if url is not None else None,
            href=str(href) if href is not None else None,
        )


def parts_of(href: str) -> tuple[str, str, str]:
    """Return an ``href`` in three parts: what is before the query, the query, the fragment.

    The fragment is decoded, as anchors are; the others are as written.
    """
    rest, _, fragment = href.partition("#")
    address, _, query = rest.partition("?")
    return address, query, unquote(fragment) if fragment else ""


def suffix_of(href: str) -> str:
    """Return what follows the address in an ``href``: ``?x=1#part``, as written."""
    return href[len(parts_of(href)[0]) :]


def is_path(href: str) -> bool:
    """Return whether an ``href`` is a path from the root: ``/path``, but not ``//host``."""
    return href.startswith("/") and not href.startswith(("//", "/\\"))


def is_same_page(href: str) -> bool:
    """Return whether an ``href`` leads to an anchor of its own page, and so is no edge."""
    return not href or href.startswith("#")


def entry_of(href: str) -> str | None:
    """Return the entry id in an ``href`` of the form ``entry_…?query#fragment``, or ``None``."""
    address = parts_of(href)[0]
    return address if is_entry_id(address) else None


def target_of(href: str, targets: Targets) -> str | None:
    """Return the id of the entry that an ``href`` leads to, or ``None``."""
    if is_same_page(href):
        return None
    return entry_of(href) or targets.get(parts_of(href)[0])


def with_entry(href: str, targets: Targets) -> str:
    """Return the ``href`` with its address replaced by the id of the entry that it leads to.

    An address that leads to no entry is returned unchanged.
    """
    target = target_of(href, targets)
    return href if target is None else f"{target}{suffix_of(href)}"


def target_fields(href: str, targets: Targets) -> TargetFields:
    """Return the fields of an edge that say where it leads, by its ``href``."""
    target = target_of(href, targets)
    if target is None:
        return {"target": None, "query": "", "fragment": "", "url": href}
    _, query, fragment = parts_of(href)
    return {"target": target, "query": query, "fragment": fragment, "url": None}
