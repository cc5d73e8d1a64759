"""Three-way merge of a page that two people changed at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cms.comparison.list_merge import ListItem, Lists, lists_of
from cms.comparison.text_merge import merge_texts
from cms.content.canonical_json import Json, JsonObject
from cms.content.content_type import ContentType
from cms.content.content_values import TAGS_LABEL, ContentValue, is_empty, tags_in, values_in
from cms.content.fields import Computed, Links, List, Object
from cms.content.fields.base import ValuePath
from cms.content.snapshot import Draft
from cms.content.tags import tags_by_slug

Outcome = Literal["THEIRS", "YOURS", "BOTH", "CONFLICT"]


@dataclass(frozen=True, kw_only=True)
class FieldMerge:
    """The merge of one value that either side changed.

    Attributes:
        path: path in the draft; in the common ancestor if the value was removed.
        label: the path as editors see it; see ``ContentValue.label``.
        base: value in the common ancestor, or ``None``.
        theirs: the other side's value.
        yours: this side's value.
        merged: value in the draft; in a conflict, your value.
        outcome: side whose change was taken. ``BOTH`` means equal or compatible changes on both
            sides; ``CONFLICT`` means that a person has to decide.
    """

    path: ValuePath
    label: str
    base: Json
    theirs: Json
    yours: Json
    merged: Json
    outcome: Outcome

    def to_json(self) -> JsonObject:
        """Return the JSON form for the API."""
        return {
            "path": list(self.path),
            "label": self.label,
            "base": self.base,
            "theirs": self.theirs,
            "yours": self.yours,
            "merged": self.merged,
            "outcome": self.outcome,
        }


@dataclass(frozen=True)
class Merge:
    """A proposed draft, with the merge of each changed value.

    Attributes:
        fields: merges of the values that either side changed.
        draft: the proposal, as a draft that can be saved.
        content_type: name of the draft's content type.
    """

    fields: tuple[FieldMerge, ...]
    draft: Draft
    content_type: str

    @property
    def has_conflicts(self) -> bool:
        """True if an editor must decide a value."""
        return any(each.outcome == "CONFLICT" for each in self.fields)

    def to_json(self) -> JsonObject:
        """Return the JSON form for the API."""
        draft = self.draft
        return {
            "contentType": self.content_type,
            "hasConflicts": self.has_conflicts,
            "fields": [each.to_json() for each in self.fields],
            "draft": {
                "title": draft.title,
                "slug": draft.slug,
                "summary": draft.summary,
                "category": draft.category,
                "tags": list(draft.tags),
                "fields": draft.fields,
            },
        }


def merge(
    content_type: type[ContentType], base: JsonObject, theirs: JsonObject, yours: JsonObject
) -> Merge:
    """Return the page with the changes of both sides.

    A value that only one side changed is taken as it is. Texts are merged line by line, tags as
    a set, lists item by item. In a conflict the draft has your value; without conflicts, the
    result is the same if the sides are swapped.

    Args:
        content_type: content type of all three contents.
        base: content that both sides started from.
        theirs: content that the other side saved in the meantime.
        yours: content that this side wants to save.
    """
    field_merges: list[FieldMerge] = []
    values = zip(
        values_in(content_type, base),
        values_in(content_type, theirs),
        values_in(content_type, yours),
        strict=True,
    )
    merged = {
        before.path: _merge_value(_Sides(before, their.value, your.value), field_merges)
        for before, their, your in values
    }
    category = merged["category",]
    draft = Draft(
        title=str(merged["title",] or ""),
        slug=str(merged["slug",] or ""),
        summary=str(merged["summary",] or ""),
        category=str(category) if category is not None else None,
        tags=_merge_tags(tags_in(base), tags_in(theirs), tags_in(yours), field_merges),
        fields={name: merged["fields", name] for name in content_type.fields},
    )
    return Merge(tuple(field_merges), draft, content_type.name)


@dataclass(frozen=True)
class _Sides:
    """The three versions of one value.

    Attributes:
        base: the common ancestor's value, with the path that it has in the draft.
        theirs: the other side's value.
        yours: this side's value.
    """

    base: ContentValue
    theirs: Json
    yours: Json

    def field_merge(self, merged: Json, outcome: Outcome) -> FieldMerge:
        """Return the merge of this value with the given result."""
        return FieldMerge(
            path=self.base.path,
            label=self.base.label,
            base=self.base.value,
            theirs=self.theirs,
            yours=self.yours,
            merged=merged,
            outcome=outcome,
        )


def _merge_value(sides: _Sides, field_merges: list[FieldMerge]) -> Json:
    """Return the value for the draft, and append its merges to ``field_merges``."""
    base, theirs, yours = sides.base.value, sides.theirs, sides.yours
    if isinstance(sides.base.field, Computed):  # computed again when the draft is saved
        return None
    if theirs == base == yours:
        return base
    if (outcome := _undisputed_outcome(base, theirs, yours)) is not None:
        merged = theirs if outcome == "THEIRS" else yours
        field_merges.append(sides.field_merge(merged, outcome))
        return merged
    field = sides.base.field
    if isinstance(field, Object) and isinstance(theirs, Mapping) and isinstance(yours, Mapping):
        return _merge_object(field, sides, theirs, yours, field_merges)
    if isinstance(field, List | Links):
        return _merge_list(field, sides, field_merges)
    return _merge_single(sides, field_merges)


def _undisputed_outcome(base: Json, theirs: Json, yours: Json) -> Outcome | None:
    """Return the outcome if at most one value differs from the ancestor's, else ``None``."""
    if theirs == base:
        return "YOURS"
    if yours == base:
        return "THEIRS"
    return "BOTH" if theirs == yours else None


