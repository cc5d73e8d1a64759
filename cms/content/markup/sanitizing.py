"""What cleaning has taken out of HTML: the sanitiser itself does not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TypeAlias

# The attributes whose value is an address.
ADDRESSES = frozenset({"cite", "href", "src"})

_LONGEST_SHOWN = 100

_Attribute: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Loss:
    """Something that stood in HTML and is gone.

    Attributes:
        tag: the element that is gone, or that has lost something.
        attribute: the attribute that is gone; empty if the element itself is.
        value: what the attribute held, shortened if it is long.
    """

    tag: str
    attribute: str = ""
    value: str = ""

    @property
    def code(self) -> str:
        """What kind of thing is gone, in a word that never changes."""
        if not self.attribute:
            return "REMOVED_ELEMENT"
        return "REMOVED_ADDRESS" if self.attribute in ADDRESSES else "REMOVED_ATTRIBUTE"

    @property
    def message(self) -> str:
        """What readers will not get, and what to do about it."""
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
    """Yield what stands in the one HTML and not in the other, each thing once.

    A value that is only written in another way is no loss, and of an element that is gone
    altogether, its attributes are not losses of their own.
    """
    old, new = _Inventory(before), _Inventory(after)
    for tag in old.tags - new.tags:
        yield Loss(tag)
    for (tag, attribute), values in old.values.items():
        kept = new.values.get((tag, attribute), Counter())
        if tag in new.tags and values.total() > kept.total():
            yield from (Loss(tag, attribute, _shortened(value)) for value in values - kept)


class _Inventory(HTMLParser):
    """Counts the elements of HTML, and the values of their attributes."""

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


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_SHOWN else f"{value[: _LONGEST_SHOWN - 1]}…"
