"""Links of a revision: the edges in its values, and their addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import unquote

from cms.content.canonical_json import JsonObject
from cms.identifiers import kind_of

EntriesByPath: TypeAlias = Mapping[str, str]


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
        fragment: anchor in the target, without ``#``; empty for the top.
        url: target if it is not an entry: an external URL, or a site path without an entry, in
            which case the link is broken.
        path: site path in the text that led to the target entry when it was saved; ``None`` if
            the value itself has the id of the entry.
        accepts: content types that the field allows; empty for all of them and URLs.
    """

    origin: Origin
    kind: str
    field_path: str
    ordinal: int
    label: str = ""
    note: str = ""
    target: str | None = None
    fragment: str = ""
    url: str | None = None
    path: str | None = None
    accepts: tuple[str, ...] = ()

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
            "fragment": self.fragment,
            "url": self.url,
            "path": self.path,
        }

    @classmethod
    def from_json(cls, link: JsonObject) -> Edge:
        """Return the edge of a content's link; the inverse of :meth:`to_json`."""
        target, url, path = link["target"], link["url"], link["path"]
        return cls(
            origin=Origin(str(link["origin"])),
            kind=str(link["kind"]),
            field_path=str(link["fieldPath"]),
            ordinal=int(str(link["ordinal"])),
            label=str(link["label"]),
            note=str(link["note"]),
            target=str(target) if target is not None else None,
            fragment=str(link["fragment"]),
            url=str(url) if url is not None else None,
            path=str(path) if path is not None else None,
        )


def is_internal(href: str) -> bool:
    """Return whether an ``href`` is a path on this site: ``/path``, but not ``//host``."""
    return href.startswith("/") and not href.startswith(("//", "/\\"))


def decoded_address(href: str) -> str:
    """Return an address; percent-decoded if it is internal, as slugs and anchors are."""
    return unquote(href) if href.startswith("#") or is_internal(href) else href


def path_of(href: str) -> str | None:
    """Return the site path in an ``href``, without its fragment, or ``None``."""
    return href.partition("#")[0] if is_internal(href) else None


def entry_of(href: str) -> str | None:
    """Return the entry id in an ``href`` of the form ``entry_…#fragment``, or ``None``."""
    identifier = href.partition("#")[0]
    return identifier if kind_of(identifier) == "entry" else None


def with_entry(href: str, entries: EntriesByPath) -> str:
    """Return the ``href`` with its site path replaced by the id of the entry at that path.

    An external address, or a path without an entry, is returned unchanged.
    """
    path, separator, fragment = href.partition("#")
    return f"{entries[path]}{separator}{fragment}" if path in entries else href


def target_fields(href: str, entries: EntriesByPath) -> tuple[str | None, str, str | None]:
    """Return the target, fragment and url of an edge with this ``href``."""
    resolved = with_entry(href, entries)
    target = entry_of(resolved)
    if target is None:
        return None, "", href
    return target, resolved.partition("#")[2], None