def _merge_single(sides: _Sides, field_merges: list[FieldMerge]) -> Json:
    base, theirs, yours = sides.base.value, sides.theirs, sides.yours
    merged = None
    if sides.base.is_text and not any(map(is_empty, (base, theirs, yours))):
        text = merge_texts(str(base), str(theirs), str(yours))
        merged = sides.base.field.clean(text, sides.base.path, [])
    # Two compatible edits can leave an empty text, which neither side intended.
    outcome: Outcome = "CONFLICT" if merged is None else "BOTH"
    field_merges.append(sides.field_merge(yours if merged is None else merged, outcome))
    return yours if merged is None else merged


def _merge_object(
    field: Object,
    sides: _Sides,
    theirs: JsonObject,
    yours: JsonObject,
    field_merges: list[FieldMerge],
) -> JsonObject:
    blank = field.blank(yours)
    base = sides.base if isinstance(sides.base.value, Mapping) else replace(sides.base, value=blank)
    parts = zip(field.fields_of(yours), base.parts(), strict=True)
    merged = {
        name: _merge_value(_Sides(part, theirs.get(name), yours.get(name)), field_merges)
        for name, part in parts
    }
    return {**blank, **merged}


def _merge_list(field: List | Links, sides: _Sides, field_merges: list[FieldMerge]) -> Json:
    lists = lists_of(field, sides.base.value, sides.theirs, sides.yours)
    merged_list = lists.merge()
    merged = [
        _merge_item(_item_sides(lists, item, index, sides), item, field_merges)
        for index, item in enumerate(merged_list.items)
    ]
    for item in merged_list.dropped:
        dropped = _item_sides(lists, item, item.base or 0, sides)
        field_merges.append(dropped.field_merge(None, _removal_outcome(lists, item)))
    if merged_list.order != "UNCHANGED":
        field_merges.append(sides.field_merge(merged, merged_list.order))
    return merged


def _item_sides(lists: Lists, item: ListItem, index: int, sides: _Sides) -> _Sides:
    """Return the three versions of an item, with its path in the draft."""
    base = lists.base[item.base] if item.base is not None else None
    theirs = lists.theirs[item.theirs] if item.theirs is not None else None
    yours = lists.yours[item.yours] if item.yours is not None else None
    named = next(value for value in (yours, theirs, base) if value is not None)
    value = replace(sides.base.item(lists.item, index, named), value=base)
    return _Sides(value, theirs, yours)


def _merge_item(sides: _Sides, item: ListItem, field_merges: list[FieldMerge]) -> Json:
    if item.is_common:
        return _merge_value(sides, field_merges)
    merged = sides.theirs if item.yours is None else sides.yours
    if item.base is not None:  # they removed what you edited
        field_merges.append(sides.field_merge(merged, "CONFLICT"))
    else:
        field_merges.append(sides.field_merge(merged, "THEIRS" if item.yours is None else "YOURS"))
    return merged


def _removal_outcome(lists: Lists, item: ListItem) -> Outcome:
    """Return the side that removed an item; removing an item that was edited is a conflict."""
    if item.theirs is None and item.yours is None:
        return "BOTH"
    if lists.is_edited(item):
        return "CONFLICT"
    return "THEIRS" if item.theirs is None else "YOURS"


def _merge_tags(
    base: tuple[str, ...],
    theirs: tuple[str, ...],
    yours: tuple[str, ...],
    field_merges: list[FieldMerge],
) -> tuple[str, ...]:
    """Return the tags with the additions, removals and spellings of both sides.

    Tags never conflict.
    """
    if theirs == base == yours:
        return base
    outcome = _undisputed_outcome(base, theirs, yours) or "BOTH"
    sides = [tags_by_slug(each) for each in (base, theirs, yours)]
    words = (_merge_tag(*(side.get(slug) for side in sides)) for slug in sorted({*_slugs(sides)}))
    merged = tuple(word for word in words if word is not None)
    field_merges.append(
        FieldMerge(
            path=("tags",),
            label=TAGS_LABEL,
            base=list(base),
            theirs=list(theirs),
            yours=list(yours),
            merged=list(merged),
            outcome=outcome,
        )
    )
    return merged


def _slugs(sides: Iterable[Mapping[str, str]]) -> Iterator[str]:
    for side in sides:
        yield from side


def _merge_tag(base: str | None, theirs: str | None, yours: str | None) -> str | None:
    """Return the spelling of one tag, or ``None`` if it is removed."""
    match _undisputed_outcome(base, theirs, yours):
        case "THEIRS" | "BOTH":
            return theirs
        case "YOURS":
            return yours
        case _:  # two spellings, or one that the other side removed
            return min(word for word in (theirs, yours) if word is not None)
