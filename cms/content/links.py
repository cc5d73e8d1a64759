"""Where a revision leads: the edges that stand in its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from cms.content.canonical_json import JsonObject
from cms.identifiers import kind_of

EntriesByPath: TypeAlias = Mapping[str, str]


class Origin(StrEnum):
    """Where an edge comes from."""

    FIELD = "field"  # a link field: an editor listed it
    INLINE = "inline"  # a link inside Markdown text
    REFERENCE = "reference"  # a typed relation, not part of the link graph


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One link or reference.

    Attributes:
        origin: where it comes from.
        kind: what the link says of its target: a link field's kind, or ``"inline"``.
        field_path: the value it stands in, with indexes: ``groups/0/links``.
        ordinal: its place there, from 0.
        label: the words a reader sees; empty means the target's title.
        note: a remark, which readers may be shown.
        target: the id of the entry it leads to, or ``None``.
        fragment: the anchor in the target, without ``#``; empty for the top.
        url: where it leads if not to an entry: an external URL, or a site path at which
            there is nothing, which makes the link broken.
        accepts: the content types that the field allows; empty means any, and URLs too.
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
    accepts: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands among the links of a revision."""
        return self.field_path, self.ordinal

    def value_path(self) -> tuple[str | int, ...]:
        """Return where in a draft the edge stands, as errors name it: a link, or a value."""
        place = (self.ordinal,) if self.origin is Origin.FIELD else ()
        return ("fields", *self.field_path.split("/"), *place)

    def to_json(self) -> JsonObject:
        """Return what the digest covers."""
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
        }


def is_internal(href: str) -> bool:
    """Say whether an ``href`` is a path on this site: ``/path``, but not ``//host``."""
    return href.startswith("/") and not href.startswith(("//", "/\\"))


def path_of(href: str) -> str | None:
    """Return the site path in an ``href``, without its fragment, or ``None``."""
    return href.partition("#")[0] if is_internal(href) else None


def entry_of(href: str) -> str | None:
    """Return the entry id in an ``href`` of the form ``entry_…#fragment``, or ``None``."""
    identifier = href.partition("#")[0]
    return identifier if kind_of(identifier) == "entry" else None


def with_entry(href: str, entries: EntriesByPath) -> str:
    """Return the ``href`` with its site path replaced by the id of the entry found there.

    An address that leads elsewhere, or to nothing, stays as it is.
    """
    path, separator, fragment = href.partition("#")
    return f"{entries[path]}{separator}{fragment}" if path in entries else href


def target_fields(href: str, entries: EntriesByPath) -> tuple[str | None, str, str | None]:
    """Return what an ``href`` means as an edge's target, fragment and url."""
    resolved = with_entry(href, entries)
    target = entry_of(resolved)
    if target is None:
        return None, "", href
    return target, resolved.partition("#")[2], None
