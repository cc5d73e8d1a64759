"""Values of a content that its content type no longer declares.

A content keeps what it was signed with, so an old revision has values of fields that were removed
since. The next draft lacks them, and a reviewer has to see that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import TypeAlias

from cms.comparison.changes import ValueChange
from cms.comparison.word_diff import words_between
from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import is_empty, items_of
from cms.content.fields import AnyBlock, Field, List, Object
from cms.content.fields.base import ValuePath, label_of, path_text
from cms.content.fields.blocks import TYPE
from cms.content.fields.computed import shown_as
from cms.content.links import Origin
from cms.content.stored_names import named_path

# A path and a value; values of one place, whatever their indexes, are compared with each other.
_Found: TypeAlias = tuple[ValuePath, Json]


def undeclared_changes(
    content_type: type[ContentType], old: JsonObject, new: JsonObject
) -> Iterator[ValueChange]:
    """Yield the changes of values that the content type no longer declares, by place.

    Links of former link fields are left out, since they are among the links.

    Args:
        content_type: the content type as it is declared now.
        old: the old content.
        new: the new content.
    """
    before, after = _by_place(content_type, old), _by_place(content_type, new)
    for place in dict.fromkeys((*before, *after)):
        yield from _changes(place, before.get(place, []), after.get(place, []))


def _changes(place: ValuePath, old: list[_Found], new: list[_Found]) -> Iterator[ValueChange]:
    label = " \u203a ".join(label_of(str(step).partition("~")[0]) for step in place[1:])
    for removed, added in zip_longest(_without(old, new), _without(new, old)):
        yield _change(label, removed, added)


def _without(found: list[_Found], others: list[_Found]) -> Iterator[_Found]:
    """Yield what has no equal value among others, each of which has one equal at most."""
    left = [value for _, value in others]
    for each in found:
        if each[1] in left:
            left.remove(each[1])
        else:
            yield each


def _change(label: str, old: _Found | None, new: _Found | None) -> ValueChange:
    before, after = old[1] if old else None, new[1] if new else None
    has_words = all(isinstance(each, str | None) for each in (before, after))
    here = new or old
    return ValueChange(
        kind="REMOVED" if new is None else "ADDED" if old is None else "CHANGED",
        path=here[0] if here else (),
        old_path=old[0] if old else None,
        label=label,
        old=before,
        new=after,
        words=words_between(str(before or ""), str(after or "")) if has_words else (),
        is_declared=False,
    )


def _by_place(
    content_type: type[ContentType], content: JsonObject
) -> Mapping[ValuePath, list[_Found]]:
    links = (each for each in items_of(content.get("links")) if isinstance(each, Mapping))
    of_links = {str(each["fieldPath"]) for each in links if each["origin"] == Origin.FIELD}
    found: dict[ValuePath, list[_Found]] = {}
    values = _undeclared(content_type.fields, content.get("fields"), ("fields",))
    for path, value in values:
        if path_text(path[1:]) not in of_links:
            named = named_path(content_type, content, path)
            place = tuple(step for step in named if isinstance(step, str))
            found.setdefault(place, []).append((named, value))
    return found


def _undeclared(fields: Mapping[str, Field], stored: Json, path: ValuePath) -> Iterator[_Found]:
    if not isinstance(stored, Mapping):
        return
    declared = {each.stored_name: each for each in fields.values()}
    for name, value in stored.items():
        if name in declared:
            yield from _within(declared[name], value, (*path, name))
        elif not is_empty(value):
            yield (*path, name), value


def _within(field: Field, value: Json, path: ValuePath) -> Iterator[_Found]:
    shown = shown_as(field)
    match shown:
        case List():
            for index, item in enumerate(items_of(value)):
                yield from _within(shown.item, item, (*path, index))
        case AnyBlock() if isinstance(value, Mapping):
            block = shown.block_stored_as(value)
            if block is not None:  # the difference has another item as a whole
                values = {name: each for name, each in value.items() if name != TYPE}
                yield from _undeclared(block.fields, values, path)
        case Object():
            yield from _undeclared(shown.fields, value, path)
        case _:
            return
