"""References to pages by name, which templates and wikilinks contain, as addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

_SCHEME = "copydesk+"
_TEMPLATE = "template"
REFERENCE = re.compile(
    rf"{re.escape(_SCHEME)}(?P<kind>[a-z]+):(?P<name>[^#\s()<>\"'`]*)"
    r"(?:#(?P<part>[^\s()<>\"'`]*))?"
)


@dataclass(frozen=True)
class PageReference:
    """A reference to a page by a name.

    Attributes:
        kind: the kind, such as ``ref``, ``link``, ``post`` or ``note``; ``template`` for an
            expression whose value is not known.
        name: the name as it is written; empty for the page itself.
        fragment: the heading; empty for the top.
    """

    kind: str
    name: str
    fragment: str = ""

    @property
    def href(self) -> str:
        """The reference as the address of a link."""
        part = f"#{quote(self.fragment, safe='')}" if self.fragment else ""
        return f"{_SCHEME}{self.kind}:{quote(self.name, safe='')}{part}"

    @property
    def is_known(self) -> bool:
        """True if the name is that of a page, and not an expression."""
        return self.kind != _TEMPLATE

    def __str__(self) -> str:
        if not self.is_known:
            return self.name
        whole = f"{self.name}#{self.fragment}" if self.fragment else self.name
        return f"[[{whole}]]" if self.kind == "note" else f"{self.kind} {whole}"


def unknown_address(expression: str) -> str:
    """Return an expression whose value is not known as the address of a link, without spaces."""
    return PageReference(_TEMPLATE, expression).href


def reference_in(href: str) -> PageReference | None:
    """Return the reference in an address; ``None`` if it is an ordinary one."""
    match = REFERENCE.fullmatch(href)
    if match is None:
        return None
    return PageReference(match["kind"], unquote(match["name"]), unquote(match["part"] or ""))
