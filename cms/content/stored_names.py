"""Stored names: the words under which content types, fields, blocks and choices are stored.

A declaration can be renamed, and what is stored cannot: it is signed. So each has a stored name,
the first that it had, which stays when it is renamed. Contents, links, entries and derived values
have stored names; drafts, the API and people have the declared ones.

Values are converted in few places: :func:`cms.content.snapshot.take_snapshot` and
:func:`cms.content.snapshot.fields_in` for contents, and the paths of this module for links and
comments. A path means something only in its content, since each block of a list has fields of its
own. Which stored names a site has is decided by :mod:`cms.type_versions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import items_of
from cms.content.fields import AnyBlock, Field, List, Object
from cms.content.fields.base import ValuePath, former_name, path_text, stored_values
from cms.content.fields.computed import shown_as
from cms.content.links import Edge
from cms.content.snapshot import fields_in

# Yields the steps of a path in another form, given the fields in which it begins, their values
# and the path.
_Convert = Callable[[Iterable[Field], Json, ValuePath], Iterator[str | int]]


def named_content(content_type: type[ContentType], content: JsonObject) -> JsonObject:
    """Return a content whose fields have their declared names."""
    return {**content, "fields": fields_in(content_type, content)}


def declared_content(content_type: type[ContentType], content: JsonObject) -> JsonObject:
    """Return a stored content, still with stored names, without fields that are not declared."""
    values = fields_in(content_type, content)
    return {**content, "fields": stored_values(content_type.fields, values)}


def named_path(content_type: type[ContentType], content: JsonObject, path: ValuePath) -> ValuePath:
    """Return a path in a stored content, with the declared names of the fields in it.

    The values in the content say which block each is, and so which fields it has. A name that is
    not declared any more is that of :func:`~cms.content.fields.base.former_name`.

    Args:
        content_type: content type of the content.
        content: the content as it is stored, in which the path is.
        path: a path with stored names: ``("fields", "subtitle")``; another path stays.

    Raises:
        LookupError: if the path leads through a block that the content does not have.
    """
    return _converted(content_type, content, path, _named_steps)


def stored_path(content_type: type[ContentType], content: JsonObject, path: ValuePath) -> ValuePath:
    """Return a path with stored names; the inverse of :func:`named_path`.

    Args:
        content_type: content type of the content.
        content: the content as it is stored.
        path: a path in it with declared names.

    Raises:
        LookupError: if the path leads through a block that the content does not have.
    """
    return _converted(content_type, content, path, _stored_steps)


def named_edge(content_type: type[ContentType], content: JsonObject, edge: Edge) -> Edge:
    """Return an edge of a stored content, with the declared names of the fields in its path."""
    _, *steps = named_path(content_type, content, ("fields", *edge.field_path.split("/")))
    return replace(edge, field_path=path_text(tuple(steps)))


def _converted(
    content_type: type[ContentType], content: JsonObject, path: ValuePath, convert: _Convert
) -> ValuePath:
    if path[:1] != ("fields",):
        return path
    return ("fields", *convert(content_type.fields.values(), content.get("fields"), path[1:]))


def _named_steps(fields: Iterable[Field], stored: Json, path: ValuePath) -> Iterator[str | int]:
    by_stored_name = {each.stored_name: each for each in fields}
    first, *rest = path
    field = by_stored_name.get(str(first))
    if field is None:
        yield former_name(str(first), {each.name for each in by_stored_name.values()})
        yield from rest
        return
    yield field.name
    yield from _within(field, _member(stored, field), tuple(rest), _named_steps)


def _stored_steps(fields: Iterable[Field], stored: Json, path: ValuePath) -> Iterator[str | int]:
    by_name = {each.name: each for each in fields}
    first, *rest = path
    field = by_name[str(first)]
    yield field.stored_name
    yield from _within(field, _member(stored, field), tuple(rest), _stored_steps)


def _within(field: Field, stored: Json, path: ValuePath, convert: _Convert) -> Iterator[str | int]:
    """Yield the steps of a path in the value of a field."""
    if not path:
        return
    match shown_as(field):
        case List() as listed:
            yield path[0]
            item = _item(stored, int(path[0]))
            yield from _within(listed.item, item, path[1:], convert)
        case AnyBlock() as blocks:
            block = blocks.block_stored_as(_present(stored, path))
            # The names in a block that is not declared any more are as they are stored.
            yield from convert(block.fields.values(), stored, path) if block is not None else path
        case Object() as group:
            yield from convert(group.fields.values(), stored, path)
        case _:  # the index of a link
            yield from path


def _present(stored: Json, path: ValuePath) -> Json:
    if stored is None:
        raise LookupError(f"the content has no block with a value at {path_text(path)!r}")
    return stored


def _member(stored: Json, field: Field) -> Json:
    return stored.get(field.stored_name) if isinstance(stored, Mapping) else None


def _item(stored: Json, index: int) -> Json:
    items = items_of(stored)
    return items[index] if index < len(items) else None
