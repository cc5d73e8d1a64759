"""Two contents laid side by side: which value of one became which value of the other."""

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
    """A value, before and after.

    Attributes:
        old: where it was, or ``None`` for an item that is new in its list.
        new: where it is, or ``None`` for an item that is gone.
        is_moved: whether it is an item that has changed places with others. What stands in it
            is told by pairs of its own.
    """

    old: ContentValue | None
    new: ContentValue | None
    is_moved: bool = False


def pairs_between(
    content_type: type[ContentType], old: JsonObject, new: JsonObject
) -> Iterator[Pair]:
    """Yield each pair of single values, the items that came, went or moved, in page order.

    Items and objects that are new or gone as a whole are one pair.
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
