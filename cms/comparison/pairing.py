"""Pairs of corresponding values in two contents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cms.comparison.alignment import align
from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import List, Object
from cms.content.places import Place, items_of, places_in


@dataclass(frozen=True)
class Pair:
    """An old value and its new value.

    Attributes:
        old: the old place, or ``None`` for an added item.
        new: the new place, or ``None`` for a removed item.
        is_moved: whether it is a moved item. The values in it have pairs of their own.
    """

    old: Place | None
    new: Place | None
    is_moved: bool = False


def pairs_between(
    content_type: type[ContentType], old: JsonObject, new: JsonObject
) -> Iterator[Pair]:
    """Yield the pairs of single values and of added, removed or moved items, in page order.

    An item or object that was added or removed as a whole is one pair.
    """
    for before, after in zip(
        places_in(content_type, old), places_in(content_type, new), strict=True
    ):
        yield from _pairs(before, after)


def _pairs(old: Place, new: Place) -> Iterator[Pair]:
    are_objects = isinstance(old.value, Mapping) and isinstance(new.value, Mapping)
    if isinstance(new.field, Object) and are_objects:
        for before, after in zip(old.parts(), new.parts(), strict=True):
            yield from _pairs(before, after)
    elif isinstance(new.field, List):
        yield from _item_pairs(new.field, old, new)
    else:
        yield Pair(old, new)


def _item_pairs(field: List, old: Place, new: Place) -> Iterator[Pair]:
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
