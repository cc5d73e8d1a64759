"""The names that a site's declaration takes in the API, and those that the API has already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from cms.content.builtin import BUILT_IN
from cms.content.content_type import ContentType
from cms.content.fields import Block, Blocks, Choice, Field, List, Object, Section
from cms.content.fields.base import all_fields
from cms.content.fields.computed import shown_as
from cms.content.fields.names import api_name, camel, lower_first, text_name
from cms.content.reserved_names import RESERVED_QUERIES, is_reserved
from cms.errors import SiteError

# The types that the API makes of a content type, of a part of its values, and of a choice:
# what their names add to its name.
_OF_A_CONTENT_TYPE = (
    *("", "Aggregate", "Avg", "Connection", "Edge", "Facet", "ListWhere", "Max", "Min", "Moment"),
    *("Order", "Sum", "Values", "Where"),
)
_OF_A_BULK_MUTATION = ("Input", "Item", "Payload", "Result")
_OF_A_PART = ("", "Input", "ListWhere", "Where")
_OF_A_CHOICE = ("", "Filter", "ListFilter")


def check_api_names(content_types: Sequence[type[ContentType]]) -> None:
    """Check that every type and every root query of the API has a name of its own.

    Raises:
        SiteError: if two parts of the declaration, or one and the API itself, have one name.
    """
    _check_classes("content types", content_types)
    _check_classes("blocks", _blocks_of(content_types))
    queries: dict[str, str] = {}
    for name, owner in queries_of(content_types):
        _take(queries, name, owner, "query")
    types: dict[str, str] = {}
    built_in = {name for name, _ in types_of(BUILT_IN)}
    for name, owner in types_of(content_types):
        if is_reserved(name) and name not in built_in:
            raise SiteError(f"{owner}: the type {name} is reserved for the API; use another name")
        _take(types, name, owner, "type")
    for place, fields in _groups_of(content_types):
        _check_choice_texts(place, fields)
    built_in = {name for name, _ in queries_of(BUILT_IN)}
    for name, owner in queries_of(content_types):
        if name in RESERVED_QUERIES - built_in:
            raise SiteError(f"{owner}: the query {name} is reserved for the API; use another name")


def choice_texts(fields: Mapping[str, Field]) -> Mapping[str, str]:
    """Return the API's name of the stored text beside each choice and each list of choices."""
    return {
        key: text_name(api_name(key), is_list=isinstance(shown_as(field), List))
        for key, field in fields.items()
        if isinstance(_item_of(field), Choice)
    }


def _check_choice_texts(place: str, fields: Mapping[str, Field]) -> None:
    """Check that no field has the name of the stored text beside a choice."""
    names = {api_name(key): key for key in fields}
    for key, text in choice_texts(fields).items():
        if text in names:
            raise SiteError(
                f"{place}: {text} is the stored text of the choice {key!r} in the API; "
                f"rename {names[text]!r}"
            )


def _check_classes(what: str, classes: Sequence[type[ContentType | Block]]) -> None:
    """Check that no two classes have one name."""
    for name, count in Counter(each.name for each in classes).items():
        if count > 1:
            raise SiteError(f"{what} must be different: {name} is repeated; remove one")


def _take(taken: dict[str, str], name: str, owner: str, kind: str) -> None:
    other = taken.setdefault(name, owner)
    if other != owner:
        raise SiteError(
            f"{other} and {owner} would both be the {kind} {name} of the API; rename one of them"
        )


def queries_of(content_types: Sequence[type[ContentType]]) -> Iterator[tuple[str, str]]:
    """Yield the root queries that the API makes of content types, and what each is made of."""
    for content_type in content_types:
        yield lower_first(content_type.name), f"content type {content_type.name}"
        if not content_type.singleton:
            yield lower_first(content_type.plural), f"the plural of {content_type.name}"


def types_of(content_types: Sequence[type[ContentType]]) -> Iterator[tuple[str, str]]:
    """Yield the types that the API makes of a declaration, and what each is made of."""
    for content_type in content_types:
        name = content_type.name
        for ending in _OF_A_CONTENT_TYPE:
            yield f"{name}{ending}", f"content type {name}"
        for start, ending in product(("Create", "Update"), ("Input", "Payload")):
            yield f"{start}{name}{ending}", f"content type {name}"
        if not content_type.singleton:
            # Categories and people are created one by one.
            starts = ("Update",) if content_type.is_built_in() else ("Create", "Update")
            for start, ending in product(starts, _OF_A_BULK_MUTATION):
                yield f"{start}{content_type.plural}{ending}", f"the plural of {name}"
        yield from _types_of_fields(name, name, content_type.fields)
    for block in _blocks_of(content_types):
        yield from ((f"{block.name}{end}", f"block {block.name}") for end in _OF_A_PART)
        yield from _types_of_fields(block.name, block.name, block.fields)


def _groups_of(
    content_types: Sequence[type[ContentType]],
) -> Iterator[tuple[str, Mapping[str, Field]]]:
    """Yield the fields that are declared together, and the place where they are."""
    owners: Sequence[type[ContentType | Block]] = [*content_types, *_blocks_of(content_types)]
    for each in owners:
        yield each.name, each.fields
        for field in all_fields(each.fields.values()):
            item = _item_of(field)
            if isinstance(item, Object):
                yield f"{each.name}.{field.name}", item.fields


def _item_of(field: Field) -> Field:
    """Return a field without what computes it, or the item of a list without blocks."""
    shown = shown_as(field)
    return shown.item if isinstance(shown, List) and not isinstance(shown, Blocks) else shown


def _types_of_fields(
    name: str, place: str, fields: Mapping[str, Field]
) -> Iterator[tuple[str, str]]:
    for key, field in fields.items():
        type_, owner, item = f"{name}{camel(key)}", f"{place}.{key}", _item_of(field)
        if isinstance(item, Choice):
            yield from ((f"{type_}{ending}", owner) for ending in _OF_A_CHOICE)
        elif isinstance(item, Blocks | Object) and not isinstance(item, Section):
            yield from ((f"{type_}{ending}", owner) for ending in _OF_A_PART)
        if isinstance(item, Object) and not isinstance(item, Section):
            yield from _types_of_fields(type_, owner, item.fields)


def _blocks_of(content_types: Sequence[type[ContentType]]) -> Sequence[type[Block]]:
    """Return each class of blocks that is used, once."""
    used = (
        block
        for content_type in content_types
        for field in all_fields(content_type.fields.values())
        if isinstance(field, Blocks)
        for block in field.blocks.values()
    )
    return [*dict.fromkeys(used)]
