"""Difference of the links of two contents."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cms.comparison.changes import LinkChange
from cms.comparison.sequences import equal_pairs, moved_positions, unpaired_indexes
from cms.content.canonical_json import JsonObject


@dataclass(frozen=True)
class _Link:
    """A link and its group, by the group's path in the new content."""

    group: str
    value: JsonObject

    def identity(self) -> Hashable:
        return _values(self.value, "origin", "kind", "target", "url", "query", "fragment")

    def place(self) -> Hashable:
        return (self.group, self.identity())

    def words(self) -> Hashable:
        return (self.place(), _values(self.value, "label", "note"))


# The keys by which links are paired, the strictest first.
_RESPECTS: Sequence[Callable[[_Link], Hashable]] = (_Link.words, _Link.place, _Link.identity)


def link_changes(
    old: Sequence[JsonObject], new: Sequence[JsonObject], groups: Mapping[str, str]
) -> Iterator[LinkChange]:
    """Yield the changes of the links.

    Args:
        old: links of the old content.
        new: links of the new content.
        groups: new path of each value by its old path, both in the form of a link's
            ``fieldPath``. A link does not count as moved when only its value moved.
    """
    before = [
        _Link(groups.get(path := str(link["fieldPath"]), f"gone/{path}"), link) for link in old
    ]
    after = [_Link(str(link["fieldPath"]), link) for link in new]
    pairs = sorted(_partners(before, after), key=lambda pair: pair[1])
    removed, added = unpaired_indexes(pairs, len(old), len(new))
    yield from (LinkChange(kind="REMOVED", old=old[index], new=None) for index in removed)
    yield from (LinkChange(kind="ADDED", old=None, new=new[index]) for index in added)
    yield from _moves(before, after, pairs)
    for was, now in pairs:
        if before[was].value["label"] != after[now].value["label"] or (
            before[was].value["note"] != after[now].value["note"]
        ):
            yield LinkChange(kind="RELABELLED", old=old[was], new=new[now])


def _partners(old: Sequence[_Link], new: Sequence[_Link]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for respect in _RESPECTS:
        old_left, new_left = unpaired_indexes(pairs, len(old), len(new))
        found = equal_pairs(
            [respect(old[index]) for index in old_left], [respect(new[index]) for index in new_left]
        )
        pairs += [(old_left[was], new_left[now]) for was, now in found]
    return pairs


def _moves(
    old: Sequence[_Link], new: Sequence[_Link], pairs: Sequence[tuple[int, int]]
) -> Iterator[LinkChange]:
    """Yield the links that changed groups, and the fewest that explain each group's new order."""
    stayed: dict[str, list[tuple[int, int]]] = {}
    for was, now in pairs:
        if old[was].group == new[now].group:
            stayed.setdefault(new[now].group, []).append((was, now))
        else:
            yield LinkChange(
                kind="MOVED", old=old[was].value, new=new[now].value, changed_groups=True
            )
    for group in stayed.values():
        for position in sorted(moved_positions([was for was, _ in group])):
            was, now = group[position]
            yield LinkChange(kind="MOVED", old=old[was].value, new=new[now].value)


def _values(link: JsonObject, *names: str) -> tuple[Hashable, ...]:
    return tuple(str(link[name]) if link[name] is not None else None for name in names)
