"""Alignment of the items of an old and a new list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cms.comparison.sequences import equal_pairs, left_over, moved_in
from cms.comparison.word_diff import likeness_of, vocabulary
from cms.content.canonical_json import Json, canonical_bytes
from cms.content.fields import Field
from cms.content.places import identifying_words, items_of, variant_of

_Pairs = Sequence[tuple[int, int]]

# Two items that share fewer of their words than this are two items.
_LEAST_LIKENESS = 0.5


@dataclass(frozen=True)
class Alignment:
    """The alignment of two lists.

    Attributes:
        pairs: the old and the new index of each kept item, in the new order.
        removed: the old indexes of removed items.
        added: the new indexes of added items.
        moved: the new indexes of moved items, the smallest set that explains the new order.
    """

    pairs: tuple[tuple[int, int], ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]
    moved: frozenset[int]


def align(item: Field, old: Sequence[Json], new: Sequence[Json]) -> Alignment:
    """Match items: equal ones, those with the same identifying words, then similar ones."""
    pairs = _recognised(item, old, new)
    old_left, new_left = left_over(pairs, len(old), len(new))
    similar = _similar(item, old, old_left, new, new_left)
    return _alignment([*pairs, *similar], len(old), len(new))


def align_recognised(item: Field, old: Sequence[Json], new: Sequence[Json]) -> Alignment:
    """Match equal items and those with the same identifying words, but not similar ones."""
    return _alignment(_recognised(item, old, new), len(old), len(new))


def _alignment(pairs: _Pairs, old_length: int, new_length: int) -> Alignment:
    removed, added = left_over(pairs, old_length, new_length)
    ordered = sorted(pairs, key=lambda pair: pair[1])
    moved = moved_in([old for old, _ in ordered])
    return Alignment(
        pairs=tuple(ordered),
        removed=tuple(removed),
        added=tuple(added),
        moved=frozenset(ordered[position][1] for position in moved),
    )


def _recognised(item: Field, old: Sequence[Json], new: Sequence[Json]) -> _Pairs:
    if old == new:
        return [(index, index) for index in range(len(new))]
    pairs = equal_pairs(list(map(canonical_bytes, old)), list(map(canonical_bytes, new)))
    old_left, new_left = left_over(pairs, len(old), len(new))
    old_names, new_names = _names(item, old, old_left), _names(item, new, new_left)
    named = equal_pairs(list(old_names.values()), list(new_names.values()))
    old_named, new_named = list(old_names), list(new_names)
    return [*pairs, *((old_named[before], new_named[after]) for before, after in named)]


def _names(item: Field, values: Sequence[Json], indexes: Sequence[int]) -> Mapping[int, str]:
    names = {index: identifying_words(item, values[index]) for index in indexes}
    return {
        index: f"{variant_of(item, values[index])} {' '.join(name.casefold().split())}"
        for index, name in names.items()
        if name
    }


def _similar(
    item: Field,
    old: Sequence[Json],
    old_left: Sequence[int],
    new: Sequence[Json],
    new_left: Sequence[int],
) -> Iterator[tuple[int, int]]:
    """Yield pairs of items, ordered by similarity, then by distance."""
    old_words = {index: vocabulary(text_of(old[index])) for index in old_left}
    new_words = {index: vocabulary(text_of(new[index])) for index in new_left}
    candidates = [
        (-likeness, abs(before - after), before, after)
        for before, old_vocabulary in old_words.items()
        for after, new_vocabulary in new_words.items()
        if variant_of(item, old[before]) == variant_of(item, new[after])
        if (likeness := likeness_of(old_vocabulary, new_vocabulary)) >= _LEAST_LIKENESS
    ]
    for _, _, before, after in sorted(candidates):
        if before in old_words and after in new_words:
            del old_words[before], new_words[after]
            yield before, after


def text_of(value: Json) -> str:
    """Return all words in a value, one line for each text and number."""
    if isinstance(value, Mapping):
        return "\n".join(filter(None, map(text_of, value.values())))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(filter(None, map(text_of, items_of(value))))
    return str(value) if value is not None else ""
