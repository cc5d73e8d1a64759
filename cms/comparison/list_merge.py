"""Three-way merge of lists: the items of the merged list and their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cms.comparison.alignment import Alignment, align, align_recognised
from cms.content.canonical_json import Json, canonical_bytes
from cms.content.fields import Field, Links, List, Object, Text
from cms.content.places import items_of

Order = Literal["UNCHANGED", "THEIRS", "YOURS", "BOTH", "CONFLICT"]


class _Link(Object):
    """A link as an object, matched by its target."""

    def __init__(self) -> None:
        super().__init__("Link", href=Text("Address", required=True), note=Text("Note"))
        # An object's own label has the same name.
        self.fields = {**self.fields, "label": Text("Label")}


_LINK = _Link()


@dataclass(frozen=True)
class Item:
    """An item in three lists.

    Attributes:
        base: its index in the list of the common ancestor, or ``None``.
        theirs: its index in the list of the other side.
        yours: its index in the list of this side.
    """

    base: int | None
    theirs: int | None
    yours: int | None

    @property
    def is_common(self) -> bool:
        """True if both sides have it."""
        return self.theirs is not None and self.yours is not None


@dataclass(frozen=True)
class MergedList:
    """A merged list.

    Attributes:
        items: its items, in order.
        dropped: the removed items of the ancestor.
        order: the side whose order the common items have; ``CONFLICT`` if the orders contradict
            each other, in which case it is yours.
    """

    items: tuple[Item, ...]
    dropped: tuple[Item, ...]
    order: Order


@dataclass(frozen=True)
class Lists:
    """The three versions of a list.

    Attributes:
        item: the field kind of their items.
        base: the list of the common ancestor.
        theirs: the list of the other side.
        yours: the list of this side.
    """

    item: Field
    base: Sequence[Json]
    theirs: Sequence[Json]
    yours: Sequence[Json]

    def merged(self) -> MergedList:
        """Return the list with the additions and removals of both sides.

        An item that one side removed and the other left alone is dropped. One that the other
        side edited is a conflict, and then it is in the list if it is in yours.
        """
        known = list(self._items())
        kept = [item for item in known if self._is_kept(item)]
        order, common = _order([item for item in kept if item.is_common])
        return MergedList(
            items=tuple(self._interleaved(common, kept)),
            dropped=tuple(item for item in known if not self._is_kept(item)),
            order=order,
        )

    def is_edited(self, item: Item) -> bool:
        """Return whether an item of the ancestor is edited on a side that still has it."""
        base = self.base[item.base] if item.base is not None else None
        theirs = item.theirs is not None and self.theirs[item.theirs] != base
        return theirs or (item.yours is not None and self.yours[item.yours] != base)

    def _items(self) -> Iterator[Item]:
        """Yield every item of any of the lists once."""
        their_alignment, your_alignment = self._aligned(self.theirs), self._aligned(self.yours)
        theirs, yours = dict(their_alignment.pairs), dict(your_alignment.pairs)
        for index in range(len(self.base)):
            yield Item(index, theirs.get(index), yours.get(index))
        their_new, your_new = their_alignment.added, your_alignment.added
        both = align_recognised(
            self.item,
            [self.theirs[index] for index in their_new],
            [self.yours[index] for index in your_new],
        )
        yield from (Item(None, their_new[their], your_new[your]) for their, your in both.pairs)
        yield from (Item(None, their_new[index], None) for index in both.removed)
        yield from (Item(None, None, your_new[index]) for index in both.added)

    def _aligned(self, side: Sequence[Json]) -> Alignment:
        # A link with another address is another link, however much the addresses look alike.
        alike = align_recognised if self.item is _LINK else align
        return alike(self.item, self.base, side)

    def _is_kept(self, item: Item) -> bool:
        if item.base is None or item.is_common:
            return True
        return item.yours is not None and self.is_edited(item)

    def _interleaved(self, common: Sequence[Item], kept: Sequence[Item]) -> Iterator[Item]:
        """Yield the common items, each followed by the items that only one side has after it."""
        theirs = _followers(
            sorted((item for item in kept if item.theirs is not None), key=_their_place)
        )
        yours = _followers(
            sorted((item for item in kept if item.yours is not None), key=_your_place)
        )
        for anchor in (None, *common):
            if anchor is not None:
                yield anchor
            # Which addition comes first is decided by what they say and not by whose they
            # are, so that both sides are proposed the same page.
            for group in sorted((theirs.get(anchor, []), yours.get(anchor, [])), key=self._bytes):
                yield from group

    def _bytes(self, items: Sequence[Item]) -> bytes:
        return canonical_bytes([self._one_sided_value(item) for item in items])

    def _one_sided_value(self, item: Item) -> Json:
        if item.theirs is not None:
            return self.theirs[item.theirs]
        return self.yours[item.yours] if item.yours is not None else None


def lists_of(field: List | Links, base: Json, theirs: Json, yours: Json) -> Lists:
    """Return the three versions of a list field."""
    item = _LINK if isinstance(field, Links) else field.item
    return Lists(item, items_of(base), items_of(theirs), items_of(yours))


def _order(common: Sequence[Item]) -> tuple[Order, Sequence[Item]]:
    """Return the order of the common items, and its side."""
    theirs, yours = sorted(common, key=_their_place), sorted(common, key=_your_place)
    they_moved, you_moved = not _is_as_before(theirs), not _is_as_before(yours)
    if theirs == yours:
        return ("BOTH" if they_moved else "UNCHANGED"), yours
    if they_moved == you_moved:
        return "CONFLICT", yours
    return ("THEIRS", theirs) if they_moved else ("YOURS", yours)


def _is_as_before(items: Sequence[Item]) -> bool:
    indexes = [item.base for item in items if item.base is not None]
    return indexes == sorted(indexes)


def _followers(items: Sequence[Item]) -> Mapping[Item | None, list[Item]]:
    """Return, for each common item, the items between it and the next one."""
    anchor: Item | None = None
    followers: dict[Item | None, list[Item]] = {}
    for item in items:
        if item.is_common:
            anchor = item
        else:
            followers.setdefault(anchor, []).append(item)
    return followers


def _their_place(item: Item) -> int:
    return item.theirs if item.theirs is not None else -1


def _your_place(item: Item) -> int:
    return item.yours if item.yours is not None else -1
