"""Losses of sanitising: the parts of HTML that were removed, which nh3 does not report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal, TypeAlias

# Attributes whose value is an address.
ADDRESSES = frozenset({"cite", "href", "src"})

_LONGEST_SHOWN = 100

_Attribute: TypeAlias = tuple[str, str]

LossCode: TypeAlias = Literal["REMOVED_ELEMENT", "REMOVED_ATTRIBUTE", "REMOVED_ADDRESS"]


@dataclass(frozen=True)
class Loss:
    """An element or attribute removed from HTML.

    Attributes:
        tag: name of the removed element, or of the element that lost an attribute.
        attribute: name of the removed attribute; empty if the element was removed.
        value: value of the attribute, at most 100 characters.
    """

    tag: str
    attribute: str = ""
    value: str = ""

    @property
    def code(self) -> LossCode:
        """The stable code of the kind of loss."""
        if not self.attribute:
            return "REMOVED_ELEMENT"
        return "REMOVED_ADDRESS" if self.attribute in ADDRESSES else "REMOVED_ATTRIBUTE"

    @property
    def message(self) -> str:
        """The message for the author, with the remedy."""
        match self.code:
            case "REMOVED_ELEMENT":
                return (
                    f"<{self.tag}> is not allowed and was removed; "
                    "put it in `backticks` to show it literally"
                )
            case "REMOVED_ADDRESS":
                return (
                    f"the address {self.value!r} of <{self.tag}> is not allowed and was "
                    "removed; use https://, http://, mailto:, tel: or a path of this site"
                )
            case _:
                return f"{self.attribute} is not allowed on <{self.tag}> and was removed"


def losses(before: str, after: str) -> Iterator[Loss]:
    """Yield the elements and attributes of one HTML text that are not in the other, each once.

    A value in another spelling is not a loss, and the attributes of an element that is missing
    altogether are not separate losses.
    """
    old, new = _Inventory(before), _Inventory(after)
    for tag in old.tags - new.tags:
        yield Loss(tag)
    for (tag, attribute), values in old.values.items():
        kept = new.values.get((tag, attribute), Counter())
        if tag in new.tags and values.total() > kept.total():
            yield from (Loss(tag, attribute, _shorten(value)) for value in values - kept)


class _Inventory(HTMLParser):
    """The numbers of elements in HTML, and of the values of their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.values: dict[_Attribute, Counter[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            self.values.setdefault((tag, name), Counter())[value or ""] += 1


def _shorten(value: str) -> str:
    return value if len(value) <= _LONGEST_SHOWN else f"{value[: _LONGEST_SHOWN - 1]}…"
