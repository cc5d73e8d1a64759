"""Several named values that belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cms.content.canonical_json import Json, JsonObject
from cms.content.fields.base import (
    Field,
    Problems,
    ValuePath,
    as_mapping,
    named_values,
    stored_values,
)
from cms.content.fields.names import check_names
from cms.content.keywords import suggestion
from cms.content.links import Edge, Targets
from cms.content.rendering import Rendering
from cms.errors import MissingField, SiteError


class Object(Field):
    """A group of fields: ``Object(heading=Text(), text=Text(required=True))``."""

    def __init__(
        self,
        /,
        label: str = "",
        *,
        required: bool = False,
        description: str = "",
        deprecated: str = "",
        was: str = "",
        **fields: Field,
    ) -> None:
        own = {"description": description, "deprecated": deprecated, "was": was}
        _check_arguments({"label": label, "required": required, **own}, fields)
        super().__init__(
            label, required=required, description=description, deprecated=deprecated, was=was
        )
        self.fields: Mapping[str, Field] = fields
        check_names(label or type(self).__name__, fields)
        for name, field in fields.items():
            field.__set_name__(type(self), name)

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Clean each value; an object without any value is empty."""
        values = as_mapping(value, tuple(self.fields), path, problems)
        cleaned = {
            name: field.clean(values.get(name), (*path, name), problems)
            for name, field in self.fields.items()
        }
        return cleaned if any(item not in (None, []) for item in cleaned.values()) else None

    def missing(self, value: Json, path: ValuePath) -> Iterator[MissingField]:
        """Look into the values, if there is an object at all."""
        yield from super().missing(value, path)
        for name, field, item in self.values(value):
            yield from field.missing(item, (*path, name))

    def hrefs(self, value: Json) -> Iterator[str]:
        """Yield the addresses in every value."""
        for _, field, item in self.values(value):
            yield from field.hrefs(item)

    def resolve(self, value: Json, targets: Targets) -> Json:
        """Resolve every value."""
        return {
            name: field.resolve(item, targets) for name, field, item in self.values(value)
        } or None

    def compute(self, value: Json, beside: JsonObject) -> Json:
        """Fill in every value, given those that stand in the same object."""
        del beside
        if not isinstance(value, Mapping):
            return None
        return {name: field.compute(item, value) for name, field, item in self.values(value)}

    def render(self, value: Json, page: Rendering) -> Json:
        """Render every value; what is empty is left out."""
        if not isinstance(value, Mapping):
            return None
        rendered = ((name, field.render(item, page)) for name, field, item in self.values(value))
        return {name: item for name, item in rendered if item is not None}

    def texts(self, value: Json) -> Iterator[str]:
        """Yield the texts of every value."""
        for _, field, item in self.values(value):
            yield from field.texts(item)

    def edges(self, value: Json, path: ValuePath, targets: Targets) -> Iterator[Edge]:
        """Yield the edges of every value."""
        for _, field, item in self.values(value):
            yield from field.edges(item, (*path, field.stored_name), targets)

    def inner_fields(self) -> Iterator[Field]:
        """Yield the object's fields."""
        yield from self.fields.values()

    def to_stored(self, value: Json) -> Json:
        """Convert every value; what is no field of the object stays, such as an anchor."""
        if not isinstance(value, Mapping):
            return value
        return stored_values(self.fields_of(value), value)

    def to_named(self, value: Json, *, is_draft: bool = False) -> Json:
        """Convert every value; an object without any is empty."""
        if not isinstance(value, Mapping):
            return value
        named = named_values(self.fields, value, is_draft=is_draft)
        return named if named or not is_draft else None

    def values(self, value: Json) -> Iterator[tuple[str, Field, Json]]:
        """Yield each field's name, the field, and its value; nothing for an empty object."""
        if isinstance(value, Mapping):
            for name, field in self.fields_of(value).items():
                yield name, field, value.get(name)

    def fields_of(self, value: JsonObject) -> Mapping[str, Field]:
        """Return the fields that this value has; where there are variants, those of its own."""
        del value
        return self.fields

    def variant_of(self, value: Json) -> str:
        """Return which variant of the object a value is; empty where there is only one."""
        del value
        return ""

    def blank(self, like: JsonObject) -> JsonObject:
        """Return a value of the same variant in which nothing is filled in."""
        del like
        return {}


def _check_arguments(own: Mapping[str, object], fields: Mapping[str, object]) -> None:
    """Check that what an object says of itself is no field, and all else is one."""
    for name, value in own.items():
        if isinstance(value, Field):
            raise SiteError(f"{name!r} is a parameter of Object; use another name for the field")
    for name, value in fields.items():
        if isinstance(value, type) and issubclass(value, Field):
            kind = value.__name__
            raise SiteError(f"an object's {name}: {kind} is a field kind; write {kind}()")
        if not isinstance(value, Field):
            raise SiteError(f"an object's {name} is not a field; {suggestion(name, [*own])}")
