"""Several values of one kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import Field, Problems, ValuePath, as_list
from cms.content.links import Edge, Targets
from cms.content.rendering import Rendering
from cms.errors import InvalidValue, MissingField, SiteError


@dataclass(eq=False)
class List(Field):
    """An ordered list. Its items are never empty.

    Attributes:
        of: the field that every item is a value of.
        most: the largest number of items.
    """

    label: str = ""
    of: Field | None = None
    most: int = 500

    def __post_init__(self) -> None:
        if self.of is not None and not isinstance(self.of, Field):
            raise SiteError("of must be a field: List(of=Text())")

    @property
    def item(self) -> Field:
        """The field that every item is a value of."""
        if self.of is None:
            raise SiteError(f"the list {self.name!r} must have items of a field: List(of=Text())")
        return self.of

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Clean the items and drop the empty ones."""
        items = as_list(value, path, problems)
        if len(items) > self.most:
            message = f"{len(items):,} items; at most {self.most:,} are allowed"
            problems.append(InvalidValue(message=message, path=path))
        cleaned = (
            self.item.clean(item, (*path, index), problems) for index, item in enumerate(items)
        )
        return [item for item in cleaned if item is not None]

    def missing(self, value: Json, path: ValuePath) -> Iterator[MissingField]:
        """Look into every item too."""
        yield from super().missing(value, path)
        for index, item in self._items(value):
            yield from self.item.missing(item, (*path, index))

    def hrefs(self, value: Json) -> Iterator[str]:
        """Yield the addresses in every item."""
        for _, item in self._items(value):
            yield from self.item.hrefs(item)

    def resolve(self, value: Json, targets: Targets) -> Json:
        """Resolve every item."""
        return [self.item.resolve(item, targets) for _, item in self._items(value)]

    def compute(self, value: Json, beside: JsonObject) -> Json:
        """Fill in every item."""
        return [self.item.compute(item, beside) for _, item in self._items(value)]

    def render(self, value: Json, page: Rendering) -> Json:
        """Render every item; a list that was never written stays missing."""
        if value is None:
            return None
        return [self.item.render(item, page) for _, item in self._items(value)]

    def texts(self, value: Json) -> Iterator[str]:
        """Yield the texts of every item."""
        for _, item in self._items(value):
            yield from self.item.texts(item)

    def edges(self, value: Json, path: ValuePath, targets: Targets) -> Iterator[Edge]:
        """Yield the edges of every item."""
        for index, item in self._items(value):
            yield from self.item.edges(item, (*path, index), targets)

    def to_stored(self, value: Json) -> Json:
        """Convert every item."""
        if not isinstance(value, list | tuple):
            return value
        return [self.item.to_stored(item) for item in value]

    def to_named(self, value: Json, *, is_draft: bool = False) -> Json:
        """Convert every item; a draft has no items of which nothing is declared any more."""
        if not isinstance(value, list | tuple):
            return value
        items = [self.item.to_named(item, is_draft=is_draft) for item in value]
        return [item for item in items if item is not None] if is_draft else items

    def inner_fields(self) -> Iterator[Field]:
        """Yield the field of the items."""
        yield self.item

    def _items(self, value: Json) -> Iterator[tuple[int, Json]]:
        if isinstance(value, list | tuple):
            yield from enumerate(value)
