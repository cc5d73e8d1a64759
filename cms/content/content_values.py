"""The values of a content with their paths, labels and fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import Field, List, Markdown, Object, Reference, Text
from cms.content.fields.base import ValuePath
from cms.content.snapshot import fields_in

# Values that every content has besides its fields and tags; the category is an id.
COMMON: Mapping[str, Field] = {
    "title": Text("Title"),
    "slug": Text("Slug"),
    "summary": Text("Summary"),
    "category": Reference("Category"),
}
TAGS_LABEL = "Tags"
HEADING_LABEL = "Heading of links"


@dataclass(frozen=True)
class ContentValue:
    """A value of a content, with its path.

    Attributes:
        path: path in the content: ``("fields", "sections", 0, "body")``.
        labels: label of each step of the path, as editors see it.
        field: field of the value.
        value: the value itself.
    """

    path: ValuePath
    labels: tuple[str, ...]
    field: Field
    value: Json

    @property
    def label(self) -> str:
        """The labels of the path, from the field to the value, separated by an arrow."""
        return " \u203a ".join(self.labels)

    @property
    def is_text(self) -> bool:
        """True for text and Markdown, which are compared word by word."""
        return isinstance(self.field, Text | Markdown)

    @property
    def is_empty(self) -> bool:
        """True if the value is null or an empty text, list or object."""
        return is_empty(self.value)

    def parts(self) -> Iterator[ContentValue]:
        """Yield the values of an object; nothing for another kind of value."""
        if isinstance(self.field, Object):
            for name, field, value in self.field.values(self.value):
                yield ContentValue((*self.path, name), (*self.labels, field.label), field, value)

    def items(self) -> Iterator[ContentValue]:
        """Yield the items of a list; nothing for another kind of value."""
        if isinstance(self.field, List):
            for index, value in enumerate(items_of(self.value)):
                yield self.item(self.field.item, index, value)

    def item(self, field: Field, index: int, value: Json) -> ContentValue:
        """Return one item of a list.

        Args:
            field: field of the item.
            index: index in the list.
            value: value of the item.
        """
        labels = (*self.labels, *_item_labels(field, index, value))
        return ContentValue((*self.path, index), labels, field, value)

    def leaves(self) -> Iterator[ContentValue]:
        """Yield the single values within this one, without empty ones."""
        inner = [*self.parts(), *self.items()]
        for value in inner:
            yield from value.leaves()
        if not inner and not self.is_empty:
            yield self


def values_in(content_type: type[ContentType], content: JsonObject) -> Iterator[ContentValue]:
    """Yield the title, the slug, the summary, the category, and the value of each declared field.

    Tags are left out, since they are a set (:func:`tags_in`), and so are values of fields that the
    content type no longer declares.
    """
    for name, field in COMMON.items():
        yield ContentValue((name,), (field.label,), field, content.get(name))
    values = fields_in(content_type, content)
    for name, field in content_type.fields.items():
        yield ContentValue(("fields", name), (field.label,), field, values.get(name))


def tags_in(content: JsonObject) -> tuple[str, ...]:
    """Return a content's tags."""
    return tuple(map(str, items_of(content.get("tags"))))


def headings_in(content: JsonObject) -> Mapping[str, str]:
    """Return the headings of a content's link groups, by the kind of their links."""
    headings = content.get("headings")
    stored = headings if isinstance(headings, Mapping) else {}
    return {kind: str(heading) for kind, heading in stored.items()}


def identifying_words(field: Field, value: Json) -> str:
    """Return the text that identifies an item of a list, such as the heading of a section.

    It is the object's first required text, or its first text if none is required; empty if the
    item is not an object.
    """
    if not isinstance(field, Object) or not isinstance(value, Mapping):
        return ""
    fields = field.fields_of(value)
    texts = [name for name, each in fields.items() if isinstance(each, Text)]
    required = [name for name in texts if fields[name].required]
    return str(value.get((required or texts)[0]) or "") if texts else ""


def items_of(value: Json) -> Sequence[Json]:
    """Return the items of a list; none for a value that is not a list."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def is_empty(value: Json) -> bool:
    """Return whether a value is null or an empty text, list or object; not ``False`` or 0."""
    return value is None or (isinstance(value, Sequence | Mapping) and not value)


def _item_labels(field: Field, index: int, value: Json) -> tuple[str, ...]:
    if not isinstance(field, Object):
        return ()
    numbered = f"{field.variant_of(value)} {index + 1}".strip()
    return (identifying_words(field, value) or numbered,)


def variant_of(field: Field, value: Json) -> str:
    """Return the variant of an object field that a value has; empty for other fields.

    Only values of the same variant are compared.
    """
    return field.variant_of(value) if isinstance(field, Object) else ""
