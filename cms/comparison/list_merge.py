"""Three-way merge of lists: the items of the merged list and their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cms.comparison.alignment import Alignment, align, align_recognised
from cms.content.canonical_json import Json, canonical_bytes
from cms.content.content_values import items_of
from cms.content.fields import Field, Links, List, Object, Text

Order = Literal["UNCHANGED", "THEIRS", "YOURS", "BOTH", "CONFLICT"]


class _Link(Object):
    """A link as an object field, identified by its address."""

    def __init__(self) -> None:
        super().__init__("Link", href=Text("Address", required=True), note=Text("Note"))
        # The attribute ``label`` of a field has the same name as this subfield.
        self.fields = {**self.fields, "label": Text("Label")}


_LINK = _Link()


@dataclass(frozen=True)
class ListItem:
    """One item's indexes in the three lists; ``None`` where a list does not have it.

    Attributes:
        base: index in the common ancestor's list.
        theirs: index in the other side's list.
        yours: index in this side's list.
    """

    base: int | None
    theirs: int | None
    yours: int | None

    @property
    def is_common(self) -> bool:
        """True if both sides have the item."""
        return self.theirs is not None and self.yours is not None


@dataclass(frozen=True)
class MergedList:
    """The result of a list merge.

    Attributes:
        items: items of the merged list, in order.
        dropped: items of the ancestor that were removed.
        order: side whose order the common items have; ``CONFLICT`` if both sides reordered
            them differently, in which case your order is used.
    """

    items: tuple[ListItem, ...]
    dropped: tuple[ListItem, ...]
    order: Order


@dataclass(frozen=True)
class Lists:
    """The three lists of a merge.

    Attributes:
        item: field type of the items.
        base: the common ancestor's list.
        theirs: the other side's list.
        yours: this side's list.
    """

    item: Field
    base: Sequence[Json]
    theirs: Sequence[Json]
    yours: Sequence[Json]

    def merge(self) -> MergedList:
        """Return the list with the additions and removals of both sides.

        An item that one side removed and the other left unchanged is dropped. If the other side
        edited it, that is a conflict: the item is kept if it is in your list.
        """
        known = list(self._items())
        kept = [item for item in known if self._is_kept(item)]
        order, common = _order([item for item in kept if item.is_common])
        return MergedList(
            items=tuple(self._interleave(common, kept)),
            dropped=tuple(item for item in known if not self._is_kept(item)),
            order=order,
        )

    def is_edited(self, item: ListItem) -> bool:
        """Return whether a side that still has this item of the ancestor edited it."""
        base = self.base[item.base] if item.base is not None else None
        theirs = item.theirs is not None and self.theirs[item.theirs] != base
        return theirs or (item.yours is not None and self.yours[item.yours] != base)

    def _items(self) -> Iterator[ListItem]:
        """Yield every item that is in any of the lists, once."""
        their_alignment, your_alignment = (
            self._align_with(self.theirs),
            self._align_with(self.yours),
        )
        theirs, yours = dict(their_alignment.pairs), dict(your_alignment.pairs)
        for index in range(len(self.base)):
            yield ListItem(index, theirs.get(index), yours.get(index))
        their_new, your_new = their_alignment.added, your_alignment.added
        both = align_recognised(
            self.item,
            [self.theirs[index] for index in their_new],
            [self.yours[index] for index in your_new],
        )
        yield from (ListItem(None, their_new[their], your_new[your]) for their, your in both.pairs)
        yield from (ListItem(None, their_new[index], None) for index in both.removed)
        yield from (ListItem(None, None, your_new[index]) for index in both.added)

    def _align_with(self, side: Sequence[Json]) -> Alignment:
        # Links are matched by address alone: similar addresses can lead to different pages.
        alike = align_recognised if self.item is _LINK else align
        return alike(self.item, self.base, side)

    def _is_kept(self, item: ListItem) -> bool:
        if item.base is None or item.is_common:
            return True
        return item.yours is not None and self.is_edited(item)

    def _interleave(
        self, common: Sequence[ListItem], kept: Sequence[ListItem]
    ) -> Iterator[ListItem]:
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
            # Additions are ordered by their content, not by side, so that both sides get the
            # same proposal.
            for group in sorted((theirs.get(anchor, []), yours.get(anchor, [])), key=self._bytes):
                yield from group

    def _bytes(self, items: Sequence[ListItem]) -> bytes:
        return canonical_bytes([self._one_sided_value(item) for item in items])

    def _one_sided_value(self, item: ListItem) -> Json:
        if item.theirs is not None:
            return self.theirs[item.theirs]
        return self.yours[item.yours] if item.yours is not None else None


def lists_of(field: List | Links, base: Json, theirs: Json, yours: Json) -> Lists:
    """Return the three lists of a field, ready to merge."""
    item = _LINK if isinstance(field, Links) else field.item
    return Lists(item, items_of(base), items_of(theirs), items_of(yours))


def _order(common: Sequence[ListItem]) -> tuple[Order, Sequence[ListItem]]:
    """Return the side whose order the common items get, and the items in that order."""
    theirs, yours = sorted(common, key=_their_place), sorted(common, key=_your_place)
    they_moved, you_moved = not _has_base_order(theirs), not _has_base_order(yours)
    if theirs == yours:
        return ("BOTH" if they_moved else "UNCHANGED"), yours
    if they_moved == you_moved:
        return "CONFLICT", yours
    return ("THEIRS", theirs) if they_moved else ("YOURS", yours)


def _has_base_order(items: Sequence[ListItem]) -> bool:
    indexes = [item.base for item in items if item.base is not None]
    return indexes == sorted(indexes)


def _followers(items: Sequence[ListItem]) -> Mapping[ListItem | None, list[ListItem]]:
    """Return, for each common item, the one-sided items between it and the next common one.

    The key ``None`` holds those before the first common item.
    """
    anchor: ListItem | None = None
    followers: dict[ListItem | None, list[ListItem]] = {}
    for item in items:
        if item.is_common:
            anchor = item
        else:
            followers.setdefault(anchor, []).append(item)
    return followers


def _their_place(item: ListItem) -> int:
    return item.theirs if item.theirs is not None else -1


def _your_place(item: ListItem) -> int:
    return item.yours if item.yours is not None else -1
