"""Fields that Python computes when a revision is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass

from cms.content.canonical_json import Json as JsonValue
from cms.content.canonical_json import JsonObject
from cms.content.fields.base import Field, Problems, Scalar, ValuePath, as_text
from cms.content.fields.json_value import Json
from cms.content.fields.list import List
from cms.errors import SiteError, UserError


@dataclass(eq=False)
class Computed(Field):
    """A value that a function makes of the values beside it.

    It is worked out when a revision is saved, and stored with what was written, so that the
    digest covers it: readers see it, so a reviewer signs it off too, and a function that is
    changed later changes nothing that was signed. What a draft says in its place is ignored.

    Attributes:
        of: what kind of value it is.
        from_: the function. It gets the values that stand beside this one, by name, as they
            are stored, and of a page also its ``title``, ``slug`` and ``summary``; other
            computed values are not among them. The same values have to give the same result.
    """

    label: str = ""
    _: KW_ONLY
    of: Field
    from_: Callable[[JsonObject], JsonValue]

    def __post_init__(self) -> None:
        if not isinstance(self.of, Field):
            raise SiteError("of must be a field: Computed(of=Text(), from_=…)")
        item = self.of.item if isinstance(self.of, List) else self.of
        if not isinstance(item, Scalar | Json):
            raise SiteError(
                f"a {type(item).__name__} cannot be computed; use a field with a plain value"
            )

    def __set_name__(self, owner: type, name: str) -> None:
        super().__set_name__(owner, name)
        self.of.label = self.of.label or self.label
        self.of.description = self.of.description or self.description
        self.of.required = self.required
        self.of.__set_name__(owner, name)

    def clean(self, value: JsonValue, path: ValuePath, problems: Problems) -> JsonValue:
        """Drop the value; it is computed again."""
        del value, path, problems
        return None

    def compute(self, value: JsonValue, beside: JsonObject) -> JsonValue:
        """Return what the function gives, in its stored form.

        Raises:
            SiteError: if that is no value of its kind.
        """
        del value
        problems: list[UserError] = []
        computed = self.of.clean(self.from_(beside), (self.name,), problems)
        if isinstance(computed, str):
            as_text(computed, (self.name,), problems, self.at_most(len(computed)))
        if problems:
            raise SiteError(
                f"the computed value of {self.name} is not valid: {problems[0].message}"
            )
        return computed

    def to_stored(self, value: JsonValue) -> JsonValue:
        """Convert the computed value."""
        return self.of.to_stored(value)

    def to_named(self, value: JsonValue, *, is_draft: bool = False) -> JsonValue:
        """Convert the computed value."""
        return self.of.to_named(value, is_draft=is_draft)

    def texts(self, value: JsonValue) -> Iterator[str]:
        """Yield the texts of what was computed."""
        yield from self.of.texts(value)

    def inner_fields(self) -> Iterator[Field]:
        """Yield the field that says what it is."""
        yield self.of


def shown_as(field: Field) -> Field:
    """Return what a computed field is a field of; any other is itself."""
    return field.of if isinstance(field, Computed) else field
