"""The fields that a class declares, and those that it inherits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cms.content.fields.base import Field
from cms.errors import SiteError

# Where a class keeps its attributes as they were declared: later, ``name`` and ``description``
# are those of the class, though a field can be called so.
_DECLARED: Final = "_declared_attributes"


def collect_fields(cls: type) -> Mapping[str, Field]:
    """Return the fields of a class that is being declared, those of its base classes first.

    A field that is declared again replaces the inherited one in its place; an attribute that is
    no field, such as ``None``, removes it.

    Raises:
        SiteError: if an attribute is a kind of field, or a tuple of fields.
    """
    setattr(cls, _DECLARED, dict(vars(cls)))
    fields: dict[str, Field] = {}
    for base in reversed(cls.__mro__):
        for name, value in _attributes_of(base):
            if isinstance(value, Field):
                fields[name] = value
            else:
                fields.pop(name, None)
                _check_attribute(f"{base.__name__}.{name}", name, value)
    return fields


def _attributes_of(cls: type) -> Iterator[tuple[str, object]]:
    attributes = vars(cls).get(_DECLARED, vars(cls))
    yield from (each for each in attributes.items() if not each[0].startswith("_"))


def _check_attribute(place: str, name: str, value: object) -> None:
    """Check that an attribute is not what was meant to be a field."""
    if isinstance(value, type) and issubclass(value, Field):
        kind = value.__name__
        raise SiteError(f"{place}: {kind} is a field kind; write {name} = {kind}()")
    if isinstance(value, tuple) and any(isinstance(each, Field) for each in value):
        raise SiteError(f"{place} is a tuple; remove the comma after the field")
