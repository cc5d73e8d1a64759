"""Where the values of a content stand, and what a person would call each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import Field, List, Markdown, Object, Reference, Text
from cms.content.fields.base import ValuePath

# What every content has beside its fields and tags; the category is an id.
COMMON: Mapping[str, Field] = {
    "title": Text("Title"),
    "slug": Text("Slug"),
    "summary": Text("Summary"),
    "category": Reference("Category"),
}
TAGS_LABEL = "Tags"


@dataclass(frozen=True)
class ContentValue:
    """A value and where it stands.

    Attributes:
        path: the way to it in a content: ``("fields", "sections", 0, "body")``.
        labels: what an editor calls each step of the way.
        field: what kind of value it is.
        value: what stands there.
    """

    path: ValuePath
    labels: tuple[str, ...]
    field: Field
    value: Json

    @property
    def label(self) -> str:
        """The way to it in words, from the field to the value, with a mark between the steps."""
        return " \u203a ".join(self.labels)

    @property
    def is_text(self) -> bool:
        """Whether it is compared word by word."""
        return isinstance(self.field, Text | Markdown)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing here."""
        return is_empty(self.value)

    def parts(self) -> Iterator[ContentValue]:
        """Yield the places of an object's values."""
        if isinstance(self.field, Object):
            for name, field, value in self.field.values(self.value):
                yield ContentValue((*self.path, name), (*self.labels, field.label), field, value)

    def items(self) -> Iterator[ContentValue]:
        """Yield the places of a list's items."""
        if isinstance(self.field, List):
            for index, value in enumerate(items_of(self.value)):
                yield self.item(self.field.item, index, value)

    def item(self, field: Field, index: int, value: Json) -> ContentValue:
        """Return the place of one item of a list."""
        labels = (*self.labels, *_item_labels(field, index, value))
        return ContentValue((*self.path, index), labels, field, value)

    def leaves(self) -> Iterator[ContentValue]:
        """Yield every single value in this one."""
        inner = [*self.parts(), *self.items()]
        for value in inner:
            yield from value.leaves()
        if not inner and not self.is_empty:
            yield self


def values_in(content_type: type[ContentType], content: JsonObject) -> Iterator[ContentValue]:
    """Yield the title, the slug, the summary, the category, and each declared field.

    Tags are a set, and what a content type no longer declares is nobody's to read.
    """
    for name, field in COMMON.items():
        yield ContentValue((name,), (field.label,), field, content.get(name))
    values = content.get("fields")
    for name, field in content_type.fields.items():
        value = values.get(name) if isinstance(values, Mapping) else None
        yield ContentValue(("fields", name), (field.label,), field, value)


def tags_in(content: JsonObject) -> tuple[str, ...]:
    """Return the ids of a content's tags."""
    return tuple(map(str, items_of(content.get("tags"))))


def identifying_words(field: Field, value: Json) -> str:
    """Return what tells an item of a list from its neighbours: the heading of a section.

    It is the object's first required text, or its first text where none is required; what is
    no object has none.
    """
    if not isinstance(field, Object) or not isinstance(value, Mapping):
        return ""
    fields = field.fields_of(value)
    texts = [name for name, each in fields.items() if isinstance(each, Text)]
    required = [name for name in texts if fields[name].required]
    return str(value.get((required or texts)[0]) or "") if texts else ""


def items_of(value: Json) -> Sequence[Json]:
    """Return the items of a list; nothing counts as the empty one."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def is_empty(value: Json) -> bool:
    """Say whether a value holds nothing; ``False`` and 0 are something."""
    return value is None or (isinstance(value, Sequence | Mapping) and not value)


def _item_labels(field: Field, index: int, value: Json) -> tuple[str, ...]:
    if not isinstance(field, Object):
        return ()
    numbered = f"{field.variant_of(value)} {index + 1}".strip()
    return (identifying_words(field, value) or numbered,)


def variant_of(field: Field, value: Json) -> str:
    """Return which variant of its field a value is; only those of one variant are compared."""
    return field.variant_of(value) if isinstance(field, Object) else ""
