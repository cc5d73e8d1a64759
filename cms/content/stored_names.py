"""Stored names: the words under which content types, fields, blocks and choices are stored.

A declaration can be renamed, and what is stored cannot: it is signed. So each has a stored name,
the first that it had, which stays when it is renamed. Contents, links, entries and derived values
have stored names; drafts, the API and people have the declared ones.

Values are converted in few places: :func:`cms.content.snapshot.take_snapshot` and
:func:`cms.content.snapshot.fields_in` for contents, and the paths of this module for links and
comments. Which stored names a site has is decided by :mod:`cms.type_versions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cms.content.canonical_json import JsonObject
from cms.content.content_type import ContentType
from cms.content.fields import Field, List
from cms.content.fields.base import ValuePath
from cms.content.fields.computed import shown_as
from cms.content.snapshot import fields_in


def named_content(content_type: type[ContentType], content: JsonObject) -> JsonObject:
    """Return a content whose fields have their declared names."""
    return {**content, "fields": fields_in(content_type, content)}


def named_path(content_type: type[ContentType], path: ValuePath) -> ValuePath:
    """Return a path in a stored content, with the declared names of the fields in it.

    Args:
        content_type: content type of the content.
        path: a path with stored names: ``("fields", "subtitle")``; another path stays.
    """
    return _converted(content_type, path, lambda field: (field.stored_name, field.name))


def stored_path(content_type: type[ContentType], path: ValuePath) -> ValuePath:
    """Return a path with stored names; the inverse of :func:`named_path`."""
    return _converted(content_type, path, lambda field: (field.name, field.stored_name))


def _converted(
    content_type: type[ContentType], path: ValuePath, names_of: Callable[[Field], tuple[str, str]]
) -> ValuePath:
    if path[:1] != ("fields",):
        return path
    steps = _steps(list(content_type.fields.values()), path[1:], names_of)
    return ("fields", *steps)


def _steps(
    fields: Sequence[Field], path: ValuePath, names_of: Callable[[Field], tuple[str, str]]
) -> Iterator[str | int]:
    inner = fields
    for step in path:
        names: Mapping[str, tuple[str, Field]] = {
            before: (after, field) for before, after, field in _named(inner, names_of)
        }
        found = names.get(str(step))
        if found is None:  # an index, or the address of a link
            yield step
            continue
        yield found[0]
        shown = shown_as(found[1])
        item = shown.item if isinstance(shown, List) else shown
        inner = list(item.inner_fields())


def _named(
    fields: Sequence[Field], names_of: Callable[[Field], tuple[str, str]]
) -> Iterator[tuple[str, str, Field]]:
    for field in fields:
        if field.name:
            before, after = names_of(field)
            yield before, after, field
