"""Directives as they are written, and their values: what a parser and a field tell each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cms.content.canonical_json import JsonObject
from cms.content.markup.attributes import Attribute


@dataclass(frozen=True)
class CallFault:
    """An error in a directive.

    Attributes:
        message: its cause and remedy.
        start: its index, in the text that was read.
    """

    message: str
    start: int


@dataclass(frozen=True)
class Call:
    """A directive as it is written.

    Attributes:
        name: its name.
        label: the text in brackets, or behind the name; empty if there is none.
        attributes: its attributes.
        fault: the error in its form, or ``None``.
    """

    name: str
    label: str = ""
    attributes: Sequence[Attribute] = ()
    fault: CallFault | None = None


@dataclass(frozen=True)
class DirectiveValues:
    """The values of a directive, by its declaration.

    Attributes:
        block: the name of the class of blocks that it is declared as.
        fields: the values by the names that fields have in the API.
        attributes: the values as texts, by the names that they have behind ``data-`` in HTML.
        texts: the words that readers get of the values.
        faults: the errors in its attributes.
        missing: the labels of required fields without a value.
    """

    block: str
    fields: JsonObject
    attributes: Mapping[str, str]
    texts: Sequence[str] = ()
    faults: Sequence[CallFault] = ()
    missing: Sequence[str] = ()


class Directives(Protocol):
    """The directives that a text can contain."""

    @property
    def names(self) -> frozenset[str]:
        """The names of the directives."""

    def read(self, call: Call) -> DirectiveValues:
        """Return the values of a directive with one of the names."""


class NoDirectives:
    """The directives of a text that can contain none."""

    names: frozenset[str] = frozenset()

    def read(self, call: Call) -> DirectiveValues:
        """Raise an error, since no name is declared."""
        raise LookupError(call.name)


NO_DIRECTIVES = NoDirectives()
