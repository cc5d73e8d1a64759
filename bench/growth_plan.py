"""The shape of a site that grows: facts of each entry, computed from its number alone.

So a part of the rows can be made at any time, and a run that was stopped goes on with the next one.

One entry in ten stays a draft; the position that its publication would take is that of the German
edition of the entry before it. After every sixth entry, one half as old is published again, or
unpublished.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

SEED = 42
LINKS_EACH = 10
TAGS_EACH = 3
TAGS = 1_000
SOURCES = 500
PEOPLE = 200
# Categories in each category above, on three levels.
BRANCHES = (8, 6, 6)
# The number of positions before those of the entries: people and categories are public by then.
SETUP = 1
# How often a link follows another link rather than leading to any entry.
_FOLLOWS = 0.65
_START = datetime(2025, 11, 10, tzinfo=UTC)
_SPAN = timedelta(days=375)


def chance(number: int, salt: int) -> float:
    """Return a number from 0 to 1 that is always the same for an entry and a purpose."""
    mixed = (number * 0x9E3779B97F4A7C15 + salt * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 30)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)


def categories() -> list[tuple[int, ...]]:
    """Return the place of each category: its number among its siblings, and those above it."""
    found: list[tuple[int, ...]] = []
    level: list[tuple[int, ...]] = [()]
    for width in BRANCHES:
        level = [(*above, number) for above in level for number in range(width)]
        found += level
    return found


# The first of the categories on the last level, which are those of entries.
FIRST_LEAF = BRANCHES[0] + BRANCHES[0] * BRANCHES[1]
_LEAVES = BRANCHES[0] * BRANCHES[1] * BRANCHES[2]


def is_draft(number: int) -> bool:
    """Return whether an entry was never published."""
    return number % 10 == 7  # noqa: PLR2004  # any digit


def category_of(number: int) -> int:
    """Return the number of an entry's category; the first have more entries."""
    return FIRST_LEAF + int(_LEAVES * chance(number, 1) ** 2)


def author_of(number: int) -> int:
    """Return the number of the person in the byline; the first have written more."""
    return int(PEOPLE * chance(number, 2) ** 2)


def reviewer_of(number: int) -> int:
    """Return the number of the person who signs off: another than the author."""
    chosen = int((PEOPLE - 1) * chance(number, 3) ** 2)
    return chosen + (chosen >= author_of(number))


def tags_of(number: int) -> list[int]:
    """Return the numbers of an entry's tags; the first are on many entries."""
    drawn = (int(TAGS * chance(number, 10 + each) ** 3) for each in range(TAGS_EACH))
    return sorted(set(drawn))


@dataclass(frozen=True)
class Plan:
    """The plan of a site.

    Attributes:
        entries: the number of entries.
    """

    entries: int

    @property
    def last_position(self) -> int:
        """The newest position."""
        last = self.entries - 1
        return self.position_of(last) + (last > 0 and last % 6 == 0)

    def position_of(self, number: int) -> int:
        """Return the position at which an entry is published."""
        return SETUP + 1 + number + max(number - 1, 0) // 6

    def at(self, position: int) -> datetime:
        """Return when a position was taken."""
        return _START + _SPAN * position / (self.last_position + 1)

    def changed_after(self, number: int) -> int | None:
        """Return the older entry that changes right after an entry was published, if one does."""
        if number % 6 or not number:
            return None
        other = number // 2
        return other - 1 if is_draft(other) else other

    def change_of(self, number: int) -> int | None:
        """Return after which entry another one changes; ``None`` if it never does."""
        for after in (2 * number, 2 * (number + 1)):
            if 0 < after < self.entries and self.changed_after(after) == number:
                return after
        return None

    def is_unpublished_after(self, number: int) -> bool:
        """Return whether the change after an entry takes the older one back."""
        return number % 48 == 0

    def moves_after(self, number: int) -> bool:
        """Return whether the change after an entry gives the older one another slug."""
        return number % 30 == 0 and not self.is_unpublished_after(number)


def targets(entries: int) -> array[int]:
    """Return whom each entry links to, :data:`LINKS_EACH` numbers each; some are hubs.

    A link leads where an earlier link leads, or to any earlier entry (Kumar et al., 2000).
    """
    random = Random(SEED).random  # noqa: S311  # not for secrets
    found = array("i", bytes(4 * LINKS_EACH))
    add = found.append
    for number in range(1, entries):
        known = number * LINKS_EACH
        for _ in range(LINKS_EACH):
            if random() < _FOLLOWS:
                add(found[int(random() * known)])
            else:
                other = int(random() * number)
                add(other - 1 if is_draft(other) else other)
    return found


def most_linked(found: array[int]) -> Iterator[tuple[int, int]]:
    """Yield entries with the number of links to them, the most linked first."""
    counts: dict[int, int] = {}
    for each in found:
        counts[each] = counts.get(each, 0) + 1
    yield from sorted(counts.items(), key=lambda item: -item[1])
