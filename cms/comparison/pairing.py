"""Pairing of the values of two contents: the old and the new version of each value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cms.comparison.alignment import align
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import ContentValue, items_of, values_in
from cms.content.fields import List, Object


@dataclass(frozen=True)
class Pair:
    """A value before and after a change.

    Attributes:
        old: the old value, or ``None`` for an item added to its list.
        new: the new value, or ``None`` for a removed item.
        is_moved: whether it is an item whose order in the list changed. The values within it
            have separate pairs.
    """

    old: ContentValue | None
    new: ContentValue | None
    is_moved: bool = False


def pairs_between(
    content_type: type[ContentType], old: JsonObject, new: JsonObject
) -> Iterator[Pair]:
    """Yield the pairs of single values, and of added, removed and moved items, in page order.

    An item or object that is added or removed as a whole is one pair.
    """
    for before, after in zip(
        values_in(content_type, old), values_in(content_type, new), strict=True
    ):
        yield from _pairs(before, after)


def _pairs(old: ContentValue, new: ContentValue) -> Iterator[Pair]:
    are_objects = isinstance(old.value, Mapping) and isinstance(new.value, Mapping)
    if isinstance(new.field, Object) and are_objects:
        for before, after in zip(old.parts(), new.parts(), strict=True):
            yield from _pairs(before, after)
    elif isinstance(new.field, List):
        yield from _item_pairs(new.field, old, new)
    else:
        yield Pair(old, new)


def _item_pairs(field: List, old: ContentValue, new: ContentValue) -> Iterator[Pair]:
    alignment = align(field.item, items_of(old.value), items_of(new.value))
    old_items, new_items = list(old.items()), list(new.items())
    for index in alignment.removed:
        yield Pair(old_items[index], None)
    partners = {after: before for before, after in alignment.pairs}
    for index, item in enumerate(new_items):
        if index not in partners:
            yield Pair(None, item)
            continue
        partner = old_items[partners[index]]
        if index in alignment.moved:
            yield Pair(partner, item, is_moved=True)
        yield from _pairs(partner, item)
