"""What resolvers pass around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self

Row = SimpleNamespace
Args = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Thing:
    """An object of the API: its type, and the values of its fields, or how to get them.

    What stands under ``@`` and a name is what filters see, where fields show something else.
    """

    typename: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Word(str):
    """One of a few words, with its place among them."""

    __slots__ = ("place",)

    def __new__(cls, word: str, choices: Sequence[str]) -> Self:
        """Find its place."""
        made = super().__new__(cls, word)
        made.place = choices.index(word)
        return made

    place: int


class Hue(str):
    """A colour, whose letters may be written either way."""

    __slots__ = ()


class Zoned(str):
    """A time as an editor has written it; compared as the moment that it is."""

    __slots__ = ()
