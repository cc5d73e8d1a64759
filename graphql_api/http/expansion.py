"""The fields of a document, with every fragment counted as often as it is spread.

Only names are read, so this works before validation. Each fragment is walked once and its
contents are multiplied; a cycle or an unknown name ends the walk there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

_ByName: TypeAlias = dict[str, list[FieldNode]]


@dataclass(frozen=True)
class Size:
    """The extent of a selection.

    Attributes:
        fields: the number of fields.
        depth: the depth of nested fields, without introspection.
    """

    fields: int = 0
    depth: int = 0

    def plus(self, other: Size) -> Size:
        """Return the size of two selections together."""
        return Size(self.fields + other.fields, max(self.depth, other.depth))

    def within(self, node: FieldNode) -> Size:
        """Return the size of a field with the selection."""
        # A validation rule limits introspection.
        deeper = 1 if node.name.value.startswith("__") else 1 + self.depth
        return Size(1 + self.fields, deeper)


_NOTHING = Size()


class Expansion:
    """A document's selections with the fragments in place of their names.

    Attributes:
        size: the size of all operations, and of the fragments that none of them spreads.
    """

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            each.name.value: each.selection_set
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._sizes: dict[str, Size] = {}
        self._roots: list[SelectionSetNode] = []
        self.size = _NOTHING
        for each in document.definitions:
            if isinstance(each, OperationDefinitionNode):
                self._take(each.selection_set)
        for name, selected in self._fragments.items():
            if name not in self._sizes:
                self._take(selected)

    def root_fields(self) -> int:
        """Return the largest number of root fields of an operation."""
        merged = (self._merge([each]).values() for each in self._roots)
        return max((sum(map(len, fields)) for fields in merged), default=0)

    def repetitions(self) -> Iterator[int]:
        """Yield, for each object of the answer, the number of field pairs with one response name.

        Validation compares every pair, since both fields have to select the same:
        https://spec.graphql.org/September2025/#sec-Field-Selection-Merging.
        """
        places = [[each] for each in self._roots]
        # Only a cycle has more objects than fields.
        for _ in range(len(places) + self.size.fields):
            if not places:
                return
            for nodes in self._merge(places.pop()).values():
                yield len(nodes) * (len(nodes) - 1) // 2
                if inner := [each.selection_set for each in nodes if each.selection_set]:
                    places.append(inner)

    def _take(self, root: SelectionSetNode) -> None:
        self._roots.append(root)
        self.size = self.size.plus(self._size_of(root))

    def _size_of(self, selected: SelectionSetNode) -> Size:
        total = _NOTHING
        for node in selected.selections:
            total = total.plus(self._size_of_node(node))
        return total

    def _size_of_node(self, node: SelectionNode) -> Size:
        match node:
            case FieldNode(selection_set=inner):
                return (self._size_of(inner) if inner else _NOTHING).within(node)
            case InlineFragmentNode(selection_set=inner):
                return self._size_of(inner)
            case FragmentSpreadNode():
                return self._size_of_fragment(node.name.value)
        return _NOTHING

    def _size_of_fragment(self, name: str) -> Size:
        if name not in self._sizes:
            self._sizes[name] = _NOTHING  # until it is known, so that a cycle adds nothing
            if name in self._fragments:
                self._sizes[name] = self._size_of(self._fragments[name])
        return self._sizes[name]

    def _merge(self, sets: Iterable[SelectionSetNode]) -> _ByName:
        """Return the fields of one object by response name, each fragment once."""
        merging = _Merging(self._fragments)
        for each in sets:
            merging.add(each.selections)
        return merging.fields


@dataclass(frozen=True)
class _Merging:
    fragments: dict[str, SelectionSetNode]
    fields: _ByName = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)

    def add(self, nodes: Sequence[SelectionNode]) -> None:
        for node in nodes:
            match node:
                case FieldNode():
                    name = node.alias.value if node.alias else node.name.value
                    self.fields.setdefault(name, []).append(node)
                case InlineFragmentNode(selection_set=inner):
                    self.add(inner.selections)
                case FragmentSpreadNode(name=spread) if spread.value not in self.visited:
                    self.visited.add(spread.value)
                    if (spread_set := self.fragments.get(spread.value)) is not None:
                        self.add(spread_set.selections)
